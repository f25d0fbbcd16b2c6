// Announces alerts that arrive while a page is open: one small box, in one tab only. The box waits while it would cover
// something in use.

import { swapFrame } from "./live.js";

const SECOND = 1000;
const EVERY = 15 * SECOND;
const SLOWEST = 2 * 60 * SECOND;
/** While the user is idle, the wait is at least this fraction of the idle time, as in live.js. */
const IDLE_SHARE = 40;
const TIMEOUT = 10 * SECOND;
/** An alert may be committed this long after one with a higher ID, so a mark is final only after this time. */
const SETTLES = 2 * 60 * SECOND;
/** How many announced alerts a browser remembers. */
const MOST_REMEMBERED = 200;
const STORAGE_KEY = "alerts-told";

const texts = document.body.dataset;
const narrow = matchMedia("(max-width: 900px)");
const title = document.title;
/** Marks from the server with the time of their answer. The first one is sent with the next request. */
const marks = [{ at: Date.now(), mark: box().dataset.after }];
/** IDs of the alerts that this page has received. */
const known = new Set();
/** Alerts in the box, the newest first: id, about, what, address. */
let shown = [];
/** Alerts that wait until nothing is in the way of the box. */
let waiting = [];
let failures = 0;
let isOver = false;
let isAsking = false;
let movedAt = Date.now();
let timer;

/** Queried each time: going back in the history replaces the element. */
function box() {
  return document.getElementById("arrived");
}

function announcedBefore() {
  try {
    return JSON.parse(localStorage.getItem(STORAGE_KEY)) ?? [];
  } catch {
    return []; // Without storage every tab announces.
  }
}

function remember(ids) {
  try {
    localStorage.setItem(
      STORAGE_KEY,
      JSON.stringify([...ids, ...announcedBefore()].slice(0, MOST_REMEMBERED)),
    );
  } catch {
    // Another tab will announce them again.
  }
}

/** Whether the box would cover something: the bar at the foot of the page, a dialog; on a phone also an open keyboard or menu. */
function isInTheWay() {
  const bar = document.querySelector(".bulk-bar");
  if (bar?.checkVisibility() || document.querySelector("dialog[open]")) return true;
  return (
    narrow.matches &&
    Boolean(
      document.activeElement?.matches(
        "input:not([type=checkbox], [type=radio]), select, textarea",
      ) || document.querySelector("details.menu[open]"),
    )
  );
}

function showBox() {
  const [first] = shown;
  const many = texts.arrivedMany.replace("{n}", shown.length);
  const link = box().querySelector("[data-arrived-link]");
  link.textContent = shown.length > 1 ? many : first.about || texts.arrivedOne;
  link.href = shown.length > 1 ? box().dataset.all : first.address;
  box().querySelector("[data-arrived-what]").textContent =
    shown.length > 1 ? `${first.about} ${first.what}` : first.what;
  box().hidden = false;
  document.title = `(${shown.length}) ${title}`;
  // An element of its own: the announcement of a swap would overwrite this one.
  document.getElementById("arrived-said").textContent =
    shown.length > 1 ? many : `${texts.arrivedOne}: ${first.about} ${first.what}`;
}

function announceWaiting() {
  if (!waiting.length || isInTheWay()) return;
  remember(waiting.map(({ id }) => id));
  shown = [...waiting, ...shown];
  waiting = [];
  showBox();
}

function dismiss() {
  const hadFocus = box().contains(document.activeElement);
  box().hidden = true;
  shown = [];
  document.title = title;
  if (hadFocus) document.getElementById("main").focus({ preventScroll: true });
}

function take(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  swapFrame(page);
  const announced = new Set(announcedBefore());
  const fresh = [...page.querySelectorAll("[data-alert]")].filter(
    ({ dataset }) => !known.has(dataset.alert),
  );
  for (const { dataset } of fresh) known.add(dataset.alert);
  if (!fresh.length) return;
  const unannounced = fresh.filter(({ dataset }) => !announced.has(dataset.alert));
  waiting = [...unannounced.map(read), ...waiting];
  announceWaiting();
  document.dispatchEvent(new CustomEvent("alerts:arrived"));
}

function read(line) {
  const link = line.querySelector("a");
  return {
    id: line.dataset.alert,
    about: link.textContent,
    what: line.querySelector("span").textContent,
    address: link.getAttribute("href"),
  };
}

/** The latest mark that is final. */
function after() {
  while (marks.length > 1 && marks[1].at < Date.now() - SETTLES) marks.shift();
  return marks[0].mark;
}

async function ask() {
  clearTimeout(timer);
  if (isAsking || isOver || document.visibilityState !== "visible" || !navigator.onLine) return;
  isAsking = true;
  try {
    const answer = await fetch(`${box().dataset.arrived}?after=${after()}`, {
      headers: { "HX-Request": "true", "HX-Current-URL": location.href },
      signal: AbortSignal.timeout(TIMEOUT),
    });
    if (answer.status >= 500) throw new Error(answer.statusText);
    isOver = answer.headers.has("HX-Redirect");
    if (answer.headers.has("Alerts-Mark"))
      marks.push({ at: Date.now(), mark: answer.headers.get("Alerts-Mark") });
    if (answer.status === 200 && !isOver) take(await answer.text());
    failures = 0;
  } catch {
    failures += 1;
  }
  isAsking = false;
  plan();
}

function plan() {
  clearTimeout(timer);
  const pace = Math.max(EVERY * 2 ** failures, (Date.now() - movedAt) / IDLE_SHARE);
  // Random, so that pages do not ask at the same moment after an outage of the server.
  timer = setTimeout(ask, Math.min(pace, SLOWEST) * (0.9 + Math.random() / 5));
}

for (const kind of ["pointerdown", "pointermove", "keydown", "wheel"]) {
  addEventListener(kind, () => (movedAt = Date.now()), { passive: true, capture: true });
}
for (const kind of ["focusout", "toggle", "change", "close"]) {
  document.addEventListener(
    kind,
    () => waiting.length && setTimeout(announceWaiting, SECOND / 2),
    true,
  );
}
document.addEventListener("htmx:afterSettle", announceWaiting);
document.addEventListener("visibilitychange", ask);
addEventListener("pageshow", (event) => event.persisted && ask());
addEventListener("online", ask);
document.addEventListener(
  "click",
  (event) => event.target.closest("[data-arrived-close]") && dismiss(),
);
// In the capture phase, before a menu or a dialog handles the key.
addEventListener(
  "keydown",
  (event) => {
    if (
      event.key !== "Escape" ||
      box().hidden ||
      document.querySelector("dialog[open], details.menu[open]")
    )
      return;
    dismiss();
  },
  true,
);
plan();
