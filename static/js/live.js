// Open pages look whether there is something new. A region says where (data-refresh) and which version it has; the server
// answers 304 while that holds. Nothing is asked while nobody looks, and nothing is swapped under somebody's hands.

import { setClock, tellTimes } from "./ago.js";
import { announce } from "./base.js";
import { inPlace, isInUse } from "./use.js";

const SECOND = 1000;
const EVERY = 30 * SECOND;
const SLOWEST = 5 * 60 * SECOND;
/** Who comes back sooner than this has missed nothing. */
const RETURN = 2 * SECOND;
/** After checks were asked for, their answers come within a minute. */
const SOON = { every: 5 * SECOND, lasts: 60 * SECOND };
const FIRST_RETRY = 5 * SECOND;
const GIVE_UP_AFTER = 20 * SECOND;
/** Whoever has not moved for a while is asked for less and less: never more often than a twentieth of that. */
const IDLE_SHARE = 20;

const say = document.body.dataset;
/** What came for regions that are in use, by the region's id. */
const held = new Map();
let failures = 0;
let soonUntil = 0;
let isOver = false;
let isLooking = false;
let lookedAt = Date.now();
let movedAt = Date.now();
let timer;

const canLook = () => document.visibilityState === "visible" && navigator.onLine && !isOver;

/** Such a page may be as old as the visit before: the browser shows what it has kept. */
const cameBack = () => performance.getEntriesByType("navigation")[0]?.type === "back_forward";

/** The page's own regions; where there is none, the frame alone. */
function regions() {
  const own = [...document.querySelectorAll("[data-refresh]:not(#alive)")];
  return own.length ? own : [document.getElementById("alive")];
}

function pace() {
  if (failures) return Math.min(FIRST_RETRY * 2 ** (failures - 1), SLOWEST);
  const usual = Date.now() < soonUntil ? SOON.every : EVERY;
  const wanted = Math.min(usual, ...regions().map((region) => (region.dataset.refreshEvery ?? Infinity) * SECOND));
  return Math.min(Math.max(wanted, (Date.now() - movedAt) / IDLE_SHARE), SLOWEST);
}

function plan() {
  clearTimeout(timer);
  // Not all pages in step after the server was away.
  if (canLook()) timer = setTimeout(look, pace() * (0.9 + Math.random() / 5));
}

/** The quiet line at the foot of the page: a text with a button or a link, or nothing. */
function tell(text, act = "") {
  // Looked for each time: the history of the browser brings another one.
  const box = document.getElementById("fresh");
  box.hidden = !text;
  for (const name of ["show", "login"]) box.querySelector(`[data-fresh-${name}]`).hidden = name !== act;
  box.querySelector("[data-fresh-login]").search = new URLSearchParams({ next: location.pathname + location.search });
  const line = box.querySelector("[data-fresh-text]");
  if (line.textContent !== (text ?? "")) line.textContent = text ?? "";
}

function tellState() {
  if (isOver) tell(say.over, "login");
  else if (failures > 1 || !navigator.onLine) tell(say.stale);
  else tell(held.size ? say.held : "", "show");
}

/** What a reader reads, but for times, which are kept right without a swap, and what he himself has chosen. */
function text(element) {
  const copy = element.cloneNode(true);
  for (const part of copy.querySelectorAll("time, noscript, [data-chosen]")) part.remove();
  return copy.textContent.replace(/\s+/g, " ");
}

function swap(id) {
  const { region, fresh } = held.get(id);
  held.delete(id);
  inPlace(region, () =>
    window.htmx.swap(region, fresh.outerHTML, { swapStyle: "outerHTML", swapDelay: 0, settleDelay: 0 }),
  );
  announce(say.updated);
}

/** Whatever waited for a region that is free by now. */
function swapHeld() {
  for (const [id, { region }] of held) {
    if (!region.isConnected)
      held.delete(id); // Swapped meanwhile by what its reader did.
    else if (!isInUse(region)) swap(id);
  }
  tellState();
}

/** Puts what an answer has of the frame into its place. */
export function swapFrame(page) {
  for (const part of page.querySelectorAll("[hx-swap-oob]")) {
    const there = document.getElementById(part.id);
    if (there && text(there) !== text(part))
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

function take(region, html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  swapFrame(page);
  const fresh = page.getElementById(region.id);
  if (!fresh) return;
  if (text(fresh) === text(region) && fresh.dataset.refreshEvery === region.dataset.refreshEvery) {
    held.delete(region.id);
    takeTimes(region, fresh);
    return;
  }
  held.set(region.id, { region, fresh });
  if (!isInUse(region)) swap(region.id);
}

/** Asks for one region. Throws when the server cannot be reached or fails. */
async function ask(region) {
  const known = (held.get(region.id)?.fresh ?? region).dataset.version;
  const answer = await fetch(region.dataset.refresh, {
    headers: {
      "HX-Request": "true",
      "HX-Current-URL": location.href,
      "HX-Target": region.id,
      "HX-Trigger": region.id,
      "If-None-Match": `W/"${known}"`,
    },
    signal: AbortSignal.timeout(GIVE_UP_AFTER),
  });
  if (answer.status >= 500) throw new Error(answer.statusText);
  setClock(answer.headers.get("Date"));
  if (answer.headers.has("HX-Redirect")) isOver = true;
  else if (answer.status === 404)
    delete region.dataset.refresh; // It is gone, or no longer the reader's.
  else if (answer.status === 200) {
    const html = await answer.text();
    // What its reader does goes first.
    if (region.isConnected && !region.querySelector(".htmx-request")) take(region, html);
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
  tellTimes();
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
document.addEventListener("visibilitychange", () => (Date.now() - lookedAt > RETURN ? look() : plan()));
addEventListener("pageshow", (event) => (event.persisted || cameBack()) && look());
addEventListener("online", look);
document.addEventListener("alerts:arrived", look);
addEventListener("offline", tellState);
document.addEventListener("htmx:afterSettle", (event) => {
  if (document.getElementById(event.detail.target?.id)?.dataset.soon !== undefined) soonUntil = Date.now() + SOON.lasts;
  if (!isLooking) plan();
});
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-fresh-show]")) return;
  for (const id of [...held.keys()]) swap(id);
  tellState();
  document.getElementById("main").focus({ preventScroll: true });
});
setInterval(() => document.visibilityState === "visible" && tellTimes(), EVERY);
plan();
