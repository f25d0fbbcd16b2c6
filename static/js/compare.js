// The comparison page: prices of several products on one chart, in yuan or in percent of each line's first price.

import {
  knowledgeOfMany,
  line,
  options,
  shortYuan,
  spanAt,
  swingAt,
  swings,
  timeAt,
  unpack,
  valueAt,
  yuan,
} from "./charts.js";
import { drawCharts } from "./page_charts.js";

/** Pixels to the right of the lines for their letters, and between two letters. */
const LETTERS_WIDTH = 26;
const LETTER_HEIGHT = 13;
/** The bands of more lines would cover each other. */
const MOST_BANDS = 2;

const percent = (share) => `${(Math.round(share * 10) / 10).toLocaleString("en")}%`;

function shares(points, reference) {
  return reference
    ? points.map(({ x, y }) => ({ x, y: y === null ? null : (y / reference) * 100 }))
    : [];
}

/** The y of the last known value of each visible line, from the top. */
function lineEnds(chart) {
  const {
    x: { max, min },
    y,
  } = chart.scales;
  return chart.data.datasets
    .filter(({ letter }) => letter)
    .flatMap(({ data, letter }) => {
      const last = data.findLast((point) => point.x <= max && point.y !== null);
      // A line that ended in a gap before the visible range has no point in it.
      const inSight = last && (last.x >= min || valueAt(data, min) !== null);
      return inSight ? [{ letter, at: y.getPixelForValue(last.y) }] : [];
    })
    .toSorted((one, other) => one.at - other.at);
}

/** Writes each line's letter beside its end, moved apart where they would overlap. */
const letters = {
  id: "letters",
  afterDatasetsDraw(chart) {
    const {
      ctx,
      chartArea: { right, top, bottom },
    } = chart;
    const ends = lineEnds(chart);
    ends.forEach((end, index) => {
      end.at = Math.max(
        end.at,
        index ? ends[index - 1].at + LETTER_HEIGHT : top + LETTER_HEIGHT / 2,
      );
    });
    ends.toReversed().forEach((end, index, all) => {
      end.at = Math.min(
        end.at,
        index ? all[index - 1].at - LETTER_HEIGHT : bottom - LETTER_HEIGHT / 2,
      );
    });
    ctx.save();
    ctx.font = `600 12px ${window.Chart.defaults.font.family}`;
    ctx.fillStyle = chart.options.plugins.letters.color;
    ctx.textBaseline = "middle";
    for (const { letter, at } of ends) ctx.fillText(letter, right + 8, at);
    ctx.restore();
  },
};

/** Why lines have no value at the pointer: checks failed, there were none, or the product was gone. */
function silences(data) {
  return (chart, items) => {
    const withValue = new Set(items.map(({ datasetIndex }) => datasetIndex));
    return data.lines.flatMap(({ letter, outages, statuses }, index) => {
      if (withValue.has(index)) return [];
      const failed = spanAt(outages, timeAt(chart));
      const why = failed
        ? `${data.words.outage}  ${failed[2]}`
        : (spanAt(statuses, timeAt(chart))?.[3] ?? data.words.silence);
      return [`${letter}  ${why}`];
    });
  };
}

function bands(data, tone, inUnit) {
  if (data.lines.length > MOST_BANDS) return [];
  return data.lines.flatMap((told, index) =>
    swings(told, data.start, tone.compared[index]).map((edge) => ({
      ...edge,
      data: inUnit(edge.data, told.reference),
    })),
  );
}

function compareChart(canvas, data, tone, moved) {
  const isPercent = data.unit === "percent";
  const inUnit = (points, reference) => (isPercent ? shares(points, reference) : points);
  const prices = data.lines.map(({ price }) => unpack(price, data.start));
  const settings = options(data, tone, {
    format: ({ chart, dataset, datasetIndex, parsed }) => {
      const time = timeAt(chart);
      const line = data.lines[datasetIndex];
      const [, , kind, words] = spanAt(line.statuses, time) ?? [];
      const fen = yuan(valueAt(prices[datasetIndex], time) ?? parsed.y);
      const swing = swingAt(line, data.start, time)?.map(yuan).join("–");
      return [
        dataset.letter,
        fen,
        swing,
        isPercent && percent(parsed.y),
        dataset.name,
        kind === "away" && words,
      ]
        .filter(Boolean)
        .join("  ");
    },
    value: (tick) => (isPercent ? percent(tick) : shortYuan(Math.round(tick))),
    annotations: isPercent
      ? [
          {
            type: "line",
            yMin: 100,
            yMax: 100,
            borderColor: tone.quiet,
            borderWidth: 1,
            borderDash: [2, 4],
          },
        ]
      : [],
    range: { also: () => (isPercent ? [100] : []), floor: isPercent ? -Infinity : 0 },
    known: knowledgeOfMany(data.lines, tone),
    more: silences(data),
    moved,
  });
  settings.layout.padding.right = LETTERS_WIDTH;
  settings.plugins.letters = { color: tone.ink };
  return new window.Chart(canvas, {
    data: {
      datasets: [
        ...data.lines.map(({ letter, name, reference, dashes }, index) =>
          line(`${letter}  ${name}`, inUnit(prices[index], reference), tone.compared[index], {
            borderDash: dashes,
            letter,
            name,
          }),
        ),
        ...bands(data, tone, inUnit),
      ],
    },
    options: settings,
    plugins: [letters],
  });
}

// A swap removes the button that had the focus: after adding a product focus the next "add", else the chart's title.

let isAdding = false;
document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  isAdding = Boolean(detail.elt.closest("#found"));
});
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  // A refresh by live.js has no requestConfig and must not move the focus.
  if (
    !detail.requestConfig ||
    detail.elt?.id !== "history" ||
    document.activeElement !== document.body
  )
    return;
  const next = isAdding ? document.querySelector("[data-add]") : null;
  (next ?? document.getElementById("compare-title")).focus({ preventScroll: true });
});

drawCharts({ compare: compareChart });
