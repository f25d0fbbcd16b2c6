// The form of a rule: suggested numbers for each kind, and removing conditions after 'and'. The style sheet shows the
// blanks that a kind needs.

import { showInRow } from "./scroll.js";

/** The field of a clause by the last part of its name. */
const field = (clause, name) => clause.querySelector(`[name$="-${name}"]`);

/** The last suggestion for each field. A value that the user typed is not replaced. */
const suggested = new WeakMap();

function suggest(input, value) {
  if (!input || value === undefined) return;
  if (input.value !== (suggested.get(input) ?? input.defaultValue)) return;
  input.value = value;
  suggested.set(input, value);
}

function suggestFor(select) {
  const clause = select.closest(".clause");
  const { suggested: threshold, suggestedDays: days } = select.selectedOptions[0].dataset;
  suggest(field(clause, "threshold"), threshold);
  suggest(field(clause, "days"), days);
}

/** Empties a clause and focuses the first empty one. */
function drop(clause) {
  const select = field(clause, "kind");
  const form = clause.closest("form");
  select.value = "";
  field(clause, "threshold").value = "";
  select.dispatchEvent(new Event("input", { bubbles: true }));
  [...form.querySelectorAll(".also [data-kind]")].find((kind) => kind.value === "").focus();
}

document.addEventListener("input", ({ target }) => {
  if (target.matches(".clause [data-kind]") && target.value) suggestFor(target);
});
document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-drop-clause]");
  if (button) drop(button.closest(".clause"));
});
/** Scrolls the chosen need into view, on a phone where they are in one row. */
function showNeed(part) {
  const need = part.querySelector(".needs [aria-current]");
  if (need) showInRow(need, need.closest(".needs"));
}
showNeed(document);
document.addEventListener("htmx:afterSettle", ({ target }) => showNeed(target));
