// Shared by the charts over time: theme colours, a time axis in the user's time zone, stepped lines with gaps.

const { Chart } = window;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Distances of ticks. */
const STEPS = [
  ...[1, 5, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 3, 7, 14].map((days) => days * DAY),
];
const MONTHS = [1, 2, 3, 6, 12, 24, 60];
const MONTH = 30.4 * DAY;
/** Pixels of the bands above the lines; `low` is the height where there are several. */
const BAND = { top: 6, height: 6, low: 4, apart: 2, below: 12 };
const AXIS_WIDTH = 58;
/** Dashes, because colour alone must not tell lines apart. */
export const DASHES = [[], [7, 3], [2, 3]];
/** How near to the pointer a mark must be, in pixels. */
export const NEAR = 9;

export function colours() {
  const style = getComputedStyle(document.documentElement);
  const read = (name) => style.getPropertyValue(name).trim();
  return {
    line: read("--line"),
    soft: read("--line-soft"),
    second: read("--second"),
    quiet: read("--quiet"),
    grid: read("--grid"),
    shade: read("--shade"),
    paper: read("--paper"),
    away: read("--away"),
    awayEdge: read("--away-edge"),
    fall: read("--fall"),
    rise: read("--rise"),
    known: read("--known"),
    ink: getComputedStyle(document.body).color,
    // Translucent: other shades show through.
    band: Chart.helpers.color(read("--line-soft")).alpha(0.75).rgbString(),
    many: ["--line", "--many-1", "--many-2"].map(read),
    compared: [1, 2, 3, 4, 5, 6].map((number) => read(`--compared-${number}`)),
  };
}

export const yuan = (fen) =>
  `¥${(fen / 100).toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;

/** On an axis, whole yuan need no decimals. */
export const shortYuan = (fen) =>
  fen % 100 === 0 ? `¥${(fen / 100).toLocaleString("en")}` : yuan(fen);

/** The points of a line from its time steps (seconds since the point before) and values. */
export function unpack([steps, values], start) {
  let at = start;
  return steps.map((step, index) => {
    at += step;
    return { x: at * 1000, y: values[index] };
  });
}

/** The index of the last of `points` that is not later than `time`, or -1. */
function lastBefore(points, time) {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle].x <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The value of a stepped line at `time`; null in a gap, before the first and after the last point. */
export function valueAt(points, time) {
  const index = lastBefore(points, time);
  return index < 0 || (index === points.length - 1 && time > points[index].x)
    ? null
    : points[index].y;
}

// Time axis

/** Minutes that `zone` is ahead of UTC at an instant. */
function offset(zone, at) {
  const parts = new Intl.DateTimeFormat("en", {
    timeZone: zone,
    timeZoneName: "longOffset",
  }).formatToParts(at);
  const name = parts.find((part) => part.type === "timeZoneName").value;
  const match = /([+-])(\d\d):(\d\d)/.exec(name);
  return match ? (match[1] === "-" ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3])) : 0;
}

/** Ticks at round times in the user's time zone, which may differ from the browser's. */
function buildTicks(zone, min, max, most) {
  const step = STEPS.find((candidate) => (max - min) / candidate <= most);
  if (!step) return monthTicks(zone, min, max, most);
  const shift = offset(zone, min) * MINUTE;
  const ticks = [];
  for (let local = Math.ceil((min + shift) / step) * step; local - shift <= max; local += step) {
    const guess = local - shift;
    ticks.push({ value: step < DAY ? guess : local - offset(zone, guess) * MINUTE });
  }
  return { step, ticks };
}

/** Ticks at the first of a month, every `every` months. */
function monthTicks(zone, min, max, most) {
  const every =
    MONTHS.find((candidate) => (max - min) / (candidate * MONTH) <= most) ?? MONTHS.at(-1);
  const first = new Date(min);
  const ticks = [];
  for (let month = Math.ceil(first.getUTCMonth() / every) * every; ; month += every) {
    const local = Date.UTC(first.getUTCFullYear(), month, 1);
    const value = local - offset(zone, local) * MINUTE;
    if (value > max) return { step: every * MONTH, ticks };
    if (value >= min) ticks.push({ value });
  }
}

export function clock(data) {
  return new Intl.DateTimeFormat(data.language, {
    timeZone: data.zone,
    month: "numeric",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    ...(data.end - data.start > 200 * 86_400 && { year: "numeric" }),
  });
}

function timeAxis(data, tone) {
  const day = new Intl.DateTimeFormat(data.language, {
    timeZone: data.zone,
    month: "numeric",
    day: "numeric",
  });
  const month = new Intl.DateTimeFormat(data.language, {
    timeZone: data.zone,
    year: "numeric",
    month: "numeric",
  });
  const hour = new Intl.DateTimeFormat(data.language, {
    timeZone: data.zone,
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  let step = DAY;
  const name = (value) => {
    if (step >= MONTH) return month.format(value);
    return step >= DAY || hour.format(value) === "00:00" ? day.format(value) : hour.format(value);
  };
  return {
    type: "time",
    min: data.start * 1000,
    max: data.end * 1000,
    border: { color: tone.grid },
    grid: { color: tone.grid, drawTicks: false },
    ticks: { color: tone.quiet, padding: 8, maxRotation: 0, autoSkip: false, callback: name },
    afterBuildTicks(axis) {
      const built = buildTicks(data.zone, axis.min, axis.max, Math.max(2, axis.width / 64 || 6));
      step = built.step;
      axis.ticks = built.ticks;
    },
  };
}

// Pointer and tooltip

const pointers = new WeakMap();

/** The pointer's distance from the left edge of a chart, in pixels. */
export const pointedAt = (chart) => pointers.get(chart);

/** The time at the pointer. */
export const timeAt = (chart) => chart.scales.x.getValueForPixel(pointedAt(chart));

/** The items of a tooltip whose lines have a value at the pointer. */
const knownOf = (items) =>
  items.filter(({ chart, dataset }) => valueAt(dataset.data, timeAt(chart)) !== null);

/** The span at `time`. Spans begin with their start and end in seconds. */
export const spanAt = (spans, time) =>
  spans.find(([start, end]) => start * 1000 <= time && time <= end * 1000);

/** An interaction mode: at the pointer each line has the value of its last step, however long ago. */
Chart.Interaction.modes.held = (chart, event) => {
  const { left, right, top, bottom } = chart.chartArea;
  if (
    event.x < left ||
    event.x > right ||
    event.y < top - chart.options.layout.padding.top ||
    event.y > bottom
  )
    return [];
  const time = chart.scales.x.getValueForPixel(event.x);
  pointers.set(chart, event.x);
  const described = chart
    .getSortedVisibleDatasetMetas()
    .filter(({ index, data }) => !chart.data.datasets[index].unspoken && data.length);
  const items = described.map((meta) => {
    const { data } = chart.data.datasets[meta.index];
    const index = Math.max(0, lastBefore(data, time));
    return {
      element: meta.data[index],
      datasetIndex: meta.index,
      index,
      isKnown: valueAt(data, time) !== null,
    };
  });
  const known = items.filter(({ isKnown }) => isKnown);
  // Without a value, a chart with bands still explains why there is none.
  return known.length || !chart.options.plugins.knowledge.bands ? known : items.slice(0, 1);
};
/** Beside the pointer, in the half of the chart that the point is not in. */
Chart.Tooltip.positioners.beside = function place([item], { x }) {
  const { top, bottom } = this.chart.chartArea;
  return {
    x,
    y: item?.element.y < (top + bottom) / 2 ? bottom - this.height / 2 : top + this.height / 2,
  };
};

const crosshair = {
  id: "crosshair",
  afterDatasetsDraw(chart) {
    if (!chart.tooltip?.opacity || !chart.tooltip.dataPoints?.length) return;
    const { ctx, chartArea, tooltip, options } = chart;
    ctx.save();
    ctx.strokeStyle = options.plugins.crosshair.color;
    ctx.beginPath();
    ctx.moveTo(tooltip.caretX, chartArea.top);
    ctx.lineTo(tooltip.caretX, chartArea.bottom);
    ctx.stroke();
    ctx.restore();
  },
};

// Bands above the lines: when the state was known

export function hatched(tone) {
  const tile = Object.assign(document.createElement("canvas"), { width: 6, height: 6 });
  const context = tile.getContext("2d");
  context.fillStyle = tone.shade;
  context.fillRect(0, 0, 6, 6);
  context.strokeStyle = tone.quiet;
  context.lineWidth = 1.5;
  context.beginPath();
  for (const shift of [-6, 0, 6]) {
    context.moveTo(shift, 6);
    context.lineTo(shift + 6, 0);
  }
  context.stroke();
  return context.createPattern(tile, "repeat");
}

const heightOf = (bands) => (bands.length > 1 ? BAND.low : BAND.height);

/** The height that bands take above the lines, in pixels. */
const roomOf = (bands) =>
  BAND.top + bands.length * (heightOf(bands) + BAND.apart) - BAND.apart + BAND.below;

/** A band for each product: filled where checks succeeded, hatched where they failed, empty where there were none. */
const knowledge = {
  id: "knowledge",
  afterDraw(chart, _args, { bands, edge }) {
    if (!bands) return;
    const {
      ctx,
      chartArea: area,
      scales: { x },
    } = chart;
    const height = heightOf(bands);
    let top = area.top - roomOf(bands) + BAND.top;
    for (const { spans, mark } of bands) {
      ctx.save();
      ctx.beginPath();
      ctx.rect(area.left, top, area.width, height);
      ctx.clip();
      for (const { start, end, fill } of spans) {
        const from = x.getPixelForValue(start);
        ctx.fillStyle = fill;
        ctx.fillRect(from, top, Math.max(1, x.getPixelForValue(end) - from), height);
      }
      ctx.restore();
      ctx.save();
      ctx.strokeStyle = edge;
      ctx.strokeRect(area.left + 0.5, top + 0.5, area.width - 1, height - 1);
      ctx.fillStyle = mark ?? "transparent";
      ctx.fillRect(area.left - 14, top, 10, height);
      ctx.restore();
      top += height + BAND.apart;
    }
  },
};

function spansOf({ statuses, outages }, tone, stripes) {
  const fills = { good: tone.known, away: tone.awayEdge, calm: tone.quiet };
  return [
    ...statuses.map(([start, end, kind]) => ({
      start: start * 1000,
      end: end * 1000,
      fill: fills[kind],
    })),
    ...outages.map(([start, end]) => ({ start: start * 1000, end: end * 1000, fill: stripes })),
  ];
}

export const knowledgeOf = (data, tone) => ({
  edge: tone.grid,
  bands: [{ spans: spansOf(data, tone, hatched(tone)) }],
});

/** Bands of several products, each marked with the colour of its line. */
export function knowledgeOfMany(products, tone) {
  const stripes = hatched(tone);
  return {
    edge: tone.grid,
    bands: products.map((product, index) => ({
      spans: spansOf(product, tone, stripes),
      mark: tone.compared[index],
    })),
  };
}

Chart.register(crosshair, knowledge);

// Lines and options

/** A single value between two gaps: as a line it would be invisible. */
const isAlone = ({ dataset, dataIndex }) => {
  const known = (point) => point !== undefined && point.y !== null;
  return (
    known(dataset.data[dataIndex]) &&
    !known(dataset.data[dataIndex - 1]) &&
    !known(dataset.data[dataIndex + 1])
  );
};

export function line(label, points, colour, more = {}) {
  return {
    type: "line",
    label,
    data: points,
    stepped: true,
    spanGaps: false,
    borderColor: colour,
    borderWidth: 2,
    pointRadius: (context) => (isAlone(context) ? 2.5 : 0),
    pointBackgroundColor: colour,
    pointHoverRadius: 0,
    pointHitRadius: 0,
    ...more,
  };
}

/** Two lines around the values of a line that swings too often to be drawn: a light band. */
export function swings({ low, high }, start, colour) {
  const fill = { backgroundColor: Chart.helpers.color(colour).alpha(0.16).rgbString(), fill: "+1" };
  const edge = { borderWidth: 0, pointRadius: 0, unspoken: true, order: 8 };
  return [
    line("", unpack(high, start), colour, { ...edge, ...fill }),
    line("", unpack(low, start), colour, edge),
  ];
}

/** The lowest and highest value of a swinging line at `time`; null where the line does not swing. */
export function swingAt({ low, high }, start, time) {
  const [lowest, highest] = [low, high].map((edge) => valueAt(unpack(edge, start), time));
  return lowest === null ? null : [lowest, highest];
}

/** The visible values. A line's last step before the visible range counts, because its value reaches into it. */
function valuesInSight(chart) {
  const { min, max } = chart.options.scales.x;
  const seen = [];
  chart.data.datasets.forEach((dataset, index) => {
    if (!chart.isDatasetVisible(index) || dataset.showLine === false) return;
    const first = lastBefore(dataset.data, min);
    const last = lastBefore(dataset.data, max);
    for (let at = Math.max(first, 0); at <= last; at += 1) {
      if (dataset.data[at].y !== null) seen.push(dataset.data[at].y);
    }
  });
  return seen;
}

/** Fits the axis to the visible values. */
function fit(
  axis,
  { also = () => [], limits = () => null, base = Infinity, floor = -Infinity, ceiling = Infinity },
) {
  const seen = valuesInSight(axis.chart);
  if (!seen.length) return;
  let low = seen.reduce((one, other) => Math.min(one, other), base);
  let high = seen.reduce((one, other) => Math.max(one, other));
  const cut = limits();
  if (cut)
    [low, high] = [Math.max(low, cut[0]), Math.min(high, cut[1])].toSorted(
      (one, other) => one - other,
    );
  const reach = Math.max(high - low, Math.abs(high) * 0.15);
  for (const value of also()) {
    if (value >= low - reach && value <= high + reach)
      [low, high] = [Math.min(low, value), Math.max(high, value)];
  }
  const room = high > low ? (high - low) * 0.08 : Math.max(Math.abs(high) * 0.05, 1);
  axis.min = Math.max(low - room, Math.min(floor, low));
  axis.max = Math.min(high + room, Math.max(ceiling, high));
}

/** `format` writes a point, `value` a tick, `more` adds lines to the foot of a tooltip, `moved` is called after zooming. */
export function options(
  data,
  tone,
  { format, value, annotations = [], range = {}, moved, more = () => [], known = null },
) {
  const time = clock(data);
  return {
    animation: false,
    maintainAspectRatio: false,
    parsing: false,
    normalized: true,
    layout: { padding: { top: known ? roomOf(known.bands) : 4, right: 6 } },
    interaction: { mode: "held", intersect: false },
    scales: {
      x: timeAxis(data, tone),
      y: {
        border: { display: false },
        grid: { color: tone.grid, drawTicks: false },
        ticks: { color: tone.quiet, padding: 8, maxTicksLimit: 6, precision: 0, callback: value },
        // Equal widths align the time axes of charts below each other.
        afterFit: (axis) => {
          axis.width = Math.max(axis.width, AXIS_WIDTH);
        },
        afterDataLimits: (axis) => fit(axis, range),
        // Without values Chart.js would invent ticks.
        afterBuildTicks: (axis) => {
          if (!valuesInSight(axis.chart).length) axis.ticks = [];
        },
      },
    },
    plugins: {
      legend: { display: false },
      crosshair: { color: tone.quiet },
      knowledge: known ?? {},
      annotation: { annotations },
      tooltip: {
        position: "beside",
        xAlign: ({ chart }) =>
          pointedAt(chart) < (chart.chartArea.left + chart.chartArea.right) / 2 ? "left" : "right",
        yAlign: "center",
        caretPadding: 14,
        backgroundColor: tone.paper,
        titleColor: tone.quiet,
        bodyColor: tone.ink,
        footerColor: tone.quiet,
        borderColor: tone.grid,
        borderWidth: 1,
        padding: 10,
        boxPadding: 4,
        caretSize: 0,
        footerFont: { weight: "normal" },
        callbacks: {
          title: (items) => (items.length ? time.format(timeAt(items[0].chart)) : ""),
          label: (item) => (knownOf([item]).length ? format(item) : []),
          footer: (items) => (items.length ? more(items[0].chart, knownOf(items)) : []),
        },
      },
      zoom: {
        limits: { x: { min: data.start * 1000, max: data.end * 1000, minRange: 10 * MINUTE } },
        zoom: {
          drag: { enabled: true, backgroundColor: tone.soft },
          pinch: { enabled: true },
          mode: "x",
          onZoomComplete: moved,
        },
      },
    },
  };
}

/** The spans in which checks failed. */
export function shades(data, tone) {
  return data.outages.map(([start, end]) => ({
    type: "box",
    xMin: start * 1000,
    xMax: end * 1000,
    backgroundColor: tone.shade,
    borderWidth: 0,
    drawTime: "beforeDatasetsDraw",
  }));
}
