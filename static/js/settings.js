// Offers the browser's time zone where it differs from the chosen one; whether to take it is the reader's choice.

const offer = document.getElementById("zone-offer");
const field = document.getElementById("id_time_zone");
const here = Intl.DateTimeFormat().resolvedOptions().timeZone;

function show() {
  offer.hidden = !here || field.value === here;
}

if (offer && field && [...document.querySelectorAll("#zones option")].some((option) => option.value === here)) {
  const button = offer.querySelector("button");
  button.querySelector("[data-zone]").textContent = here;
  button.addEventListener("click", () => {
    field.value = here;
    show();
    field.focus();
  });
  field.addEventListener("input", show);
  show();
}
