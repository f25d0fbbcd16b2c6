// Scrolling of rows that are wider than a narrow screen.

/** Scrolls a row so that the element is in its middle, without scrolling the page. */
export function showInRow(element, row) {
  const [inner, outer] = [element.getBoundingClientRect(), row.getBoundingClientRect()];
  row.scrollLeft += inner.left + inner.width / 2 - (outer.left + outer.width / 2);
}
