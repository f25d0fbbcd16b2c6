// An import in the admin goes on by itself, step by step, while its page is open.

const REGIONS = ["import-told", "import-rest"];
const form = () => document.querySelector("form[data-goes-on]");

/** Shows what an answer tells, and says whether it is the import's page at all. */
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
    if (!show(await answer.text())) return void location.reload(); // A login has come between.
  }
}

goOn().catch(() => {
  document.querySelector("[data-stopped]").hidden = false;
});
