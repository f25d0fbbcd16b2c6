// Bars by day of the units and the revenue of a product, and of the products of a shop or a list together.

import { line, options, shades } from "./charts.js";

const { Chart } = window;
/** How much of a day its bar fills. */
const BAR = 0.86;
/** In seconds. A bar of several days leaves no wider gap. */
const DAY = 86400;

/** Bars, as steps with gaps between them: the time axis and its tooltips are those of the other charts. */
function bars(label, days, place, colour) {
  const points = days.flatMap((day) => {
    const [start, end] = day;
    const last = end - (1 - BAR) * Math.min(end - start, DAY);
    return [
      { x: start * 1000, y: day[place], known: day[6] },
      { x: last * 1000, y: day[place], known: day[6] },
      { x: last * 1000, y: null },
    ];
  });
  return line(label, points, colour, {
    fill: "start",
    backgroundColor: colour,
    borderWidth: 0,
    pointRadius: 0,
  });
}

/** A chart of one value of each day; days that are not sure, and today, are paler. `place`: where a day has the value. */
function dailyChart(label, place, write, axis) {
  return (canvas, data, tone, moved) => {
    const known = data.days.filter((day) => day[place] !== null);
    const { words } = data;
    const pale = (alpha) => Chart.helpers.color(tone.line).alpha(alpha).rgbString();
    const part = (name, colour, holds) => bars(name, known.filter(holds), place, colour);
    return new Chart(canvas, {
      data: {
        datasets: [
          part(words[label], tone.line, ([, , , , isSure, isPart]) => isSure && !isPart),
          part(
            `${words[label]} (${words.estimated})`,
            pale(0.35),
            ([, , , , isSure, isPart]) => !isSure && !isPart,
          ),
          part(`${words[label]} (${words.today})`, pale(0.2), ([, , , , , isPart]) => isPart),
        ],
      },
      options: options(data, tone, {
        format: ({ dataset, parsed, raw }) =>
          `${dataset.label}  ${write(parsed.y)} ${words.of?.replace("{known}", raw.known) ?? ""}`.trim(),
        value: axis(data.language),
        annotations: shades(data, tone),
        range: { base: 0, floor: 0 },
        moved,
      }),
    });
  };
}

const shortly = (language) => {
  const compact = new Intl.NumberFormat(language, {
    notation: "compact",
    maximumSignificantDigits: 3,
    useGrouping: true,
  });
  return (number) => compact.format(number).replace("K", "k");
};

export const sales = {
  units: dailyChart(
    "units",
    2,
    (units) => units.toLocaleString("en", { maximumSignificantDigits: 3 }),
    shortly,
  ),
  revenue: dailyChart(
    "revenue",
    3,
    (fen) => `¥${Math.round(fen / 100).toLocaleString("en")}`,
    (language) => (fen) => `¥${shortly(language)(fen / 100)}`,
  ),
};
