// Turns alerts on in this browser: asks for permission, subscribes at the browser's push service, and sends the form with
// the subscription. A section with data-push="again" replaces a subscription that has ended.

const section = document.querySelector("[data-push]");
const form = section?.querySelector("form");
const isApple =
  /iPhone|iPad/.test(navigator.userAgent) || (/Mac/.test(navigator.userAgent) && navigator.maxTouchPoints);

/** Shows one of the texts and, unless the user has to act first, the button. */
function show(text) {
  for (const line of section.querySelectorAll("[data-push-says]")) line.hidden = line.dataset.pushSays !== text;
  form.hidden = !["", "failed"].includes(text);
}

function state() {
  if (!("PushManager" in window && navigator.serviceWorker)) return isApple ? "apple" : "missing";
  return Notification.permission === "denied" ? "denied" : "";
}

function isSame(subscription, key) {
  const bytes = new Uint8Array(subscription.options.applicationServerKey);
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "") === key;
}

async function subscribe() {
  const key = form.dataset.pushKey;
  await navigator.serviceWorker.register("/sw.js");
  const { pushManager } = await navigator.serviceWorker.ready;
  const old = await pushManager.getSubscription();
  if (old && (section.dataset.push === "again" || !isSame(old, key))) await old.unsubscribe();
  return pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
}

async function turnOn(event) {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    if ((await Notification.requestPermission()) === "granted") {
      form.elements.subscription.value = JSON.stringify(await subscribe());
      form.submit();
      return;
    }
    show(state());
  } catch {
    show("failed");
  }
  button.disabled = false;
}

if (section) {
  show(state());
  form.addEventListener("submit", turnOn);
}
