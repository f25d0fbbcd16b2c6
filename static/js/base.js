// What every page does: theme switch, pictures that fail, announcements of swaps, messages of failed exchanges.

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

/** A picture that cannot be loaded gives way to the letter behind it. */
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

function toast(text) {
  const box = document.getElementById("toast");
  if (!box) return;
  box.querySelector("[data-toast-text]").textContent = text;
  box.hidden = false;
}

/** What a tab has kept is for nobody else who logs in there. */
function forget() {
  try {
    sessionStorage.clear();
  } catch {
    // Where nothing may be kept, nothing was.
  }
}

/** Whether a field says something else than its page does. */
function isTouched(field) {
  if (field instanceof HTMLSelectElement) {
    const [first, ...rest] = field.options;
    return field.selectedOptions[0] !== (rest.find((one) => one.defaultSelected) ?? first);
  }
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  return field instanceof HTMLInputElement && field.type !== "hidden" && field.value !== field.defaultValue;
}

/** Moves an open menu back into the window, sideways; without scripts it stands where its page put it. */
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
  // Without scripts the form has a button for this; see the noscript block beside it.
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
addEventListener("resize", () => document.querySelectorAll("details.menu[open]").forEach(keepInWindow));
document.addEventListener("error", (event) => dropBroken(event.target), true);
document.addEventListener("htmx:afterSwap", (event) => {
  // The target of an outer swap is gone by now, and a page restored from history has none.
  const region = document.getElementById(event.detail.target?.id) ?? document.body;
  dropBrokenIn(region);
  announce(region.dataset.announce);
});
// htmx listens from here on: what was typed or chosen before counts as well. What a browser brings back with its history
// or a reload was answered already.
document.addEventListener("DOMContentLoaded", () => {
  if (performance.getEntriesByType("navigation")[0]?.type !== "navigate") return;
  for (const form of document.querySelectorAll("form[hx-get][hx-trigger*=change]")) {
    if ([...form.elements].some(isTouched)) htmx.trigger(form, "submit");
  }
});
// Whoever goes back twice wants the page before the last: an answer for that one must not come after it.
let restoring = null;
document.addEventListener("htmx:historyCacheMiss", (event) => {
  restoring?.abort();
  restoring = event.detail.xhr;
});
document.addEventListener("htmx:responseError", () => toast(document.body.dataset.failed));
document.addEventListener("htmx:sendError", () => toast(document.body.dataset.offline));

dropBrokenIn(document);
