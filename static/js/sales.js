// Bars by day of the units and the revenue of a product, and of the products of a shop or a list together.

import { line, options, shades } from "./charts.js";

const { Chart } = window;
/** How much of a day its bar fills. */
const BAR = 0.86;

/** Bars, as steps with gaps between them: the time axis and its tooltips are those of the other charts. */
function bars(label, days, place, colour) {
  const points = days.flatMap((day) => {
    const [start, end] = day;
    const last = (start + (end - start) * BAR) * 1000;
    return [
      { x: start * 1000, y: day[place] },
      { x: last, y: day[place] },
      { x: last, y: null },
    ];
  });
  return line(label, points, colour, { fill: "start", backgroundColor: colour, borderWidth: 0, pointRadius: 0 });
}

/** A chart of one value of each day; days that are not sure are paler. `place`: where a day has the value. */
function dailyChart(label, place, write, axis) {
  return (canvas, data, tone, moved) => {
    const known = data.days.filter((day) => day[place] !== null);
    const unsure = `${data.words[label]} (${data.words.estimated})`;
    return new Chart(canvas, {
      data: {
        datasets: [
          bars(
            data.words[label],
            known.filter((day) => day[4]),
            place,
            tone.line,
          ),
          bars(
            unsure,
            known.filter((day) => !day[4]),
            place,
            Chart.helpers.color(tone.line).alpha(0.35).rgbString(),
          ),
        ],
      },
      options: options(data, tone, {
        format: (item) => `${item.dataset.label}  ${write(item.parsed.y)}`,
        value: axis(data.language),
        annotations: shades(data, tone),
        range: { base: 0, floor: 0 },
        moved,
      }),
    });
  };
}

const shortly = (language) => {
  const compact = new Intl.NumberFormat(language, { notation: "compact", maximumSignificantDigits: 3 });
  return (number) => compact.format(number).replace("K", "k");
};

export const sales = {
  units: dailyChart("units", 2, (units) => units.toLocaleString("en", { maximumSignificantDigits: 3 }), shortly),
  revenue: dailyChart(
    "revenue",
    3,
    (fen) => `¥${Math.round(fen / 100).toLocaleString("en")}`,
    (language) => (fen) => `¥${shortly(language)(fen / 100)}`,
  ),
};
