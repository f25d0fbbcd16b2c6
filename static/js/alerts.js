// Keys of the inbox: j and k move, e and u mark, o opens, ? shows all keys. Focus stays on the alert across swaps.

import { rowOfMenu } from "./row_menu.js";

const help = document.getElementById("keys");
const switchBox = help.querySelector("[data-keys-on]");
/** The row that had the focus when a request began: its id and its index. */
let focused;

const rows = () => [...document.querySelectorAll("#inbox .alert-row")];
const current = () => document.activeElement?.closest("#inbox .alert-row") ?? null;

function keysAreOn() {
  try {
    return localStorage.getItem("keys") !== "off";
  } catch {
    return switchBox.checked; // Without storage the choice lasts for this page.
  }
}

function rememberKeys() {
  try {
    if (switchBox.checked) localStorage.removeItem("keys");
    else localStorage.setItem("keys", "off");
  } catch {
    // The box keeps the choice for this page.
  }
}

function go(step) {
  const all = rows();
  if (!all.length) return;
  const index = all.indexOf(current() ?? document.getElementById(focused?.id));
  const next = index < 0 ? 0 : Math.min(all.length - 1, Math.max(0, index + step));
  all[next].focus();
  all[next].scrollIntoView({ block: "nearest" });
}

const press = (selector) => current()?.querySelector(selector)?.click();

const KEYS = {
  j: () => go(1),
  k: () => go(-1),
  e: () => press("[data-read]"),
  u: () => press("[data-unread]"),
  o: () => press("[data-open]"),
  v: () => press(".evidence summary"),
  m: () => {
    press("[data-quiet]");
    document.querySelector("#row-menu:popover-open [data-address]:not([hidden])")?.focus();
  },
  z: () => document.querySelector("#inbox [data-undo]")?.click(),
  "?": () => help.showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || help.open || !keysAreOn()) return;
  if (event.target.closest("input, select, textarea, [contenteditable]")) return;
  // Enter on a button or a link inside the row activates that one.
  const onRow = event.key === "Enter" && event.target.matches(".alert-row");
  const act = onRow ? KEYS.o : Object.hasOwn(KEYS, event.key) && KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

document.addEventListener("htmx:beforeRequest", () => {
  const row = current() ?? rowOfMenu(".alert-row");
  focused = row ? { id: row.id, index: rows().indexOf(row) } : undefined;
});

document.addEventListener("htmx:afterSettle", (event) => {
  // A refresh by live.js has no requestConfig and must not move the focus.
  if (!event.detail.requestConfig || !focused || document.activeElement !== document.body) return;
  const all = rows();
  const row = document.getElementById(focused.id) ?? all[Math.min(focused.index, all.length - 1)];
  (row ?? document.getElementById("main")).focus({ preventScroll: Boolean(row) });
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-keys-open]")) help.showModal();
});
switchBox.checked = keysAreOn();
switchBox.addEventListener("change", rememberKeys);
