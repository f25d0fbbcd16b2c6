// The page without a connection: shows the last Today that was loaded, and when that was.

import { updateTimes } from "./ago.js";

async function showSaved() {
  const saved = await caches.match("/", { cacheName: "today", ignoreVary: true });
  const page = new DOMParser().parseFromString((await saved?.text()) ?? "", "text/html");
  const today = page.getElementById("today");
  document.getElementById(today ? "saved" : "nothing").hidden = false;
  if (!today) return;
  for (const form of today.querySelectorAll("form")) form.remove();
  document.getElementById("saved").append(today);
  document.getElementById("saved-at").dateTime = new Date(saved.headers.get("Date")).toISOString();
  updateTimes();
}

addEventListener("online", () => location.reload());
document.addEventListener(
  "click",
  (event) => event.target.closest("[data-retry]") && location.reload(),
);
showSaved();
