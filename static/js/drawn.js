// The life of a page's charts: read and drawn when they come onto it, drawn anew for another theme or for paper,
// magnified together, kept as a picture.

import { clock, colours } from "./charts.js";
import { savePicture } from "./picture.js";
import { askedStretch, tellStretch } from "./stretch.js";

const { Chart } = window;
/** What is drawn: by canvas, the chart and the data that it was made of. */
const drawn = new Map();
const PAPER = { width: 660, height: 260, low: 150 };
let makers = {};

/** What one chart is magnified to, those beside it show too. */
function follow({ chart }) {
  const { min, max } = chart.scales.x;
  // What is said belongs to what was there before.
  chart.tooltip.setActiveElements([], { x: 0, y: 0 });
  chart.update("none");
  for (const { chart: other } of drawn.values()) {
    const axis = other.options.scales.x;
    if (other !== chart && (axis.min !== min || axis.max !== max)) other.zoomScale("x", { min, max }, "none");
  }
  tell();
}

/** Says from when to when the charts show, in the address too; a button beside it brings the whole range back. */
function tell() {
  const { chart, data } = [...drawn.values()].find((one) => one.chart.isZoomedOrPanned()) ?? {};
  const { min, max } = chart?.scales.x ?? {};
  tellStretch(chart && { min, max }, document.getElementById("history").dataset.range);
  const button = document.querySelector("[data-zoom-reset]");
  button.hidden = !chart;
  for (const note of document.querySelectorAll("[data-of-whole]")) note.hidden = !chart;
  document.querySelector("[data-stretch]").textContent = chart ? clock(data).formatRange(min, max) : "";
}

function bringBack() {
  for (const { chart } of drawn.values()) chart.resetZoom("none");
  tell();
}

function show(canvas, data) {
  const chart = makers[canvas.dataset.chart](canvas, data, colours(), follow);
  drawn.set(canvas, { chart, data });
  // Hammer takes every touch for itself; a finger on a chart must still be able to scroll the page.
  canvas.style.touchAction = "pan-y";
}

/** Charts that have just come show what the address asks for; where none came, the address says what they show. */
function settle(fresh) {
  for (const canvas of fresh) {
    const { chart, data } = drawn.get(canvas) ?? {};
    const stretch = chart && askedStretch(data);
    if (stretch) chart.zoomScale("x", stretch, "none");
  }
  if (drawn.size) tell();
}

async function read(canvases) {
  const response = await fetch(canvases[0].dataset.series, { headers: { Accept: "application/json" } });
  if (!response.ok) return;
  const data = await response.json();
  for (const canvas of canvases) {
    if (canvas.isConnected && !drawn.has(canvas)) show(canvas, data);
  }
}

/** Draws what has come onto the page, and lets go of what has left it. One address is read once for all its charts. */
async function draw() {
  for (const [canvas, { chart }] of drawn) {
    if (canvas.isConnected) continue;
    chart.destroy();
    drawn.delete(canvas);
  }
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  const region = document.getElementById("history");
  const fresh = [...document.querySelectorAll("canvas[data-series]")].filter((canvas) => !drawn.has(canvas));
  await Promise.all([...Map.groupBy(fresh, (canvas) => canvas.dataset.series).values()].map(read));
  settle(fresh);
  region.dataset.drawn = "true";
}

/** Anew in the colours of now, and as closely looked at as before. */
function redraw() {
  for (const [canvas, { chart, data }] of [...drawn]) {
    const { min, max } = chart.scales.x;
    const isMagnified = chart.isZoomedOrPanned();
    chart.destroy();
    show(canvas, data);
    if (isMagnified) drawn.get(canvas).chart.zoomScale("x", { min, max }, "none");
  }
}

/** Rules were altered: their target prices are lines of the charts. */
async function readAgain({ detail: { requestConfig, target } }) {
  if (requestConfig?.verb !== "post" || !target.matches(".rules") || !drawn.size) return;
  const [{ dataset }] = drawn.keys();
  const response = await fetch(dataset.series, { headers: { Accept: "application/json" } });
  if (!response.ok) return;
  const data = await response.json();
  for (const [canvas, one] of drawn) {
    if (canvas.dataset.series === dataset.series) drawn.set(canvas, { ...one, data });
  }
  redraw();
}

/** Says when the page was printed, on its reader's clock. */
function tellPrinted() {
  const printed = document.querySelector("[data-printed]");
  if (!printed) return;
  // Sweden writes dates as this page does: 2026-11-25 12:00.
  printed.textContent = new Intl.DateTimeFormat("sv-SE", {
    timeZone: printed.dataset.zone,
    dateStyle: "short",
    timeStyle: "short",
  }).format();
}

/** On paper there is only daylight, and the width of a page. */
function toPaper(printing) {
  const root = document.documentElement;
  if (printing) root.dataset.screenTheme = root.dataset.bsTheme;
  root.dataset.bsTheme = printing ? "light" : (root.dataset.screenTheme ?? root.dataset.bsTheme);
  redraw();
  if (!printing) return;
  tellPrinted();
  for (const [canvas, { chart }] of drawn) chart.resize(PAPER.width, canvas.closest(".low") ? PAPER.low : PAPER.height);
}

function click({ target }) {
  const back = target.closest("[data-zoom-reset]");
  if (back) bringBack();
  const picture = target.closest("[data-picture-of]");
  const canvas = picture && document.querySelector(`canvas[data-chart="${picture.dataset.pictureOf}"]`);
  if (!drawn.has(canvas)) return;
  const span = document.querySelector("[data-stretch]").textContent || picture.dataset.span;
  savePicture(drawn.get(canvas).chart, { ...picture.dataset, span });
}

/** `charts` makes a chart for each name that a canvas may have: `(canvas, data, tone, moved) => Chart`. */
export function drawAll(charts) {
  makers = charts;
  document.addEventListener("click", click);
  document.addEventListener("htmx:afterSettle", draw);
  document.addEventListener("htmx:afterSettle", readAgain);
  document.addEventListener("theme:changed", redraw);
  window.addEventListener("beforeprint", () => toPaper(true));
  window.addEventListener("afterprint", () => toPaper(false));
  draw();
}
