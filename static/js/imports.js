// Adding products: paste from the clipboard, drop a file anywhere on the box, name the chosen file, and say at once what
// is too large. What was sent is kept until it has been answered: a login may come between.

const SENT = "import-sent";
const form = () => document.querySelector("#import-form[data-largest]");

function offerPaste() {
  const button = document.querySelector("[data-paste]");
  if (button && navigator.clipboard?.readText) button.hidden = false;
}

/** The clipboard's text goes where the cursor is; the box keeps what was there. */
async function paste() {
  const box = form().querySelector("textarea");
  let text = "";
  try {
    text = await navigator.clipboard.readText();
  } catch {
    box.focus(); // Not allowed: the phone's own menu does it.
    return;
  }
  const between = box.value && !box.value.endsWith("\n") ? "\n" : "";
  box.value += between + text;
  box.focus();
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

/** What the server would refuse is said before it is sent. */
function judge() {
  const { largest, tooLarge, longest, tooLong } = form().dataset;
  const file = form().querySelector("input[type=file]");
  const box = form().querySelector("textarea");
  file.setCustomValidity(file.files[0]?.size > Number(largest) ? tooLarge : "");
  const isLong = box.value.length * 3 > Number(longest) && new Blob([box.value]).size > Number(longest);
  box.setCustomValidity(isLong ? tooLong : "");
}

function nameFile() {
  const name = form().querySelector("[data-file-name]");
  name.textContent = form().querySelector("input[type=file]").files[0]?.name ?? name.dataset.none;
}

function keep(text) {
  try {
    if (text) sessionStorage.setItem(SENT, text);
    else sessionStorage.removeItem(SENT);
  } catch {
    // Too long, or not allowed: then it has to be pasted again.
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
  keep("");
  box.value = sent;
  judge();
}

function take(files) {
  const input = form().querySelector("input[type=file]");
  input.files = files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

function hasFiles(event) {
  return form()?.contains(event.target) && event.dataTransfer?.types.includes("Files");
}

function shine(on) {
  form()?.querySelector("[data-drop]").classList.toggle("over", on);
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-paste]")) paste();
});
for (const kind of ["input", "change"]) {
  document.addEventListener(kind, (event) => {
    if (!form()?.contains(event.target)) return;
    judge();
    if (event.target.type === "file") nameFile();
  });
}
document.addEventListener("dragover", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  shine(true);
});
document.addEventListener("dragleave", (event) => {
  if (!form()?.contains(event.relatedTarget)) shine(false);
});
document.addEventListener("drop", (event) => {
  shine(false);
  if (!hasFiles(event)) return;
  event.preventDefault();
  take(event.dataTransfer.files);
});
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target === form()) keep(form().querySelector("textarea").value);
});
document.addEventListener("htmx:beforeHistoryUpdate", ({ detail }) => {
  if (!form() || detail.requestConfig.elt !== form()) return;
  // Back from the preview leads to the box as it was sent: the server keeps it until the import is added.
  const [draft] = detail.history.path.match(/\d+/);
  history.replaceState(history.state, "", `?draft=${draft}`);
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id === "step") keep("");
  offerPaste();
});

offerPaste();
restore();
