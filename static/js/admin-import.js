// The admin's page of an import: sends the form for the next step again and again while the page is open.

const REGIONS = ["import-told", "import-rest"];
const form = () => document.querySelector("form[data-goes-on]");

/** Shows the state that an answer holds. Returns false if the answer is another page. */
function show(text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  const parts = REGIONS.map((id) => [document.getElementById(id), page.getElementById(id)]);
  if (parts.some(([, next]) => !next)) return false;
  for (const [here, next] of parts) here.replaceChildren(...next.childNodes);
  return true;
}

async function goOn() {
  while (form()) {
    const answer = await fetch(form().action, { method: "POST", body: new FormData(form()) });
    if (!answer.ok) throw new Error(`${answer.status}`);
    if (!show(await answer.text())) return void location.reload(); // It was the login page: the session has ended.
  }
}

goOn().catch(() => {
  document.querySelector("[data-stopped]").hidden = false;
});
