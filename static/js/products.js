// The products page: filters that fold away on a phone.

document.addEventListener("click", (event) => {
  const fold = event.target.closest("[data-fold]");
  if (!fold) return;
  const isOpen = document.getElementById(fold.dataset.fold).classList.toggle("is-open");
  fold.setAttribute("aria-expanded", String(isOpen));
});
