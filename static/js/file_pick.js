// Shows the name of the file that was chosen for an upload.

document.addEventListener("change", ({ target }) => {
  const name = target.closest(".file-pick")?.querySelector("[data-file-name]");
  if (name) name.textContent = target.files[0]?.name ?? name.dataset.none;
});
