// A button beside each password shows what was typed. Without scripts there is no button.

for (const button of document.querySelectorAll("[data-show-password]")) {
  const field = document.getElementById(button.getAttribute("aria-controls"));
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = field.type === "password";
    field.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
  });
  // Shown passwords must not be kept by the browser as what was typed into a text field.
  field.form?.addEventListener("submit", () => {
    field.type = "password";
  });
}
