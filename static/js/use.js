// Whether the user is using a region of the page, and swapping a region without moving what the user looks at.

/** A mouse button or finger is down: the element under it must stay until it is up. */
let isPressed = false;
for (const [kind, pressed] of Object.entries({
  pointerdown: true,
  pointerup: false,
  pointercancel: false,
})) {
  addEventListener(kind, () => (isPressed = pressed), { passive: true, capture: true });
}

/** Whether a field has another value than its page gave it. */
export function isFilledIn(field) {
  if (field.type === "hidden") return false;
  if (field.matches("[type=checkbox], [type=radio]")) return field.checked !== field.defaultChecked;
  if (!field.matches("select")) return field.value !== field.defaultValue;
  const options = [...field.options];
  const first = options.find((option) => option.defaultSelected) ?? options[0];
  return first !== undefined && !first.selected;
}

function hasFocusToLose(region) {
  const active = document.activeElement;
  if (!region.contains(active)) return false;
  // htmx restores the focus of elements with an id. A field loses more than the focus, such as an open list.
  return !active.id || active.matches("input, select, textarea");
}

function isSelectedFrom(region) {
  const selection = getSelection();
  return !selection.isCollapsed && selection.getRangeAt(0).intersectsNode(region);
}

/** A press, a focused or changed field, an open menu, selected text, or a zoomed chart. */
export function isInUse(region) {
  return (
    isPressed ||
    hasFocusToLose(region) ||
    isSelectedFrom(region) ||
    region.querySelector("details[open], :popover-open, [data-zoom-reset]:not([hidden])") !==
      null ||
    [...region.querySelectorAll("input, select, textarea")].some(isFilledIn)
  );
}

/** Calls `swap`, then restores scroll positions so that the visible content does not move. */
export function inPlace(region, swap) {
  const anchor = [...region.querySelectorAll("[id]")].find(
    (element) => element.getBoundingClientRect().top >= 0,
  );
  const top = anchor?.getBoundingClientRect().top;
  const scrolled = [...region.querySelectorAll("*")]
    .filter((element) => element.scrollLeft || element.scrollTop)
    .map(({ className, scrollLeft, scrollTop }) => ({ className, scrollLeft, scrollTop }));
  const page = { left: scrollX, top: scrollY };
  swap();
  for (const { className, scrollLeft, scrollTop } of scrolled) {
    const scroller =
      className && document.getElementById(region.id)?.getElementsByClassName(className)[0];
    scroller?.scrollTo({ left: scrollLeft, top: scrollTop, behavior: "instant" });
  }
  scrollTo({ ...page, behavior: "instant" });
  // At the top of the page the newest content should show.
  const moved =
    anchor &&
    page.top > 0 &&
    top < innerHeight &&
    document.getElementById(anchor.id)?.getBoundingClientRect().top - top;
  if (moved) scrollBy({ top: moved, behavior: "instant" });
}
