// Offers the browser's time zone where it differs from the chosen one; whether to take it is the reader's choice.

const here = Intl.DateTimeFormat().resolvedOptions().timeZone;

function offerZone() {
  const offer = document.getElementById("zone-offer");
  const isKnown = [...document.querySelectorAll("#zones option")].some((option) => option.value === here);
  offer.querySelector("[data-zone]").textContent = here;
  offer.hidden = !isKnown || document.getElementById("id_time_zone").value === here;
}

document.addEventListener("click", (event) => {
  if (!event.target.closest("#zone-offer button")) return;
  const field = document.getElementById("id_time_zone");
  field.value = here;
  offerZone();
  field.focus();
});
document.addEventListener("input", (event) => {
  if (event.target.id === "id_time_zone") offerZone();
});
document.addEventListener("htmx:afterSettle", (event) => {
  offerZone();
  // A device that was logged out takes its button with it; what was done stands at the top of its part.
  const part = event.detail.requestConfig && document.getElementById(event.detail.target?.id);
  if (part && document.activeElement === document.body) part.focus({ preventScroll: true });
});

offerZone();
