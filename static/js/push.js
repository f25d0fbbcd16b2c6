// Turns alerts on in this browser: asks for permission, subscribes at the browser's push service, and sends the form with
// the subscription. One that no working channel of this user has, as that of another user, is replaced.

const section = document.querySelector("[data-push]");
const form = section?.querySelector("form");
const isApple =
  /iPhone|iPad/.test(navigator.userAgent) ||
  (/Mac/.test(navigator.userAgent) && navigator.maxTouchPoints);
const WORKER_MS = 10_000;

/** Shows one of the texts and, unless the user has to act first, the button. */
function show(text) {
  for (const line of section.querySelectorAll("[data-push-says]"))
    line.hidden = line.dataset.pushSays !== text;
  form.hidden = !["", "failed", "no-worker"].includes(text);
}

function state() {
  if (!("PushManager" in window && navigator.serviceWorker)) return isApple ? "apple" : "missing";
  return Notification.permission === "denied" ? "denied" : "";
}

function encoded(buffer) {
  const text = btoa(String.fromCharCode(...new Uint8Array(buffer)));
  return text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

async function isOwn({ endpoint, options }) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(endpoint));
  const { pushKey, pushOwn } = form.dataset;
  return (
    encoded(options.applicationServerKey) === pushKey &&
    pushOwn.split(" ").includes(encoded(digest))
  );
}

/** The registration of the worker; nothing if it cannot be installed, because then it is never ready. */
async function install() {
  const late = new Promise((resolve) => setTimeout(resolve, WORKER_MS));
  try {
    await navigator.serviceWorker.register("/sw.js");
  } catch {
    return;
  }
  return Promise.race([navigator.serviceWorker.ready, late]);
}

async function subscribe({ pushManager }) {
  const old = await pushManager.getSubscription();
  if (old && (await isOwn(old))) return old;
  await old?.unsubscribe();
  return pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: form.dataset.pushKey,
  });
}

/** Sends the form, or returns which text to show. */
async function send() {
  if ((await Notification.requestPermission()) !== "granted") return state();
  const registration = await install();
  if (!registration) return "no-worker";
  form.elements.subscription.value = JSON.stringify(await subscribe(registration));
  form.submit();
}

async function turnOn(event) {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  const text = await send().catch(() => "failed");
  if (text === undefined) return;
  show(text);
  button.disabled = false;
}

if (section) {
  show(state());
  form.addEventListener("submit", turnOn);
}
