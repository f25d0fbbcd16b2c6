// Copies a text. A button with data-copy names the element that has it, and says data-copied when it is done.

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  try {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
  } catch {
    return; // The browser does not allow it: the text can still be selected.
  }
  button.textContent = button.dataset.copied;
});

if (navigator.clipboard?.writeText) {
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
}
