// The range that charts are zoomed to, in the page's address, so that users can share it.

const MINUTE = 60_000;
const SHORTEST = 10 * MINUTE;
const MOMENT = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)Z$/;

function read(text) {
  const match = MOMENT.exec(text ?? "");
  if (!match) return NaN;
  const [year, month, ...rest] = match.slice(1).map(Number);
  return Date.UTC(year, month - 1, ...rest);
}

/** 20261108T1405Z, in whole minutes. */
const write = (time) => new Date(time).toISOString().replaceAll(/[-:]|\d\d\.\d+/g, "");

/** Return the zoom in the address, limited to the range of `data`; null without one. */
export function readZoom(data) {
  const query = new URLSearchParams(location.search);
  const [from, to] = [read(query.get("from")), read(query.get("to"))];
  const [min, max] = [Math.max(from, data.start * 1000), Math.min(to, data.end * 1000)];
  return max - min >= SHORTEST ? { min, max } : null;
}

/** Put the zoom within `range` into the address, or remove it, without a new step in the history. */
export function writeZoom(zoom, range) {
  const url = new URL(location.href);
  url.searchParams.delete("from");
  url.searchParams.delete("to");
  if (zoom) {
    // Resetting the zoom must show this range again.
    url.searchParams.set("range", range);
    url.searchParams.set("from", write(Math.floor(zoom.min / MINUTE) * MINUTE));
    url.searchParams.set("to", write(Math.ceil(zoom.max / MINUTE) * MINUTE));
  }
  if (url.href !== location.href) history.replaceState(history.state, "", url);
}
