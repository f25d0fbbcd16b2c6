// The chart of calls a day: how they ended, one on another; the budget and the provider's own count as lines.

const { Chart } = window;
/** Ways in which calls ended, by the variable of the style sheet that has the colour. */
const COLOURS = {
  answered: "--line", not_found: "--second", failed: "--away-edge", doubtful: "--rise", unknown: "--quiet",
};
let drawn;

function line(label, data, colour, more) {
  return { type: "line", label, data, borderColor: colour, backgroundColor: colour, borderWidth: 1.5, stack: label, ...more };
}

function draw() {
  const canvas = document.getElementById("usage-chart");
  if (drawn?.canvas === canvas && canvas) return;
  drawn?.destroy();
  drawn = undefined;
  if (!canvas) return;
  const style = getComputedStyle(document.documentElement);
  const tone = (name) => style.getPropertyValue(name).trim();
  const data = JSON.parse(canvas.dataset.usage);
  const numbers = new Intl.NumberFormat(document.documentElement.lang);
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  const told = data.provider.calls.some((calls) => calls !== null);
  const bars = data.series
    .filter((one) => one.calls.some(Boolean))
    .map((one) => ({ label: one.label, data: one.calls, backgroundColor: tone(COLOURS[one.name]), stack: "calls", maxBarThickness: 28, pointStyle: "rectRounded" }));
  const most = Math.max(...data.days.map((_, at) => data.series.reduce((sum, one) => sum + one.calls[at], 0)));
  const lines = [
    // A budget far above all bars would flatten them; the key brings it back.
    line(data.budget.label, data.days.map(() => data.budget.calls), tone("--quiet"), {
      borderDash: [5, 4], pointRadius: 0, pointStyle: "line", hidden: most < data.budget.calls / 4,
    }),
    ...(told ? [line(data.provider.label, data.provider.calls, tone("--fall"), { showLine: false, pointRadius: 3 })] : []),
  ];
  drawn = new Chart(canvas, {
    type: "bar",
    data: { labels: data.days, datasets: [...lines, ...bars] },
    options: {
      animation: false,
      maintainAspectRatio: false,
      interaction: { mode: "index", intersect: false },
      scales: {
        x: {
          stacked: true, grid: { display: false }, border: { color: tone("--grid") },
          ticks: { color: tone("--quiet"), maxRotation: 0, autoSkipPadding: 12, callback: (at) => data.days[at].slice(5) },
        },
        y: {
          stacked: true, beginAtZero: true, border: { display: false }, grid: { color: tone("--grid") },
          ticks: { color: tone("--quiet"), maxTicksLimit: 6, precision: 0, callback: (calls) => numbers.format(calls) },
        },
      },
      plugins: {
        legend: { position: "bottom", align: "start", labels: { color: tone("--quiet"), usePointStyle: true, boxHeight: 8, padding: 16 } },
        tooltip: {
          backgroundColor: tone("--paper"), titleColor: tone("--quiet"), bodyColor: tone("--quiet"), borderColor: tone("--grid"), borderWidth: 1,
          callbacks: { label: (item) => `${item.dataset.label}  ${numbers.format(item.parsed.y)}` },
        },
      },
    },
  });
}

document.addEventListener("htmx:afterSettle", draw);
document.addEventListener("theme:changed", () => {
  drawn?.destroy();
  drawn = undefined;
  draw();
});
draw();
