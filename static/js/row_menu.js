// The menu that the rows of a list share. A row's button opens it as a popover: its value is the ID of the row's product,
// and `data-is` is the state of the row, for which some entries are offered.

/** The button that opened the menu last. */
let opener = null;

/** The row whose menu is open, or null. */
export const rowOfMenu = (selector) =>
  document.querySelector("#row-menu:popover-open") ? opener.closest(selector) : null;

document.addEventListener("click", ({ target }) => {
  if (!target.closest("[popovertarget=row-menu]")) return;
  opener = target.closest("[popovertarget=row-menu]");
  for (const field of document.querySelectorAll("#row-menu [name=row]")) field.value = opener.value;
  for (const entry of document.querySelectorAll("#row-menu [data-address]")) {
    const address = entry.dataset.address.replace("{id}", opener.value);
    entry.setAttribute(entry.matches("a") ? "href" : "formaction", address);
  }
  for (const entry of document.querySelectorAll("#row-menu [data-if]")) {
    entry.hidden = entry.dataset.if !== opener.dataset.is;
  }
});
