// Adding products: paste from the clipboard, drop a file on the box, reject what is too large before it is sent.
// Sent text is stored until it is answered, because the session may have ended.

import { toast } from "./base.js";

const SENT = "import-sent";
const form = () => document.querySelector("#import-form[data-largest]");

function offerPaste() {
  const button = document.querySelector("[data-paste]");
  if (button && navigator.clipboard?.readText) button.hidden = false;
}

/** Appends the clipboard's text to the box. */
async function paste() {
  const box = form().querySelector("textarea");
  let text = "";
  try {
    text = await navigator.clipboard.readText();
  } catch {
    box.focus(); // Not allowed: the user can paste with the browser's own menu.
    return;
  }
  const between = box.value && !box.value.endsWith("\n") ? "\n" : "";
  box.value += between + text;
  box.focus();
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Marks what the server would refuse as too large. */
function validate() {
  const { largest, tooLarge, longest, tooLong } = form().dataset;
  const file = form().querySelector("input[type=file]");
  const box = form().querySelector("textarea");
  file.setCustomValidity(file.files[0]?.size > Number(largest) ? tooLarge : "");
  const isLong =
    box.value.length * 3 > Number(longest) && new Blob([box.value]).size > Number(longest);
  box.setCustomValidity(isLong ? tooLong : "");
}

function store(text) {
  try {
    if (text) sessionStorage.setItem(SENT, text);
    else sessionStorage.removeItem(SENT);
  } catch {
    // Too long for the storage, or not allowed: the user has to paste it again.
  }
}

function restore() {
  const box = form()?.querySelector("textarea");
  let sent = "";
  try {
    sent = sessionStorage.getItem(SENT);
  } catch {
    return;
  }
  if (!sent || !box || box.value) return;
  store("");
  box.value = sent;
  validate();
}

function take(files) {
  const input = form().querySelector("input[type=file]");
  input.files = files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

function hasFiles(event) {
  return form()?.contains(event.target) && event.dataTransfer?.types.includes("Files");
}

function highlight(on) {
  form()?.classList.toggle("over", on);
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-paste]")) paste();
  const bookmarklet = event.target.closest("[data-bookmarklet]");
  if (!bookmarklet) return;
  event.preventDefault(); // It works on other sites; here it is only dragged.
  toast(bookmarklet.dataset.hint);
});
for (const kind of ["input", "change"]) {
  document.addEventListener(kind, (event) => {
    if (form()?.contains(event.target)) validate();
  });
}
document.addEventListener("dragover", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  highlight(true);
});
document.addEventListener("dragleave", (event) => {
  if (!form()?.contains(event.relatedTarget)) highlight(false);
});
document.addEventListener("drop", (event) => {
  highlight(false);
  if (!hasFiles(event)) return;
  event.preventDefault();
  take(event.dataTransfer.files);
});
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target === form()) store(form().querySelector("textarea").value);
});
document.addEventListener("htmx:beforeHistoryUpdate", ({ detail }) => {
  if (!form() || detail.requestConfig.elt !== form()) return;
  // Going back from the preview shows the box as it was sent.
  const [sent] = detail.history.path.match(/\d+/);
  history.replaceState(history.state, "", `?again=${sent}`);
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id === "step") store("");
  offerPaste();
});

offerPaste();
restore();
