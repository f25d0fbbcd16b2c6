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

/** Disables hidden fields, so that they are neither sent nor validated. */
function disableHidden(form) {
  const isHidden = (element) => getComputedStyle(element).display === "none";
  for (const clause of form.querySelectorAll(".clause")) {
    const isOut = isHidden(clause);
    for (const input of clause.querySelectorAll("input, select")) {
      const blank = input.closest(".blank");
      input.disabled = isOut || (blank !== null && isHidden(blank));
    }
  }
}

const disableAllHidden = () => document.querySelectorAll(".rule-form").forEach(disableHidden);

document.addEventListener("input", ({ target }) => {
  if (!target.matches(".clause [data-kind]")) return;
  if (target.value) suggestFor(target);
  disableHidden(target.form);
});
disableAllHidden();
// Going back to a page restores the chosen kinds.
window.addEventListener("pageshow", disableAllHidden);
// After settling again, because htmx then sets the attributes as they were sent.
for (const swapped of ["htmx:afterSwap", "htmx:afterSettle"])
  document.addEventListener(swapped, disableAllHidden);
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
