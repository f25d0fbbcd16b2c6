// Keeps open pages up to date. A region has an address (data-refresh); the server answers 304 while the region is as
// in the last answer. Hidden pages do not ask, and regions in use are not swapped.

import { setClock, updateTimes } from "./ago.js";
import { announce } from "./base.js";
import { inPlace, isInUse } from "./use.js";

const SECOND = 1000;
const EVERY = 30 * SECOND;
const SLOWEST = 5 * 60 * SECOND;
/** A page that was hidden for less than this does not ask at once. */
const RETURN = 2 * SECOND;
/** After the user asks for checks, results come within a minute. */
const SOON = { every: 5 * SECOND, lasts: 60 * SECOND };
const FIRST_RETRY = 5 * SECOND;
const TIMEOUT = 20 * SECOND;
/** While the user is idle, the wait is at least this fraction of the idle time. */
const IDLE_SHARE = 20;

const LEFT_OUT = "time, noscript, [data-chosen], [data-refresh], .data-table";

const texts = document.body.dataset;
/** New content of regions in use, by the region's id. */
const held = new Map();
let failures = 0;
let soonUntil = 0;
let isOver = false;
let isLooking = false;
let lookedAt = Date.now();
let movedAt = Date.now();
let timer;

const canLook = () => document.visibilityState === "visible" && navigator.onLine && !isOver;

/** After going back or forward, the browser may show an old copy of the page. */
const cameBack = () => performance.getEntriesByType("navigation")[0]?.type === "back_forward";

/** The regions of the page; the frame if there is none. */
function regions() {
  const own = [...document.querySelectorAll("[data-refresh]:not(#alive)")];
  return own.length ? own : [document.getElementById("alive")];
}

function pace() {
  if (failures) return Math.min(FIRST_RETRY * 2 ** (failures - 1), SLOWEST);
  const usual = Date.now() < soonUntil ? SOON.every : EVERY;
  const wanted = Math.min(
    usual,
    ...regions().map((region) => (region.dataset.refreshEvery ?? Infinity) * SECOND),
  );
  return Math.min(Math.max(wanted, (Date.now() - movedAt) / IDLE_SHARE), SLOWEST);
}

function plan() {
  clearTimeout(timer);
  // Random, so that pages do not ask at the same moment after an outage of the server.
  if (canLook()) timer = setTimeout(look, pace() * (0.9 + Math.random() / 5));
}

/** Shows a line at the foot of the page, with the button "show" or the link "login"; hides it without text. */
function showLine(text, act = "") {
  // Queried each time: going back in the history replaces the element.
  const box = document.getElementById("fresh");
  box.hidden = !text;
  for (const name of ["show", "login"])
    box.querySelector(`[data-fresh-${name}]`).hidden = name !== act;
  box.querySelector("[data-fresh-login]").search = new URLSearchParams({
    next: location.pathname + location.search,
  });
  const line = box.querySelector("[data-fresh-text]");
  if (line.textContent !== (text ?? "")) line.textContent = text ?? "";
}

function showState() {
  if (isOver) showLine(texts.over, "login");
  else if (failures > 1 || !navigator.onLine) showLine(texts.stale);
  else showLine(held.size ? texts.held : "", "show");
}

/**
 * The visible text, without times (ago.js updates them), the count of chosen rows, regions that ask for themselves, and
 * the tables beside charts: a check without news does not redraw a chart.
 */
function textOf(element) {
  const copy = element.cloneNode(true);
  for (const part of copy.querySelectorAll(LEFT_OUT)) part.remove();
  return copy.textContent.replace(/\s+/g, " ");
}

function swap(id) {
  const { region, fresh } = held.get(id);
  held.delete(id);
  inPlace(region, () =>
    window.htmx.swap(region, fresh.outerHTML, {
      swapStyle: "outerHTML",
      swapDelay: 0,
      settleDelay: 0,
    }),
  );
  announce(texts.updated);
}

/** Swaps regions that are no longer in use. */
function swapHeld() {
  for (const [id, { region }] of held) {
    // An action of the user has swapped it meanwhile.
    if (!region.isConnected) held.delete(id);
    else if (!isInUse(region)) swap(id);
  }
  showState();
}

/** Swaps the parts of the frame that an answer holds. */
function swapFrame(page) {
  for (const part of page.querySelectorAll("[hx-swap-oob]")) {
    const there = document.getElementById(part.id);
    if (there && textOf(there) !== textOf(part))
      window.htmx.swap(there, part.outerHTML, { swapStyle: "none", swapDelay: 0, settleDelay: 0 });
    part.remove();
  }
}

function takeTimes(region, fresh) {
  const times = [...region.querySelectorAll("time")];
  const newer = [...fresh.querySelectorAll("time")];
  if (times.length === newer.length) {
    times.forEach((time, at) => {
      Object.assign(time, { dateTime: newer[at].dateTime, title: newer[at].title });
      if (time.matches("[data-lasts]")) time.textContent = newer[at].textContent;
    });
  }
  region.dataset.version = fresh.dataset.version;
}

function take(region, html, version) {
  const page = new DOMParser().parseFromString(html, "text/html");
  swapFrame(page);
  const fresh = page.getElementById(region.id);
  if (!fresh) return;
  fresh.dataset.version = version;
  if (
    textOf(fresh) === textOf(region) &&
    fresh.dataset.refreshEvery === region.dataset.refreshEvery
  ) {
    held.delete(region.id);
    takeTimes(region, fresh);
    return;
  }
  held.set(region.id, { region, fresh });
  if (!isInUse(region)) swap(region.id);
}

/** Asks for one region. Throws when the server cannot be reached or fails. */
async function ask(region) {
  const known = (held.get(region.id)?.fresh ?? region).dataset.version ?? "";
  const answer = await fetch(region.dataset.refresh, {
    headers: {
      "HX-Request": "true",
      "HX-Current-URL": location.href,
      "HX-Target": region.id,
      "HX-Trigger": region.id,
      "If-None-Match": known || '""',
    },
    signal: AbortSignal.timeout(TIMEOUT),
  });
  if (answer.status >= 500) throw new Error(answer.statusText);
  setClock(answer.headers.get("Date"));
  if (answer.headers.has("HX-Redirect")) isOver = true;
  // 404: deleted, or no longer shared with the user.
  else if (answer.status === 404) delete region.dataset.refresh;
  else if (answer.status === 200) {
    const html = await answer.text();
    // A request of the user in this region goes first.
    if (region.isConnected && !region.querySelector(".htmx-request"))
      take(region, html, answer.headers.get("ETag"));
  }
}

async function look() {
  clearTimeout(timer);
  if (isLooking || !canLook()) return;
  isLooking = true;
  lookedAt = Date.now();
  try {
    for (const region of regions()) await ask(region);
    failures = 0;
  } catch {
    failures += 1;
  }
  isLooking = false;
  updateTimes();
  swapHeld();
  plan();
}

function move() {
  const wasIdle = Date.now() - movedAt > EVERY && Date.now() - lookedAt > EVERY;
  movedAt = Date.now();
  if (wasIdle && !failures) look();
}

for (const kind of ["pointerdown", "pointermove", "keydown", "wheel"]) {
  addEventListener(kind, move, { passive: true, capture: true });
}
for (const kind of ["focusout", "toggle", "change", "selectionchange", "pointerup"]) {
  document.addEventListener(kind, () => held.size && setTimeout(swapHeld, SECOND / 2), true);
}
document.addEventListener("visibilitychange", () =>
  Date.now() - lookedAt > RETURN ? look() : plan(),
);
addEventListener("pageshow", (event) => (event.persisted || cameBack()) && look());
addEventListener("online", look);
addEventListener("offline", showState);
document.addEventListener("htmx:afterSettle", (event) => {
  if (document.getElementById(event.detail.target?.id)?.dataset.soon !== undefined)
    soonUntil = Date.now() + SOON.lasts;
  if (!isLooking) plan();
});
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-fresh-show]")) return;
  for (const id of [...held.keys()]) swap(id);
  showState();
  document.getElementById("main").focus({ preventScroll: true });
});
setInterval(() => document.visibilityState === "visible" && updateTimes(), EVERY);
plan();
