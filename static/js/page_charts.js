// The life of a page's charts: loaded and drawn when they appear, drawn again for another theme or for paper, zoomed
// together, saved as a picture.

import { clock, colours } from "./charts.js";
import { savePicture } from "./picture.js";
import { readZoom, writeZoom } from "./zoom.js";

const { Chart } = window;
/** By canvas: the chart and its data. */
const drawn = new Map();
const PAPER = { width: 660, height: 220, low: 100 };
let makers = {};

/** Zooms the other charts to the range of this one. */
function follow({ chart }) {
  const { min, max } = chart.scales.x;
  // The tooltip belongs to the range before.
  chart.tooltip.setActiveElements([], { x: 0, y: 0 });
  chart.update("none");
  for (const { chart: other } of drawn.values()) {
    const axis = other.options.scales.x;
    if (other !== chart && (axis.min !== min || axis.max !== max))
      other.zoomScale("x", { min, max }, "none");
  }
  showZoom();
}

/** Shows the zoomed range on the page and in the address, and the button that resets it. */
function showZoom() {
  const { chart, data } =
    [...drawn.values()].find(({ chart: candidate }) => candidate.isZoomedOrPanned()) ?? {};
  const { min, max } = chart?.scales.x ?? {};
  writeZoom(chart && { min, max }, document.getElementById("history").dataset.range);
  const button = document.querySelector("[data-zoom-reset]");
  button.hidden = !chart;
  for (const note of document.querySelectorAll("[data-of-whole]")) note.hidden = !chart;
  document.querySelector("[data-zoomed]").textContent = chart
    ? clock(data).formatRange(min, max)
    : "";
}

function resetZoom() {
  for (const { chart } of drawn.values()) chart.resetZoom("none");
  showZoom();
}

function show(canvas, data) {
  const chart = makers[canvas.dataset.chart](canvas, data, colours(), follow);
  drawn.set(canvas, { chart, data });
  // Hammer prevents all touch scrolling; the page must still scroll vertically on a chart.
  canvas.style.touchAction = "pan-y";
}

/** Zooms new charts to the range in the address. */
function settle(fresh) {
  for (const canvas of fresh) {
    const { chart, data } = drawn.get(canvas) ?? {};
    const zoom = chart && readZoom(data);
    if (zoom) chart.zoomScale("x", zoom, "none");
  }
  if (drawn.size) showZoom();
}

async function read(canvases) {
  const response = await fetch(canvases[0].dataset.series, {
    headers: { Accept: "application/json" },
  });
  if (!response.ok) return;
  const data = await response.json();
  for (const canvas of canvases) {
    if (canvas.isConnected && !drawn.has(canvas)) show(canvas, data);
  }
}

/** Draws new canvases and drops charts whose canvas is gone. Charts with the same address share one request. */
async function draw() {
  for (const [canvas, { chart }] of drawn) {
    if (canvas.isConnected) continue;
    chart.destroy();
    drawn.delete(canvas);
  }
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  const region = document.getElementById("history");
  const fresh = [...document.querySelectorAll("canvas[data-series]")].filter(
    (canvas) => !drawn.has(canvas),
  );
  await Promise.all([...Map.groupBy(fresh, (canvas) => canvas.dataset.series).values()].map(read));
  settle(fresh);
  if (region) region.dataset.drawn = "true";
}

/** Draws all charts again in the current colours, with the same zoom. */
function redraw() {
  for (const [canvas, { chart, data }] of [...drawn]) {
    const { min, max } = chart.scales.x;
    const isMagnified = chart.isZoomedOrPanned();
    chart.destroy();
    show(canvas, data);
    if (isMagnified) drawn.get(canvas).chart.zoomScale("x", { min, max }, "none");
  }
}

/** After a change of rules or of a target: their target prices are lines on the charts. */
async function readAgain({ detail: { requestConfig, target } }) {
  if (requestConfig?.verb !== "post" || !target.matches(".rules, .on-list") || !drawn.size) return;
  const [{ dataset }] = drawn.keys();
  const response = await fetch(dataset.series, { headers: { Accept: "application/json" } });
  if (!response.ok) return;
  const data = await response.json();
  for (const [canvas, entry] of drawn) {
    if (canvas.dataset.series === dataset.series) drawn.set(canvas, { ...entry, data });
  }
  redraw();
}

/** Printing: the light theme, and charts as wide as the paper. */
function toPaper(printing) {
  const root = document.documentElement;
  if (printing) root.dataset.screenTheme = root.dataset.bsTheme;
  root.dataset.bsTheme = printing ? "light" : (root.dataset.screenTheme ?? root.dataset.bsTheme);
  redraw();
  if (!printing) return;
  for (const [canvas, { chart }] of drawn)
    chart.resize(PAPER.width, canvas.closest(".low") ? PAPER.low : PAPER.height);
}

function click({ target }) {
  const back = target.closest("[data-zoom-reset]");
  if (back) resetZoom();
  const picture = target.closest("[data-picture-of]");
  const canvas =
    picture && document.querySelector(`canvas[data-chart="${picture.dataset.pictureOf}"]`);
  if (!drawn.has(canvas)) return;
  const span = document.querySelector("[data-zoomed]").textContent || picture.dataset.span;
  savePicture(drawn.get(canvas).chart, { ...picture.dataset, span });
}

/** `charts` maps the `data-chart` of a canvas to a function `(canvas, data, tone, moved) => Chart`. */
export function drawCharts(charts) {
  makers = charts;
  document.addEventListener("click", click);
  document.addEventListener("htmx:afterSettle", draw);
  document.addEventListener("htmx:afterSettle", readAgain);
  document.addEventListener("theme:changed", redraw);
  window.addEventListener("beforeprint", () => toPaper(true));
  window.addEventListener("afterprint", () => toPaper(false));
  draw();
}
