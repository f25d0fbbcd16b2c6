// The charts of a product's page: steps of price and list price, units sold, failed checks shaded, changes marked.

const { Chart } = window;
const drawn = new Map();
/** The canvas that is drawn or being read for. */
let latest;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY,
  3 * DAY, 7 * DAY, 14 * DAY, 28 * DAY, 56 * DAY, 112 * DAY, 364 * DAY];

function colours() {
  const style = getComputedStyle(document.documentElement);
  const read = (name) => style.getPropertyValue(name).trim();
  return {
    line: read("--line"), soft: read("--line-soft"), second: read("--second"), quiet: read("--quiet"),
    grid: read("--grid"), shade: read("--shade"), paper: read("--paper"), away: read("--away"), awayEdge: read("--away-edge"), awayText: read("--away-text"),
  };
}

/** On an axis, whole yuan need no decimals. */
const shortYuan = (fen) => (fen % 100 === 0 ? `¥${(fen / 100).toLocaleString("en")}` : yuan(fen));

const yuan = (fen) => `¥${(fen / 100).toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;

/** Minutes by which the clock of `zone` is ahead of UTC at an instant. */
function offset(zone, at) {
  const parts = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" }).formatToParts(at);
  const name = parts.find((part) => part.type === "timeZoneName").value;
  const match = /([+-])(\d\d):(\d\d)/.exec(name);
  return match ? (match[1] === "-" ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3])) : 0;
}

/** Ticks at round times of the reader's zone, which need not be the browser's. */
function ticks(zone, min, max, most) {
  const step = STEPS.find((candidate) => (max - min) / candidate <= most) ?? STEPS.at(-1);
  const shift = offset(zone, min) * MINUTE;
  const found = [];
  for (let local = Math.ceil((min + shift) / step) * step; local - shift <= max; local += step) {
    const guess = local - shift;
    const exact = step < DAY ? guess : local - offset(zone, guess) * MINUTE;
    found.push({ value: exact });
  }
  return { step, found };
}

function timeAxis(data, tone) {
  const day = new Intl.DateTimeFormat(data.language, { timeZone: data.zone, month: "numeric", day: "numeric" });
  const hour = new Intl.DateTimeFormat(data.language, { timeZone: data.zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  let step = DAY;
  return {
    type: "time",
    min: data.start,
    max: data.end,
    border: { color: tone.grid },
    grid: { color: tone.grid, drawTicks: false },
    ticks: {
      color: tone.quiet,
      padding: 8,
      maxRotation: 0,
      autoSkip: false,
      callback: (value) => (step >= DAY || hour.format(value) === "00:00" ? day.format(value) : hour.format(value)),
    },
    afterBuildTicks(axis) {
      const built = ticks(data.zone, axis.min, axis.max, Math.max(2, Math.floor(axis.width / 80) || 6));
      step = built.step;
      axis.ticks = built.found;
    },
  };
}

function title(data) {
  const format = new Intl.DateTimeFormat(data.language, { timeZone: data.zone, dateStyle: "medium", timeStyle: "short", hourCycle: "h23" });
  return (items) => (items.length ? format.format(items[0].parsed.x) : "");
}

function options(data, tone, { format, value, annotations, reset }) {
  return {
    animation: false,
    maintainAspectRatio: false,
    parsing: false,
    normalized: true,
    interaction: { mode: "nearest", axis: "x", intersect: false },
    scales: {
      x: timeAxis(data, tone),
      y: {
        grace: "8%",
        border: { display: false },
        grid: { color: tone.grid, drawTicks: false },
        ticks: { color: tone.quiet, padding: 8, maxTicksLimit: 6, precision: 0, callback: value },
      },
    },
    plugins: {
      legend: { display: false },
      annotation: { annotations },
      tooltip: {
        backgroundColor: tone.paper, titleColor: tone.quiet, bodyColor: tone.quiet, borderColor: tone.grid, borderWidth: 1,
        padding: 10, boxPadding: 4, callbacks: { title: title(data), label: format },
      },
      zoom: {
        limits: { x: { min: data.start, max: data.end, minRange: 10 * MINUTE } },
        zoom: { drag: { enabled: true, backgroundColor: tone.soft }, pinch: { enabled: true }, mode: "x", onZoomComplete: reset },
      },
    },
  };
}

/** A value seen once between two gaps would be invisible as a line. */
const radius = ({ dataset, dataIndex }) => {
  const known = (point) => point !== undefined && point.y !== null;
  const alone = !known(dataset.data[dataIndex - 1]) && !known(dataset.data[dataIndex + 1]);
  return known(dataset.data[dataIndex]) && alone ? 2.5 : 0;
};

function line(label, points, colour, more = {}) {
  return {
    type: "line",
    label,
    data: points.map(([x, y]) => ({ x, y })),
    stepped: true,
    spanGaps: false,
    borderColor: colour,
    borderWidth: 2,
    pointRadius: radius,
    pointBackgroundColor: colour,
    pointHoverRadius: 4,
    ...more,
  };
}

function shades(data, tone) {
  return data.outages.map((outage) => ({
    type: "box", xMin: outage.start, xMax: outage.end, backgroundColor: tone.shade, borderWidth: 0, drawTime: "beforeDatasetsDraw",
  }));
}

/** The spans in which the product was not on sale, with the reason where there is room for it. */
function absences(data, tone) {
  return data.absences.map((absence) => ({
    type: "box", xMin: absence.start, xMax: absence.end, backgroundColor: tone.away, borderColor: tone.awayEdge, borderWidth: 1, drawTime: "beforeDatasetsDraw",
    label: {
      display: ({ chart }) => chart.scales.x.getPixelForValue(absence.end) - chart.scales.x.getPixelForValue(absence.start) > 44,
      content: absence.text, position: { x: "center", y: "start" }, color: tone.awayText, font: { size: 11, weight: "normal" },
    },
  }));
}

/** A small mark on the floor of the chart for every other change; its name shows when it is pointed at. */
function marks(data, tone) {
  return data.events.map((event) => ({
    type: "line", xMin: event.at, xMax: event.at, borderColor: tone.second, borderWidth: 2, yScaleID: "y",
    yMin: ({ chart }) => chart.scales.y.min,
    yMax: ({ chart }) => chart.scales.y.min + (chart.scales.y.max - chart.scales.y.min) * 0.05,
    label: { display: false, content: event.text, position: "end", backgroundColor: tone.paper, color: tone.quiet,
      font: { size: 11, weight: "normal" }, padding: 3, rotation: 0, yAdjust: -12 },
    enter: ({ element }) => toggle(element, true),
    leave: ({ element }) => toggle(element, false),
  }));
}

function toggle(element, shown) {
  element.label.options.display = shown;
  return true;
}

function priceChart(canvas, data, tone, reset) {
  return new Chart(canvas, {
    data: {
      datasets: [
        line(data.words.price, data.price, tone.line),
        line(data.words.list_price, data.list_price, tone.second, { borderWidth: 1, borderDash: [4, 4] }),
      ],
    },
    options: options(data, tone, {
      format: (item) => `${item.dataset.label}  ${yuan(item.parsed.y)}`,
      value: (fen) => shortYuan(Math.round(fen)),
      annotations: [...shades(data, tone), ...absences(data, tone), ...marks(data, tone)],
      reset,
    }),
  });
}

function salesChart(canvas, data, tone, reset) {
  const compact = new Intl.NumberFormat(data.language, { notation: "compact", maximumFractionDigits: 2 });
  return new Chart(canvas, {
    data: { datasets: [line(data.words.sales, data.sales, tone.line, { fill: "start", backgroundColor: tone.soft })] },
    options: options(data, tone, {
      format: (item) => `${item.dataset.label}  ${data.sales_text[item.parsed.y] ?? item.parsed.y}`,
      value: (units) => compact.format(units),
      annotations: shades(data, tone),
      reset,
    }),
  });
}

/** A list price far above the price would flatten every step of it; the key beside the chart brings it back. */
function farAway(data) {
  const known = (points) => points.map(([, y]) => y).filter((y) => y !== null);
  const prices = known(data.price);
  const lists = known(data.list_price);
  if (!prices.length || !lists.length) return false;
  const [low, high] = [Math.min(...prices), Math.max(...prices)];
  return high > low && Math.max(...lists) - high > 2 * (high - low);
}

function bindToggle(chart, key, hide) {
  const show = (shown) => {
    chart.setDatasetVisibility(1, shown);
    chart.update("none");
    key.setAttribute("aria-pressed", String(shown));
  };
  show(!hide);
  key.addEventListener("click", () => show(!chart.isDatasetVisible(1)));
}

function clear() {
  latest = undefined;
  for (const chart of drawn.values()) chart.destroy();
  drawn.clear();
}

async function draw() {
  const price = document.querySelector("canvas[data-chart=price]");
  const sales = document.querySelector("canvas[data-chart=sales]");
  if (!price || price === latest) return;
  clear();
  latest = price;
  const response = await fetch(price.dataset.series, { headers: { Accept: "application/json" } });
  if (!response.ok) return;
  const data = await response.json();
  if (price !== latest || !price.isConnected || drawn.size) return;
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  const tone = colours();
  const button = document.querySelector("[data-zoom-reset]");
  const reset = () => {
    button.hidden = false;
  };
  drawn.set(price, priceChart(price, data, tone, reset));
  drawn.set(sales, salesChart(sales, data, tone, reset));
  // Hammer takes every touch for itself; a finger on a chart must still be able to scroll the page.
  for (const canvas of drawn.keys()) canvas.style.touchAction = "pan-y";
  bindToggle(drawn.get(price), document.querySelector("[data-toggle-line]"), farAway(data));
  button.addEventListener("click", () => {
    for (const chart of drawn.values()) chart.resetZoom("none");
    button.hidden = true;
  });
  price.closest("#history").dataset.drawn = "true";
}

document.addEventListener("htmx:afterSettle", draw);
document.addEventListener("theme:changed", () => {
  clear();
  draw();
});
draw();
