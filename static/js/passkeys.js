// Makes and uses passkeys. A form with data-passkey="create" or "get" sends the browser's answer in `credential`. The
// question is in the element that data-question names, or the form's address answers it. Browsers without passkeys
// never show these forms.

const readers = { create: "parseCreationOptionsFromJSON", get: "parseRequestOptionsFromJSON" };

/** The question of the server, for the browser's passkeys. */
async function question(form) {
  const id = form.dataset.question;
  if (id) return JSON.parse(document.getElementById(id).textContent);
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
  if (!answer.ok) throw new Error(`${form.action} answers ${answer.status}`);
  return answer.json();
}

async function answer(form) {
  const kind = form.dataset.passkey;
  const { publicKey } = await question(form);
  const options = window.PublicKeyCredential[readers[kind]](publicKey);
  return navigator.credentials[kind]({ publicKey: options });
}

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-passkey]");
  if (!form) return;
  event.preventDefault();
  const failed = form.querySelector("[data-passkey-failed]");
  failed.hidden = true;
  try {
    form.elements.credential.value = JSON.stringify(await answer(form));
  } catch {
    // Cancelled, none on this device, or offline: the browser has said so.
    failed.hidden = false;
    return;
  }
  form.submit();
});

const hasPasskeys = Boolean(window.PublicKeyCredential?.parseCreationOptionsFromJSON);
for (const element of document.querySelectorAll("form[data-passkey], [data-with-passkeys]")) {
  element.hidden = !hasPasskeys;
}
for (const element of document.querySelectorAll("[data-without-passkeys]"))
  element.hidden = hasPasskeys;
