// The products page: filters that fold on a phone, choosing rows, keys.

import "./row_menu.js";
import { showInRow } from "./scroll.js";

let lastPicked = null;

const boxes = () => [...document.querySelectorAll("#results [name=product]")];
const rowOf = (element) => element?.closest?.("#results tbody tr") ?? null;

/** Shows how many rows are chosen. */
function showChosen() {
  const all = boxes();
  const count = all.filter((box) => box.checked).length;
  const words = document.querySelector("[data-chosen]");
  const page = document.querySelector("[data-pick-page]");
  if (!words || !page) return;
  page.checked = count > 0 && count === all.length;
  page.indeterminate = count > 0 && count < all.length;
  const chosen = document.querySelector("[data-pick-all]")?.checked
    ? Number(words.dataset.total)
    : count;
  const text =
    chosen === 1 ? words.dataset.one : words.dataset.many.replace("{n}", chosen.toLocaleString());
  if (words.textContent !== text) words.textContent = text;
}

function choose(list, checked) {
  for (const box of list) box.checked = checked;
  const everything = document.querySelector("[data-pick-all]");
  if (everything && !checked) everything.checked = false;
  showChosen();
}

/** With the shift key, all rows from the last chosen one to this one change. */
function pick(box, ranging) {
  const all = boxes();
  const from = all.indexOf(lastPicked);
  const to = all.indexOf(box);
  const range =
    ranging && from >= 0 ? all.slice(Math.min(from, to), Math.max(from, to) + 1) : [box];
  lastPicked = box;
  choose(range, box.checked);
}

/** Users of voice control can switch single keys off, in the help of the inbox. */
function singleKeysAreOn() {
  try {
    return localStorage.getItem("keys") !== "off";
  } catch {
    return true;
  }
}

function currentRow() {
  return rowOf(document.activeElement) ?? document.querySelector("#results tbody tr:hover");
}

function step(by) {
  const rows = [...document.querySelectorAll("#results tbody tr")];
  const current = rows.indexOf(currentRow());
  const next = rows[Math.max(0, Math.min(rows.length - 1, current < 0 ? 0 : current + by))];
  next?.querySelector("a.title").focus();
}

function pickCurrent(event) {
  const box = currentRow()?.querySelector("[name=product]");
  if (!box) return;
  box.checked = !box.checked;
  pick(box, event.shiftKey);
}

const KEYS = {
  "/": (event) => {
    event.preventDefault();
    document.getElementById("id_q")?.select();
  },
  j: () => step(1),
  k: () => step(-1),
  x: pickCurrent,
  X: pickCurrent,
  Escape: () => {
    if (!document.querySelector("details.menu[open], :popover-open")) choose(boxes(), false);
  },
};

/** Scrolls the current tab into view, without scrolling the page. */
function showCurrentTab() {
  const tab = document.querySelector(".view-tabs [aria-current]");
  if (tab) showInRow(tab, tab.parentElement);
}

document.addEventListener("click", (event) => {
  const fold = event.target.closest("[data-fold]");
  if (fold) {
    const isOpen = document.getElementById(fold.dataset.fold).classList.toggle("is-open");
    fold.setAttribute("aria-expanded", String(isOpen));
  }
  if (event.target.closest("[data-pick-none]")) choose(boxes(), false);
  if (event.target.matches("#results [name=product]")) pick(event.target, event.shiftKey);
});
// What was typed has been searched for already: searching again when the field is left would close an opened menu.
document.addEventListener(
  "change",
  (event) => event.target.id === "id_q" && event.stopPropagation(),
  true,
);

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-pick-page]")) choose(boxes(), event.target.checked);
  if (event.target.matches("[data-pick-all]")) choose(boxes(), event.target.checked);
});
// The search for a shop's name is inside the filters' form but is no filter.
for (const kind of ["change", "submit"]) {
  document.addEventListener(
    kind,
    (event) => {
      if ((event.target.form ?? event.target).id !== "shop-find") return;
      event.stopPropagation();
      if (kind === "change") return;
      event.preventDefault();
      document.querySelector("#shop-choices a")?.focus();
    },
    true,
  );
}
// In the capture phase, before base.js closes menus: Escape in an open menu must not clear the chosen rows.
document.addEventListener(
  "keydown",
  (event) => {
    const typing = event.target.matches("input:not([type=checkbox]), select, textarea");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key.length === 1 && !singleKeysAreOn()) return;
    KEYS[event.key]?.(event);
  },
  true,
);
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.elt?.id !== "results") return;
  lastPicked = null;
  showChosen();
  // The pressed button is gone; the answer is above the table.
  if (event.detail.requestConfig && document.activeElement === document.body)
    document.querySelector("#results [data-focus]")?.focus();
});
document.addEventListener("htmx:oobAfterSwap", (event) => {
  if (event.detail.target.id === "views") showCurrentTab();
});

showChosen();
showCurrentTab();
