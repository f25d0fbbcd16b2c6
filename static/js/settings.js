// Offers the browser's time zone where it differs from the chosen one, and opens the part that the address names.

const here = Intl.DateTimeFormat().resolvedOptions().timeZone;

const field = () => document.getElementById("id_time_zone");
const offered = () => [...field().options].find((option) => option.value === here);

/** Browsers use old names of some zones; they count as well. Zones without a place are not offered. */
function offerZone() {
  const offer = document.getElementById("zone-offer");
  offer.querySelector("[data-zone]").textContent = offered()?.label ?? here;
  offer.hidden = field().value === here || !(offered() || /^(?!Etc)\w+\//.test(here));
}

document.addEventListener("click", (event) => {
  if (!event.target.closest("#zone-offer button")) return;
  if (!offered()) field().add(new Option(here, here));
  field().value = here;
  offerZone();
  field().focus();
});
document.addEventListener("input", (event) => {
  if (event.target.id === "id_time_zone") offerZone();
});
document.addEventListener("htmx:afterSettle", (event) => {
  offerZone();
  // Logging a device out removes its button: focus the part, which has the answer at its top.
  const part = event.detail.requestConfig && document.getElementById(event.detail.target?.id);
  if (part && document.activeElement === document.body) part.focus({ preventScroll: true });
});

offerZone();

const fold = document.getElementById(location.hash.slice(1))?.closest("details");
if (fold) fold.open = true;
