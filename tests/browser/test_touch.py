"""Charts on a touch screen: a tap shows the tooltip, a swipe scrolls the page, two fingers zoom."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.shelf import Shelf

pytestmark = pytest.mark.browser
CHART = "Chart.getChart(document.querySelector('canvas[data-chart=price]'))"
STEPS = 15


@pytest.fixture
def page(tab: Open, shelf: Shelf) -> Page:
    """A product's page on a phone, with its price chart in view."""
    page = (
        tab(390, has_touch=True, is_mobile=True)
        .go(f"/products/{shelf.lively.num_iid}/?range=30d")
        .page
    )
    page.locator("canvas[data-chart=price]").evaluate(
        "canvas => canvas.scrollIntoView({block: 'center', behavior: 'instant'})"
    )
    return page


def middle(page: Page, across: float = 0.7) -> dict[str, float]:
    """Return the point at the share `across` of the chart's width and half its height, in the
    window."""
    box = page.locator("canvas[data-chart=price]").bounding_box()
    assert box is not None
    return {"x": box["x"] + box["width"] * across, "y": box["y"] + box["height"] / 2}


def drag(page: Page, *paths: tuple[tuple[float, float], tuple[float, float]]) -> None:
    """Move a finger along each path; its ends are in pixels from the middle of the chart."""
    at, session = middle(page), page.context.new_cdp_session(page)

    def touch(kind: str, share: float = 0) -> None:
        points = [
            {
                "id": finger,
                "x": at["x"] + x + (to_x - x) * share,
                "y": at["y"] + y + (to_y - y) * share,
            }
            for finger, ((x, y), (to_x, to_y)) in enumerate(paths)
        ]
        session.send(
            "Input.dispatchTouchEvent",
            {"type": kind, "touchPoints": [] if kind == "touchEnd" else points},
        )

    touch("touchStart")
    for step in range(1, STEPS + 1):
        touch("touchMove", step / STEPS)
        page.wait_for_timeout(20)  # Hammer recognises gestures by their speed.
    touch("touchEnd")


def test_a_tap_shows_the_price_at_that_time(page: Page) -> None:
    page.touchscreen.tap(**middle(page, 0.55))
    page.wait_for_function(f"() => {CHART}.tooltip.opacity === 1")
    assert "Price  ¥68.00" in page.evaluate(f"{CHART}.tooltip.body.flatMap(item => item.lines)")


def test_a_swipe_that_begins_on_a_chart_scrolls_the_page(page: Page) -> None:
    before, whole = page.evaluate("scrollY"), page.evaluate(f"{CHART}.scales.x.min")
    drag(page, ((0, 0), (0, -250)))
    page.wait_for_function("before => scrollY > before + 100", arg=before)
    assert page.evaluate(f"{CHART}.scales.x.min") == whole


def test_two_fingers_zoom_and_a_button_resets(page: Page) -> None:
    whole = page.evaluate(f"{CHART}.scales.x.min")
    drag(page, ((-20, 0), (-80, 0)), ((20, 0), (80, 0)))
    page.wait_for_function(f"whole => {CHART}.scales.x.min > whole", arg=whole)
    assert page.evaluate("visualViewport.scale") == 1
    button = page.get_by_role("button", name="Whole range")
    expect(button).to_be_visible()
    button.tap()
    assert page.evaluate(f"{CHART}.scales.x.min") == whole
