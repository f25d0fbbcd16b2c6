// For every page: theme switch, broken pictures, announcements of swaps, messages about failed requests, menus.

import { isFilledIn } from "./use.js";

/** Pixels between an open menu and the edge of the window. */
const MARGIN = 8;

function switchTheme() {
  const root = document.documentElement;
  const next = root.dataset.bsTheme === "dark" ? "light" : "dark";
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  try {
    if (next === system) localStorage.removeItem("theme");
    else localStorage.setItem("theme", next);
  } catch {
    root.dataset.bsTheme = next; // Without storage the choice lasts for this page.
    return;
  }
  document.dispatchEvent(new CustomEvent("theme:chosen"));
}

/** Writes the time of printing, in the user's time zone. */
function showPrintTime() {
  const printed = document.querySelector("[data-printed]");
  if (!printed) return;
  // The Swedish format is the one of this page: 2026-11-25 12:00.
  printed.textContent = new Intl.DateTimeFormat("sv-SE", {
    timeZone: printed.dataset.zone,
    dateStyle: "short",
    timeStyle: "short",
  }).format();
}

/** Removes a picture that cannot be loaded: the letter behind it shows. */
function dropBroken(image) {
  if (image instanceof HTMLImageElement && image.dataset.picture !== undefined) image.remove();
}

function dropBrokenIn(root) {
  for (const image of root.querySelectorAll("img[data-picture]")) {
    if (image.complete && image.naturalWidth === 0 && image.currentSrc) dropBroken(image);
  }
}

export function announce(text) {
  const live = document.getElementById("live");
  if (live && text) live.textContent = text;
}

export function toast(text) {
  const box = document.getElementById("toast");
  if (!box) return;
  box.querySelector("[data-toast-text]").textContent = text;
  box.hidden = false;
}

/** The next user of this tab must not see what it has stored. */
function forget() {
  try {
    sessionStorage.clear();
  } catch {
    // Without storage nothing was stored.
  }
}

/** Moves an open menu sideways so that all of it is inside the window. */
function keepInWindow(menu) {
  const body = menu.querySelector(".menu-body");
  if (!body) return;
  body.style.translate = "";
  const { left, right } = body.getBoundingClientRect();
  const over = right - (document.documentElement.clientWidth - MARGIN);
  const shift = Math.max(MARGIN - left, Math.min(0, -over));
  if (shift) body.style.translate = `${Math.round(shift)}px`;
}

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (menu !== except) menu.open = false;
  }
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-theme-switch]")) switchTheme();
  if (event.target.closest("[data-toast-close]")) document.getElementById("toast").hidden = true;
  closeMenus(event.target.closest("details.menu"));
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.querySelector("details.menu[open]");
  closeMenus();
  open?.querySelector("summary").focus();
});
document.addEventListener("change", (event) => {
  // Without scripts a button in a noscript block does this.
  if (event.target.matches("[data-submit-on-change]")) event.target.form.requestSubmit();
});
document.addEventListener(
  "toggle",
  (event) => {
    if (!event.target.matches("details.menu[open]")) return;
    keepInWindow(event.target);
    event.target.querySelector(".menu-body input[name=name]")?.focus();
  },
  true,
);
document.addEventListener("submit", (event) => {
  if (event.target.matches("form[action$='/logout/']")) forget();
});
addEventListener("beforeprint", showPrintTime);
addEventListener("resize", () =>
  document.querySelectorAll("details.menu[open]").forEach(keepInWindow),
);
document.addEventListener("error", (event) => dropBroken(event.target), true);
document.addEventListener("htmx:afterSwap", (event) => {
  // An outerHTML swap has replaced its target, and a page restored from the history has none.
  const region = document.getElementById(event.detail.target?.id) ?? document.body;
  dropBrokenIn(region);
  announce(region.dataset.announce);
});
// Sends forms that the user changed before htmx was ready. Values that the browser restores after a reload or from its
// history were sent before.
document.addEventListener("DOMContentLoaded", () => {
  if (performance.getEntriesByType("navigation")[0]?.type !== "navigate") return;
  for (const form of document.querySelectorAll("form[hx-get][hx-trigger*=change]")) {
    if ([...form.elements].filter((field) => field.matches("input, select")).some(isFilledIn))
      htmx.trigger(form, "submit");
  }
});
// After going back twice, the answer for the first step must not replace the page of the second.
let restoring = null;
document.addEventListener("htmx:historyCacheMiss", (event) => {
  restoring?.abort();
  restoring = event.detail.xhr;
});
document.addEventListener("htmx:responseError", ({ detail: { xhr } }) =>
  toast(xhr.status === 429 ? xhr.responseText : document.body.dataset.failed),
);
document.addEventListener("htmx:sendError", () => toast(document.body.dataset.offline));

dropBrokenIn(document);
// For pushed alerts, and for pages without a connection. Browsers refuse it in private windows.
addEventListener("load", () => navigator.serviceWorker?.register("/sw.js").catch(() => {}));
