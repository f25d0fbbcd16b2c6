// Lists of the admin: on a phone a row is a card, in which each value has the name of its column.

for (const table of document.querySelectorAll("#result_list")) {
  const names = [...table.querySelectorAll("thead th")].map((head) =>
    head.querySelector(".text")?.textContent.trim(),
  );
  for (const row of table.tBodies[0].rows) {
    [...row.cells].forEach((cell, column) => {
      if (names[column]) cell.dataset.name = names[column];
    });
  }
}
