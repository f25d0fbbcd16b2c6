// An alert that comes while a page is open is told by one small box, and once whatever number of tabs there is. It waits
// while it would lie over what somebody is using.

import { swapFrame } from "./live.js";

const SECOND = 1000;
const EVERY = 15 * SECOND;
const SLOWEST = 2 * 60 * SECOND;
/** Whoever has not moved for a while is asked less often, as in live.js. */
const IDLE_SHARE = 40;
const GIVE_UP_AFTER = 10 * SECOND;
/** An alert may become visible so long after later ones: until then a mark is not taken for the last word. */
const SETTLES = 2 * 60 * SECOND;
/** Alerts that a browser remembers to have told. */
const MOST_TOLD = 200;
const TOLD = "alerts-told";

const say = document.body.dataset;
const narrow = matchMedia("(max-width: 900px)");
const title = document.title;
/** Marks that the server told, by the time of it; the first one counts. */
const marks = [{ at: Date.now(), mark: box().dataset.after }];
/** What this page has been told of. */
const known = new Set();
/** What the box tells, the newest first: id, what it is about, what happened, the address. */
let shown = [];
/** What waits until nothing is in its way. */
let waiting = [];
let failures = 0;
let isOver = false;
let isAsking = false;
let movedAt = Date.now();
let timer;

/** Looked for each time: the history of the browser brings another one. */
function box() {
  return document.getElementById("arrived");
}

function toldBefore() {
  try {
    return JSON.parse(localStorage.getItem(TOLD)) ?? [];
  } catch {
    return []; // Without storage every tab tells.
  }
}

function rememberTold(ids) {
  try {
    localStorage.setItem(TOLD, JSON.stringify([...ids, ...toldBefore()].slice(0, MOST_TOLD)));
  } catch {
    // It is told again in another tab.
  }
}

/** Something that the box would cover: a bar at the foot of the page, and on a phone whatever has the keyboard or a menu. */
function isInTheWay() {
  const bar = document.querySelector(".bulk-bar");
  if (bar?.checkVisibility() || document.querySelector("dialog[open]")) return true;
  return (
    narrow.matches &&
    Boolean(
      document.activeElement?.matches("input:not([type=checkbox], [type=radio]), select, textarea") ||
        document.querySelector("details.menu[open]"),
    )
  );
}

function tell() {
  const [first] = shown;
  const many = say.arrivedMany.replace("{n}", shown.length);
  const link = box().querySelector("[data-arrived-link]");
  link.textContent = shown.length > 1 ? many : first.about || say.arrivedOne;
  link.href = shown.length > 1 ? box().dataset.all : first.address;
  box().querySelector("[data-arrived-what]").textContent =
    shown.length > 1 ? `${first.about} ${first.what}` : first.what;
  box().hidden = false;
  document.title = `(${shown.length}) ${title}`;
  // Not where swaps are announced: one would take the other's word.
  document.getElementById("arrived-said").textContent =
    shown.length > 1 ? many : `${say.arrivedOne}: ${first.about} ${first.what}`;
}

function tellWaiting() {
  if (!waiting.length || isInTheWay()) return;
  rememberTold(waiting.map(({ id }) => id));
  shown = [...waiting, ...shown];
  waiting = [];
  tell();
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
  const told = new Set(toldBefore());
  const fresh = [...page.querySelectorAll("[data-alert]")].filter(({ dataset }) => !known.has(dataset.alert));
  for (const { dataset } of fresh) known.add(dataset.alert);
  if (!fresh.length) return;
  const untold = fresh.filter(({ dataset }) => !told.has(dataset.alert));
  waiting = [...untold.map(read), ...waiting];
  tellWaiting();
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

/** The latest mark below which everything is told by now. */
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
      signal: AbortSignal.timeout(GIVE_UP_AFTER),
    });
    if (answer.status >= 500) throw new Error(answer.statusText);
    isOver = answer.headers.has("HX-Redirect");
    if (answer.headers.has("Alerts-Mark")) marks.push({ at: Date.now(), mark: answer.headers.get("Alerts-Mark") });
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
  // Not all pages in step after the server was away.
  timer = setTimeout(ask, Math.min(pace, SLOWEST) * (0.9 + Math.random() / 5));
}

for (const kind of ["pointerdown", "pointermove", "keydown", "wheel"]) {
  addEventListener(kind, () => (movedAt = Date.now()), { passive: true, capture: true });
}
for (const kind of ["focusout", "toggle", "change", "close"]) {
  document.addEventListener(kind, () => waiting.length && setTimeout(tellWaiting, SECOND / 2), true);
}
document.addEventListener("htmx:afterSettle", tellWaiting);
document.addEventListener("visibilitychange", ask);
addEventListener("pageshow", (event) => event.persisted && ask());
addEventListener("online", ask);
document.addEventListener("click", (event) => event.target.closest("[data-arrived-close]") && dismiss());
// Before a menu or a dialog takes it.
addEventListener(
  "keydown",
  (event) => {
    if (event.key !== "Escape" || box().hidden || document.querySelector("dialog[open], details.menu[open]")) return;
    dismiss();
  },
  true,
);
plan();
