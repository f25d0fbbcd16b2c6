// The sentence of a rule: numbers to begin with that follow the kind, and conditions behind an 'and' that are removed.
// Which blanks a kind needs is for the style sheet to show.

import { showInRow } from "./sideways.js";

/** The field of a clause whose name ends so. */
const field = (clause, name) => clause.querySelector(`[name$="-${name}"]`);

/** What each field was given to begin with: only that gives way to the suggestion for another kind. */
const suggested = new WeakMap();

function suggest(input, value) {
  if (!input || value === undefined) return;
  if (input.value !== (suggested.get(input) ?? input.defaultValue)) return;
  input.value = value;
  suggested.set(input, value);
}

function kindChosen(select) {
  const clause = select.closest(".clause");
  const { suggested: threshold, suggestedDays: days } = select.selectedOptions[0].dataset;
  suggest(field(clause, "threshold"), threshold);
  suggest(field(clause, "days"), days);
}

/** Empties a clause; the form has one less, and the focus goes to where another one can be begun. */
function drop(clause) {
  const select = field(clause, "kind");
  const form = clause.closest("form");
  select.value = "";
  field(clause, "threshold").value = "";
  select.dispatchEvent(new Event("input", { bubbles: true }));
  const begun = [...form.querySelectorAll(".also [data-kind]")].find((one) => one.value === "");
  begun.focus();
}

/** What the style sheet hides is neither sent nor judged. */
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
  if (target.value) kindChosen(target);
  disableHidden(target.form);
});
disableAllHidden();
// A page that is come back to has the kinds that were chosen on it.
window.addEventListener("pageshow", disableAllHidden);
// As soon as it comes, and again once htmx has given it the attributes that it came with.
for (const swapped of ["htmx:afterSwap", "htmx:afterSettle"]) document.addEventListener(swapped, disableAllHidden);
document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-drop-clause]");
  if (button) drop(button.closest(".clause"));
});
// In a search the key means 'find', which typing does already, and not 'save the rule'.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("[data-own-blank] input")) event.preventDefault();
});
// On a phone the common needs stand in a row that moves sideways: the one that was chosen is to be seen.
function showNeed(part) {
  const need = part.querySelector(".needs [aria-current]");
  if (need) showInRow(need, need.closest(".needs"));
}
showNeed(document);
document.addEventListener("htmx:afterSettle", ({ target }) => showNeed(target));
