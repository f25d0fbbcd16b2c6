// Two charts: calls a day (stacked by result, with the budget and the provider's own count), and how soon changes were
// found.

import { keepDrawn, options } from "./bars.js";

/** The CSS variable with the colour of each result, and of each reason. */
const COLOURS = {
  answered: "--line",
  not_found: "--second",
  failed: "--away-edge",
  doubtful: "--rise",
  unknown: "--quiet",
  schedule: "--line",
  first: "--second",
  asked: "--rise",
  confirming: "--quiet",
};
const FOUND = {
  half: { colour: "--line", dash: [] },
  nearly_all: { colour: "--second", dash: [] },
  even: { colour: "--quiet", dash: [5, 4] },
};
/** Ticks of the axis, in minutes. */
const ROUND_MINUTES = [0.1, 0.5, 1, 2, 5, 15, 30, 60, 120, 300, 720, 1440, 2880, 10080, 43200];
const language = document.documentElement.lang;

function line(label, data, colour, more) {
  return {
    type: "line",
    label,
    data,
    borderColor: colour,
    backgroundColor: colour,
    borderWidth: 1.5,
    stack: label,
    ...more,
  };
}

function callsByDay(canvas, tone) {
  const data = JSON.parse(canvas.dataset.usage);
  const numbers = new Intl.NumberFormat(language);
  const isCounted = data.provider?.calls.some((count) => count !== null);
  const bars = data.series
    .filter(({ calls }) => calls.some(Boolean))
    .map(({ label, calls, name }) => ({
      label,
      data: calls,
      backgroundColor: tone(COLOURS[name]),
      stack: "calls",
      maxBarThickness: 28,
      pointStyle: "rectRounded",
    }));
  const most = Math.max(...data.days.map((_, at) => data.series.reduce((sum, { calls }) => sum + calls[at], 0)));
  const lines = [
    // A budget far above all bars would flatten them; the user can show it by its key.
    ...(data.budget
      ? [
          line(
            data.budget.label,
            data.days.map(() => data.budget.calls),
            tone("--quiet"),
            {
              borderDash: [5, 4],
              pointRadius: 0,
              pointStyle: "line",
              hidden: most < data.budget.calls / 4,
            },
          ),
        ]
      : []),
    ...(isCounted
      ? [line(data.provider.label, data.provider.calls, tone("--fall"), { showLine: false, pointRadius: 3 })]
      : []),
  ];
  return {
    type: "bar",
    data: { labels: data.days, datasets: [...lines, ...bars] },
    options: options({ days: data.days, tone, stacked: true, write: (count) => numbers.format(count) }),
  };
}

/** A duration in minutes, written in its largest unit. */
function inWords(minutes) {
  const [unit, size] = minutes >= 1440 ? ["day", 1440] : minutes >= 60 ? ["hour", 60] : ["minute", 1];
  const digits = minutes / size < 10 ? 1 : 0;
  return new Intl.NumberFormat(language, {
    style: "unit",
    unit,
    unitDisplay: "short",
    maximumFractionDigits: digits,
  }).format(minutes / size);
}

function delays(canvas, tone) {
  const { days, few, changes, series } = JSON.parse(canvas.dataset.found);
  const datasets = series
    .filter(({ minutes }) => minutes.some((value) => value !== null))
    .map(({ name, label, minutes }) => {
      const { colour, dash } = FOUND[name];
      const isMeasured = name !== "even";
      return line(label, minutes, tone(colour), {
        borderDash: dash,
        pointRadius: isMeasured ? 3 : 0,
        pointStyle: isMeasured ? "circle" : "line",
        pointBackgroundColor: few.map((isFew) => tone(isFew ? "--paper" : colour)),
      });
    });
  const drawn = options({ days, tone, stacked: false, write: inWords, whole: false });
  // Logarithmic: some changes are found within minutes and some within days.
  Object.assign(drawn.scales.y, {
    type: "logarithmic",
    beginAtZero: false,
    afterBuildTicks: (axis) => {
      axis.ticks = ROUND_MINUTES.filter((value) => value >= axis.min && value <= axis.max).map((value) => ({ value }));
    },
  });
  const numbers = new Intl.NumberFormat(language);
  drawn.plugins.tooltip.callbacks.afterTitle = ([item]) =>
    `${changes.label}  ${numbers.format(changes.counts[item.dataIndex])}`;
  return { type: "line", data: { labels: days, datasets }, options: drawn };
}

keepDrawn("usage-chart", callsByDay);
keepDrawn("found-chart", delays);
