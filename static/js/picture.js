// Saves a chart as a picture: title, chart, the keys beside it on the page, source.

import { colours, hatched } from "./charts.js";

const { Chart } = window;
const MINUTE = 60_000;
/** Pixels: the height of a row of keys, the margin, the width of a key's sign, the gap between two keys. */
const ROW = 22;
const EDGE = 16;
const SIGN = 26;
const BETWEEN = 18;

/** Draws a sample and the name of each line, one below the other. */
function writeLines(context, datasets, ink, top) {
  context.lineWidth = 3;
  datasets.forEach(({ label, borderColor, borderDash }, index) => {
    const y = top + index * ROW;
    context.setLineDash(borderDash ?? []);
    context.strokeStyle = borderColor;
    context.beginPath();
    context.moveTo(EDGE, y);
    context.lineTo(EDGE + 30, y);
    context.stroke();
    context.fillStyle = ink;
    context.fillText(label, EDGE + 40, y + 4.5);
  });
  context.setLineDash([]);
}

/** The visible keys of the page, laid out in rows of `width` pixels. */
function keysBeside(context, area, width) {
  let [x, row] = [EDGE, 0];
  return [...area.querySelectorAll(".chart-note .key")]
    .filter((key) => key.checkVisibility() && key.getAttribute("aria-pressed") !== "false")
    .map((key) => {
      const text = key.textContent.trim();
      const wide = SIGN + context.measureText(text).width;
      if (x > EDGE && x + wide > width - EDGE) [x, row] = [EDGE, row + 1];
      const place = { key, text, x, row };
      x += wide + BETWEEN;
      return place;
    });
}

/** Draws the sign of a key as its CSS does: a line, a shade or a diamond. */
function drawSign(context, key, tone) {
  const look = getComputedStyle(key, "::before");
  const [width, height, border] = [look.width, look.height, look.borderTopWidth].map(
    (length) => parseFloat(length) || 0,
  );
  context.strokeStyle = look.borderTopColor;
  context.lineWidth = border;
  context.fillStyle = key.classList.contains("failed") ? hatched(tone) : look.backgroundColor;
  context.beginPath();
  if (border) {
    context.setLineDash(look.borderTopStyle === "dashed" ? [4, 3] : []);
    context.moveTo(-9, 0);
    context.lineTo(9, 0);
    context.stroke();
    context.setLineDash([]);
  } else {
    if (look.rotate !== "none") context.rotate(Math.PI / 4);
    context.rect(-width / 2, -height / 2, width, height);
    context.fill();
    Object.assign(context, { strokeStyle: tone.grid, lineWidth: 1 });
    if (look.outlineStyle !== "none") context.stroke();
  }
}

function writeKeys(context, places, tone, top) {
  for (const { key, text, x, row } of places) {
    context.save();
    context.translate(x + 9, top + row * ROW);
    drawSign(context, key, tone);
    context.restore();
    context.fillStyle = tone.ink;
    context.fillText(text, x + SIGN, top + row * ROW + 4.5);
  }
}

function download(picture, name) {
  picture.toBlob((blob) => {
    const address = URL.createObjectURL(blob);
    Object.assign(document.createElement("a"), { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), MINUTE);
  });
}

/** Saves a chart in the page's colours. With `keys`, the names of its lines stand above it. */
export function savePicture(chart, { title, span, source, name, keys }) {
  const tone = colours();
  const scale = chart.currentDevicePixelRatio;
  const width = chart.canvas.width / scale;
  const plain = `13px ${Chart.defaults.font.family}`;
  const named = keys === undefined ? [] : chart.data.datasets.filter(({ letter }) => letter);
  const picture = document.createElement("canvas");
  const context = picture.getContext("2d");
  context.font = plain;
  const places = keysBeside(context, chart.canvas.closest("section"), width);
  const head = 46 + named.length * ROW;
  const chartEnds = head + chart.canvas.height / scale;
  const rows = places.length ? places.at(-1).row + 1 : 0;
  Object.assign(picture, {
    width: chart.canvas.width,
    height: (chartEnds + 16 + rows * ROW + 30) * scale,
  });
  const write = (text, font, colour, y) => {
    Object.assign(context, { font: `${font} ${Chart.defaults.font.family}`, fillStyle: colour });
    context.fillText(text, EDGE, y, width - 2 * EDGE);
  };
  context.fillStyle = tone.paper;
  context.fillRect(0, 0, picture.width, picture.height);
  context.drawImage(chart.canvas, 0, head * scale);
  context.scale(scale, scale);
  write(`${title} · ${span}`, "600 16px", tone.ink, 30);
  context.font = plain;
  writeLines(context, named, tone.ink, 52);
  writeKeys(context, places, tone, chartEnds + 18);
  write(source, "12px", tone.quiet, picture.height / scale - 14);
  download(picture, name);
}
