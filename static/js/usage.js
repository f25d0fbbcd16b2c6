// The chart of calls a day, stacked by billing or reason, with the budget and the provider's own count.

const { Chart } = window;

/** The CSS variable with the colour of each kind of billing, and of each reason. */
const COLOURS = {
  billed: "--line",
  not_billed: "--away-edge",
  possibly: "--rise",
  schedule: "--line",
  first: "--second",
  asked: "--rise",
  confirming: "--quiet",
  reading: "--away-edge",
};
const language = document.documentElement.lang;
/** The room of a day's name, in pixels. */
const TICK = 52;

/**
 * Draws the chart of the canvas with this `id` when it appears on the page, and again when the theme changes.
 * `make` gets the canvas and a function from a CSS variable to its colour, and returns the chart's configuration.
 */
function keepDrawn(id, make) {
  let drawn;
  function draw() {
    const canvas = document.getElementById(id);
    if (drawn?.canvas === canvas && canvas) return;
    drawn?.destroy();
    drawn = undefined;
    if (!canvas) return;
    const style = getComputedStyle(document.documentElement);
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    drawn = new Chart(
      canvas,
      make(canvas, (name) => style.getPropertyValue(name).trim()),
    );
  }
  document.addEventListener("htmx:afterSettle", draw);
  document.addEventListener("theme:changed", () => {
    drawn?.destroy();
    drawn = undefined;
    draw();
  });
  draw();
}

const monthAndDay = new Intl.DateTimeFormat(document.documentElement.lang, {
  timeZone: "UTC",
  month: "numeric",
  day: "numeric",
});

/** `days` are ISO dates up to today, whose name is `today`; `write` formats a value. */
function options({ days, today, tone, write }) {
  const last = days.length - 1;
  return {
    animation: false,
    maintainAspectRatio: false,
    interaction: { mode: "index", intersect: false },
    scales: {
      x: {
        stacked: true,
        grid: { display: false },
        border: { color: tone("--grid") },
        ticks: {
          color: tone("--quiet"),
          maxRotation: 0,
          autoSkip: false,
          callback: (at) => (at === last ? today : monthAndDay.format(new Date(days[at]))),
        },
        // Counted from today, which always has its name.
        afterBuildTicks(axis) {
          const step = Math.ceil((days.length * TICK) / axis.chart.width);
          axis.ticks = axis.ticks.filter(({ value }) => (last - value) % step === 0);
        },
      },
      y: {
        stacked: true,
        beginAtZero: true,
        border: { display: false },
        grid: { color: tone("--grid") },
        ticks: {
          color: tone("--quiet"),
          maxTicksLimit: 6,
          precision: 0,
          callback: (value) => write(value),
        },
      },
    },
    plugins: {
      legend: {
        position: "bottom",
        align: "start",
        labels: { color: tone("--quiet"), usePointStyle: true, boxHeight: 8, padding: 16 },
      },
      tooltip: {
        backgroundColor: tone("--paper"),
        titleColor: tone("--quiet"),
        bodyColor: tone("--quiet"),
        borderColor: tone("--grid"),
        borderWidth: 1,
        callbacks: { label: (item) => `${item.dataset.label}  ${write(item.parsed.y)}` },
      },
    },
  };
}

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
  const last = data.days.length - 1;
  // As in the charts of sales, of which today is a part, too.
  const pale = (colour) => Chart.helpers.color(colour).alpha(0.5).rgbString();
  const isCounted = data.provider?.calls.some((count) => count !== null);
  const bars = data.series
    .filter(({ calls }) => calls.some(Boolean))
    .map(({ label, calls, name }) => ({
      label,
      data: calls,
      backgroundColor: [...Array(last).fill(tone(COLOURS[name])), pale(tone(COLOURS[name]))],
      stack: "calls",
      maxBarThickness: 28,
      pointStyle: "rectRounded",
    }));
  const most = Math.max(
    ...data.days.map((_, at) => data.series.reduce((sum, { calls }) => sum + calls[at], 0)),
  );
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
      ? [
          line(data.provider.label, data.provider.calls, tone("--fall"), {
            showLine: false,
            pointRadius: 3,
          }),
        ]
      : []),
  ];
  return {
    type: "bar",
    data: { labels: data.days, datasets: [...lines, ...bars] },
    options: options({
      days: data.days,
      today: canvas.dataset.today,
      tone,
      write: (count) => numbers.format(count),
    }),
  };
}

keepDrawn("usage-chart", callsByDay);
