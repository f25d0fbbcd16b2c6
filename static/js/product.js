// The charts of a product's page: steps of price, list price and SKU range, units sold, what was known when, changes,
// alerts and target prices.

import {
  clock,
  knowledgeOf,
  line,
  NEAR,
  options,
  pointedAt,
  shades,
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
import { sales } from "./sales.js";

const { Chart } = window;
/** The places of datasets of the price's chart. */
const [ALERTS, TRIAL] = [5, 6];
const shownData = new WeakMap();

// The price

/** The spans in which the product was not on sale. */
function absences(data, tone) {
  return data.statuses
    .filter(([, , kind]) => kind === "away")
    .map(([start, end]) => ({
      type: "box",
      xMin: start * 1000,
      xMax: end * 1000,
      backgroundColor: tone.away,
      borderWidth: 0,
      drawTime: "beforeDatasetsDraw",
    }));
}

/** A small mark on the floor of the chart for every change of something that has no line. */
function floorMarks(data, tone) {
  return data.events.map(([at]) => ({
    type: "line",
    xMin: at * 1000,
    xMax: at * 1000,
    borderColor: tone.second,
    borderWidth: 2,
    yScaleID: "y",
    yMin: ({ chart }) => chart.scales.y.min,
    yMax: ({ chart }) => chart.scales.y.min + (chart.scales.y.max - chart.scales.y.min) * 0.05,
  }));
}

function targets(data, tone) {
  return data.targets.map(([price, text]) => ({
    type: "line",
    yMin: price,
    yMax: price,
    borderColor: tone.fall,
    borderWidth: 1.5,
    borderDash: [2, 4],
    adjustScaleRange: false,
    label: {
      // Below its line: the price is above it until the alert.
      display: true,
      content: `${data.words.target} ${text}`,
      position: "start",
      yAdjust: 12,
      padding: { x: 5, y: 3 },
      borderRadius: 4,
      backgroundColor: tone.paper,
      borderColor: tone.fall,
      borderWidth: 1,
      color: tone.fall,
      font: { size: 11, weight: "normal" },
    },
  }));
}

/** A few readings far off would flatten all the rest: arrows at the edge tell of them. */
function outliers(data, prices, tone) {
  if (!data.scale) return [];
  const [low, high] = data.scale;
  return prices
    .filter(({ y }) => y !== null && (y < low || y > high))
    .map(({ x, y }) => ({
      type: "label",
      xValue: x,
      content: `${y > high ? "▲" : "▼"} ${yuan(y)}`,
      color: tone.rise,
      font: { size: 11 },
      padding: 2,
      yValue: ({ chart }) => (y > high ? chart.scales.y.max : chart.scales.y.min),
      yAdjust: y > high ? 9 : -9,
      adjustScaleRange: false,
    }));
}

function alertPoints(data, prices) {
  return data.alerts
    .map(({ at, text, price, url }) => ({
      x: at * 1000,
      y: price ?? valueAt(prices, at * 1000),
      text,
      url,
    }))
    .filter((alert) => alert.y !== null);
}

function dots(label, points, more) {
  return {
    type: "line",
    label,
    data: points,
    showLine: false,
    unspoken: true,
    clip: false,
    pointHoverRadius: 5,
    pointHitRadius: 0,
    ...more,
  };
}

/** When the rules in an open editor would have fired, on the price line. */
function trialPoints(prices) {
  return [...document.querySelectorAll(":is(.rule-edit, .rule-new)[open] .trial [data-moments]")]
    .flatMap(({ dataset }) => dataset.moments.split(" ").map((at) => Number(at) * 1000))
    .map((x) => ({ x, y: valueAt(prices, x) }))
    .filter(({ y }) => y !== null);
}

function priceSets(data, prices, tone) {
  const { words } = data;
  const last = data.last?.price == null ? [] : [{ x: data.last.at * 1000, y: data.last.price }];
  return [
    line(words.price, prices, tone.line),
    line(words.list_price, unpack(data.list_price, data.start), tone.second, {
      borderWidth: 1,
      borderDash: [4, 4],
    }),
    line(words.sku, unpack(data.sku_high, data.start), tone.grid, {
      borderWidth: 1,
      backgroundColor: tone.band,
      fill: "+1",
      order: 9,
    }),
    line(words.sku, unpack(data.sku_low, data.start), tone.grid, {
      borderWidth: 0,
      unspoken: true,
      order: 9,
    }),
    dots(words.last, last, {
      pointRadius: 4,
      pointBackgroundColor: tone.line,
      pointBorderColor: tone.paper,
    }),
    dots(words.alert, alertPoints(data, prices), {
      pointRadius: 6,
      pointStyle: "rectRot",
      pointBackgroundColor: tone.rise,
      pointBorderColor: tone.paper,
      pointBorderWidth: 1.5,
      order: -1,
    }),
    dots(words.trial, trialPoints(prices), {
      pointRadius: 6,
      pointStyle: "rectRot",
      pointBackgroundColor: tone.paper,
      pointBorderColor: tone.rise,
      pointBorderWidth: 2,
      order: -2,
    }),
    ...swings(data, data.start, tone.line),
  ];
}

/** The marks near the pointer, in words. */
function marksAt(chart, data, pixel) {
  const near = (at) => Math.abs(chart.scales.x.getPixelForValue(at * 1000) - pixel) <= NEAR;
  const isTried = chart.data.datasets[TRIAL].data.some(({ x }) => near(x / 1000));
  return [
    ...(isTried ? [`◇ ${data.words.trial}`] : []),
    ...data.alerts.filter(({ at }) => near(at)).map(({ text }) => `◆ ${data.words.alert}  ${text}`),
    ...data.events.filter(([at]) => near(at)).map(([, text]) => text),
  ].slice(0, 6);
}

const soldAt = (data, sold, time) => {
  const units = valueAt(sold, time);
  return units === null
    ? []
    : [`${data.words.sales}  ${data.sales_text[units] ?? units.toLocaleString("en")}`];
};

/** The status at `time`, or why it is not known. */
function stateAt(data, time) {
  const failed = spanAt(data.outages, time);
  if (failed) return `${data.words.outage}  ${failed[2]}`;
  return spanAt(data.statuses, time)?.[3] ?? data.words.silence;
}

/** Below a tooltip's prices: between what it swings or since when it held, sales, status, marks near by. */
function footnotes(data, prices, time) {
  const sold = unpack(data.sales, data.start);
  return (chart, items) => {
    const price = items.find((item) => item.datasetIndex === 0);
    const notes = [...soldAt(data, sold, timeAt(chart)), stateAt(data, timeAt(chart))];
    const swing = swingAt(data, data.start, timeAt(chart));
    if (swing) notes.unshift(swing.map(yuan).join(" – "));
    else if (price) {
      // The price may have been the same before: find its first point.
      let first = price.dataIndex;
      while (first > 0 && prices[first - 1].y === prices[first].y) first -= 1;
      notes.push(data.words.since.replace("%(time)s", time.format(prices[first].x)));
    }
    return [...notes, ...marksAt(chart, data, pointedAt(chart))];
  };
}

function alertAt(chart, event) {
  const points = chart.getDatasetMeta(ALERTS).data;
  const index = points.findIndex(({ x, y }) => Math.hypot(x - event.x, y - event.y) <= NEAR);
  return chart.data.datasets[ALERTS].data[index];
}

function priceChart(canvas, data, tone, moved) {
  const prices = unpack(data.price, data.start);
  const skuText = (item) =>
    `${yuan(valueAt(item.chart.data.datasets[3].data, item.parsed.x) ?? item.parsed.y)} – ${yuan(item.parsed.y)}`;
  const chart = new Chart(canvas, {
    data: { datasets: priceSets(data, prices, tone) },
    options: {
      ...options(data, tone, {
        format: (item) =>
          `${item.dataset.label}  ${item.datasetIndex === 2 ? skuText(item) : yuan(item.parsed.y)}`,
        value: (fen) => shortYuan(Math.round(fen)),
        annotations: [
          ...shades(data, tone),
          ...absences(data, tone),
          ...floorMarks(data, tone),
          ...targets(data, tone),
          ...outliers(data, prices, tone),
        ],
        range: {
          also: () => data.targets.map(([price]) => price),
          limits: () => data.scale,
          floor: 0,
        },
        known: knowledgeOf(data, tone),
        more: footnotes(data, prices, clock(data)),
        moved,
      }),
      onHover: (event) => {
        canvas.style.cursor = alertAt(chart, event) ? "pointer" : "";
      },
      onClick: (event) => {
        const alert = alertAt(chart, event);
        if (alert) window.location.assign(alert.url);
      },
    },
  });
  bindToggles(chart, canvas.closest("section"));
  shownData.set(chart, data);
  showKeys(chart, data);
  return chart;
}

/** Shows the keys of what the chart has. */
function showKeys(chart, { events, outages, statuses }) {
  const drawn = {
    alerts: chart.data.datasets[ALERTS].data.length,
    trial: chart.data.datasets[TRIAL].data.length,
    known: statuses.some(([, , kind]) => kind === "good"),
    events: events.length,
    away: statuses.some(([, , kind]) => kind === "away"),
    outages: outages.length,
  };
  for (const key of chart.canvas.closest("section").querySelectorAll(".chart-note .key")) {
    const { key: name, toggleLine } = key.dataset;
    const isDrawn = name
      ? drawn[name]
      : chart.data.datasets[Number(toggleLine.split(" ")[0])].data.length;
    key.hidden = !isDrawn;
  }
}

/** Called after a rule was tried, or its editor was opened, closed or removed. */
function markTrial() {
  const canvas = document.querySelector("canvas[data-chart=price]");
  const chart = canvas && Chart.getChart(canvas);
  if (!chart) return;
  chart.data.datasets[TRIAL].data = trialPoints(chart.data.datasets[0].data);
  chart.update("none");
  showKeys(chart, shownData.get(chart));
}

/** Lets the keys switch lines on and off. A key names its datasets; a band has two. */
function bindToggles(chart, area) {
  for (const key of area.querySelectorAll("[data-toggle-line]")) {
    const sets = key.dataset.toggleLine.split(" ").map(Number);
    const show = (shown) => {
      for (const index of sets) chart.setDatasetVisibility(index, shown);
      chart.update("none");
      key.setAttribute("aria-pressed", String(shown));
    };
    show(key.getAttribute("aria-pressed") === "true");
    key.onclick = () => show(!chart.isDatasetVisible(sets[0]));
  }
}

document.addEventListener("htmx:afterSettle", markTrial);
document.addEventListener(
  "toggle",
  ({ target }) => {
    if (target.matches(".rule-edit, .rule-new")) markTrial();
  },
  true,
);
drawCharts({ price: priceChart, ...sales });
