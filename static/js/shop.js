// A shop's page: its three scores over time, each with its gap to the category's average, and what its products sell.

import { DASHES, line, options, spanAt, timeAt, unpack } from "./charts.js";
import { drawCharts } from "./page_charts.js";
import { sales } from "./sales.js";

const score = (hundredths) => (hundredths / 100).toFixed(2);

function scoreChart(canvas, data, tone, moved) {
  return new window.Chart(canvas, {
    data: {
      datasets: data.lines.map(({ name, score: steps }, index) =>
        line(name, unpack(steps, data.start), tone.many[index], { borderDash: DASHES[index] }),
      ),
    },
    options: options(data, tone, {
      format: ({ chart, dataset, datasetIndex, parsed }) => {
        const gap = spanAt(data.lines[datasetIndex].gaps, timeAt(chart));
        return [dataset.label, score(parsed.y), gap?.[2]].filter(Boolean).join("  ");
      },
      // Without decimals if all ticks are whole.
      value: (hundredths, _at, ticks) =>
        ticks.every(({ value }) => value % 100 === 0)
          ? String(hundredths / 100)
          : score(hundredths),
      range: { floor: 0, ceiling: data.scale },
      moved,
    }),
  });
}

drawCharts({ scores: scoreChart, ...sales });
