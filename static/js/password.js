// A button beside each password field shows the password.

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
// Hides passwords again before sending: browsers store the values of text fields.
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
