// Whether somebody is at work in a region of the page, and what must stay where it is when the region is swapped.

/** A button is down, or a finger: what lies under it must be there when it comes up. */
let isPressed = false;
for (const [kind, pressed] of Object.entries({ pointerdown: true, pointerup: false, pointercancel: false })) {
  addEventListener(kind, () => (isPressed = pressed), { passive: true, capture: true });
}

function isFilledIn(field) {
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
  // What has an id is found again by htmx; in a field there may be more than its value, such as a list that is open.
  return !active.id || active.matches("input, select, textarea");
}

function isSelectedFrom(region) {
  const selection = getSelection();
  return !selection.isCollapsed && selection.getRangeAt(0).intersectsNode(region);
}

/** Something pressed, a field with the focus or with something entered, an open menu, text that is selected, a chart that is magnified. */
export function isInUse(region) {
  return (
    isPressed ||
    hasFocusToLose(region) ||
    isSelectedFrom(region) ||
    region.querySelector("details[open], [data-zoom-reset]:not([hidden])") !== null ||
    [...region.querySelectorAll("input, select, textarea")].some(isFilledIn)
  );
}

/** Does `swap`, and leaves what the reader looks at where he looks at it. */
export function inPlace(region, swap) {
  const anchor = [...region.querySelectorAll("[id]")].find((element) => element.getBoundingClientRect().top >= 0);
  const top = anchor?.getBoundingClientRect().top;
  const scrolled = [...region.querySelectorAll("*")]
    .filter((element) => element.scrollLeft || element.scrollTop)
    .map(({ className, scrollLeft, scrollTop }) => ({ className, scrollLeft, scrollTop }));
  const page = { left: scrollX, top: scrollY };
  swap();
  for (const { className, scrollLeft, scrollTop } of scrolled) {
    const again = className && document.getElementById(region.id)?.getElementsByClassName(className)[0];
    again?.scrollTo({ left: scrollLeft, top: scrollTop, behavior: "instant" });
  }
  scrollTo({ ...page, behavior: "instant" });
  // At the top of the page the newest is what one wants to see.
  const moved =
    anchor &&
    page.top > 0 &&
    top < innerHeight &&
    document.getElementById(anchor.id)?.getBoundingClientRect().top - top;
  if (moved) scrollBy({ top: moved, behavior: "instant" });
}
