// A row that moves sideways on a narrow screen.

/** Brings an element into the middle of its row; the page stays where its reader has moved it. */
export function showInRow(element, row) {
  const [inner, outer] = [element.getBoundingClientRect(), row.getBoundingClientRect()];
  row.scrollLeft += inner.left + inner.width / 2 - (outer.left + outer.width / 2);
}
