// A shop's page: its three scores over time, each with how it stood against its category's average.

import { DASHES, line, options, pointedAt, unpack } from "./charts.js";
import { drawAll } from "./drawn.js";

const score = (hundredths) => (hundredths / 100).toFixed(2);

function scoreChart(canvas, data, tone, moved) {
  const gapAt = (index, time) => data.lines[index].gaps.find(([start, end]) => start * 1000 <= time && time <= end * 1000)?.[2];
  return new window.Chart(canvas, {
    data: {
      datasets: data.lines.map(({ name, score: steps }, index) => (
        line(name, unpack(steps, data.start), tone.many[index], { borderDash: DASHES[index] })
      )),
    },
    options: options(data, tone, {
      format: ({ chart, dataset, datasetIndex, parsed }) => {
        const time = chart.scales.x.getValueForPixel(pointedAt(chart));
        return [dataset.label, score(parsed.y), gapAt(datasetIndex, time)].filter(Boolean).join("  ");
      },
      value: (hundredths) => score(hundredths),
      range: { floor: 0, ceiling: data.scale },
      moved,
    }),
  });
}

drawAll({ scores: scoreChart });
