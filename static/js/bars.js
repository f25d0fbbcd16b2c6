// Charts with one value a day: their options, and when they are drawn.

const { Chart } = window;

/**
 * Draws the chart of the canvas with this `id` when it appears on the page, and again when the theme changes.
 * `make` gets the canvas and a function from a CSS variable to its colour, and returns the chart's configuration.
 */
export function keepDrawn(id, make) {
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

/** `days` are ISO dates, `write` formats a value, `writeTick` a value on the axis. */
export function options({ days, tone, stacked, write, writeTick = write, whole = true }) {
  return {
    animation: false,
    maintainAspectRatio: false,
    interaction: { mode: "index", intersect: false },
    scales: {
      x: {
        stacked,
        grid: { display: false },
        border: { color: tone("--grid") },
        ticks: {
          color: tone("--quiet"),
          maxRotation: 0,
          autoSkipPadding: 12,
          callback: (at) => monthAndDay.format(new Date(days[at])),
        },
      },
      y: {
        stacked,
        beginAtZero: true,
        border: { display: false },
        grid: { color: tone("--grid") },
        ticks: {
          color: tone("--quiet"),
          maxTicksLimit: 6,
          ...(whole && { precision: 0 }),
          callback: (value) => writeTick(value),
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
