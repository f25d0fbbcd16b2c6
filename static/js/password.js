// A button beside each password shows what was typed. Without scripts there is no button.

const fieldOf = (button) => document.getElementById(button.getAttribute("aria-controls"));

function offer() {
  for (const button of document.querySelectorAll("[data-show-password]")) button.hidden = false;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-show-password]");
  if (!button) return;
  const field = fieldOf(button);
  const shown = field.type === "password";
  field.type = shown ? "text" : "password";
  button.setAttribute("aria-pressed", String(shown));
});
// Shown passwords must not be kept by the browser as what was typed into a text field.
document.addEventListener(
  "submit",
  (event) => {
    for (const button of event.target.querySelectorAll("[data-show-password]")) {
      fieldOf(button).type = "password";
      button.setAttribute("aria-pressed", "false");
    }
  },
  true,
);
document.addEventListener("htmx:afterSwap", offer);

offer();
