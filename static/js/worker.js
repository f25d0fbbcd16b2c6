// The service worker: shows alerts that are pushed, and without a connection a page with the last Today that was loaded.
// `site` comes from templates/app/sw.js.

const { files, icon, offline, renew } = self.site;
const kept = new Set([offline, ...files]);

async function keepFiles() {
  const cache = await caches.open("files");
  await cache.addAll([...kept]);
  self.skipWaiting();
}

async function dropOldFiles() {
  const cache = await caches.open("files");
  for (const request of await cache.keys()) {
    if (!kept.has(new URL(request.url).pathname)) await cache.delete(request);
  }
  // Asks the server while the worker still starts.
  await self.registration.navigationPreload?.enable();
}

async function saveToday(answer) {
  const cache = await caches.open("today");
  await cache.put("/", answer);
}

async function open(event, { pathname, search }) {
  try {
    const answer = (await event.preloadResponse) ?? (await fetch(event.request));
    if (answer.status === 200 && pathname + search === "/")
      event.waitUntil(saveToday(answer.clone()));
    // Logging out leads here, as does a session that has ended. A user who is logged in would be redirected.
    if (answer.status === 200 && pathname === "/login/") event.waitUntil(endSubscription());
    return answer;
  } catch {
    return caches.match(offline);
  }
}

async function fetchKept(request) {
  try {
    return await fetch(request);
  } catch {
    return caches.match(new URL(request.url).pathname);
  }
}

/** This browser gets no more alerts of a user who has logged out, or whose session has ended. */
async function endSubscription() {
  const subscription = await self.registration.pushManager?.getSubscription();
  await subscription?.unsubscribe();
}

/** The push service has given this browser another address: alerts go there from now on. */
async function renewSubscription({ oldSubscription, newSubscription }) {
  if (!oldSubscription) return;
  const renewed =
    newSubscription ?? (await self.registration.pushManager.subscribe(oldSubscription.options));
  const body = new URLSearchParams({
    old: oldSubscription.endpoint,
    subscription: JSON.stringify(renewed),
  });
  await fetch(renew, { method: "POST", body });
}

self.addEventListener("install", (event) => event.waitUntil(keepFiles()));
self.addEventListener("activate", (event) => event.waitUntil(dropOldFiles()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.mode !== "navigate") {
    if (files.includes(url.pathname)) event.respondWith(fetchKept(request));
    return;
  }
  // Another user logs in or out only by a form or below this address: they must not see what was saved.
  if (request.method !== "GET" || url.pathname.startsWith("/login/"))
    event.waitUntil(caches.delete("today"));
  if (request.method === "GET") event.respondWith(open(event, url));
});
self.addEventListener("pushsubscriptionchange", (event) =>
  event.waitUntil(renewSubscription(event)),
);
self.addEventListener("push", (event) => {
  const { title, body, tag, url } = event.data.json();
  event.waitUntil(self.registration.showNotification(title, { body, tag, icon, data: url }));
});
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  // Without the host it is always a page of this site.
  event.waitUntil(self.clients.openWindow(new URL(event.notification.data).pathname));
});
