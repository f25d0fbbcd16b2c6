"""A new alert while a page is open: one small box, shown once, that covers nothing."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from monitor.models import Alert
from tests.browser.conftest import Open
from tests.browser.shelf import Shelf
from tests.models.factories import AlertFactory

pytestmark = pytest.mark.browser
BOX = "#arrived"


def alert(shelf: Shelf, title: str = "Linen shirt") -> Alert:
    shelf.lively.title = title
    shelf.lively.save(update_fields=["title"])
    return AlertFactory.create(
        watchlist=shelf.rivals,
        product=shelf.lively,
        created_at=timezone.now(),
        before=7200,
        after=6300,
    )


def ask(page: Page) -> None:
    """Make the page ask for alerts now, as when the network returns, and wait for the answer."""
    with page.expect_response(lambda response: "/alerts/arrived/" in response.url):
        page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_timeout(150)


def test_a_new_alert_is_shown_with_a_link_and_counted(tab: Open, shelf: Shelf) -> None:
    alert(shelf)
    opened = tab().go("/products/")
    page = opened.page
    title, before = page.title(), page.locator("#unread-top .count").inner_text()
    ask(page)
    expect(page.locator(BOX)).to_be_hidden()  # Alerts from before the page was opened are not new.

    new = alert(shelf, "Silk scarf")
    ask(page)
    expect(page.locator(BOX)).to_be_visible()
    expect(page.locator(f"{BOX} a")).to_have_attribute("href", f"/alerts/{new.pk}/")
    expect(page.locator(f"{BOX} a")).to_have_text("Silk scarf")
    expect(page.locator(f"{BOX} [data-arrived-what]")).to_have_text("Price ¥72.00 → ¥63.00 ▼ 12.5%")
    assert page.title() == f"(1) {title}"
    expect(page.locator("#unread-top .count")).not_to_have_text(before, use_inner_text=True)
    expect(page.locator("#arrived-said")).to_contain_text("Silk scarf")
    assert page.locator("#arrived-said").get_attribute("aria-live") == "polite"

    ask(page)
    assert page.title() == f"(1) {title}"
    page.locator(f"{BOX} a").click()
    expect(page).to_have_url(f"{opened.site}/alerts/{new.pk}/")
    assert opened.all_complaints() == []


@pytest.mark.parametrize("way", ["Escape", "button"])
def test_escape_or_the_button_closes_the_box_and_resets_the_count(
    tab: Open, shelf: Shelf, way: str
) -> None:
    page = tab().go("/settings/").page
    title = page.title()
    alert(shelf)
    ask(page)
    if way == "Escape":
        page.keyboard.press("Escape")
    else:
        page.get_by_role("button", name="Close").click()
        assert page.evaluate("document.activeElement.id") == "main"
    expect(page.locator(BOX)).to_be_hidden()
    assert page.title() == title
    alert(shelf, "Silk scarf")
    ask(page)
    expect(page.locator(f"{BOX} a")).to_have_text("Silk scarf")


def test_the_box_is_shown_in_one_tab_and_the_count_in_all(tab: Open, shelf: Shelf) -> None:
    first = tab().go("/settings/")
    second = first.page.context.new_page()
    second.goto(f"{first.site}/settings/", wait_until="load")
    first.page.bring_to_front()
    alert(shelf)
    ask(first.page)
    ask(second)
    expect(first.page.locator(BOX)).to_be_visible()
    expect(second.locator(BOX)).to_be_hidden()
    assert (
        first.page.locator("#unread-top").inner_text() == second.locator("#unread-top").inner_text()
    )


def test_on_a_phone_the_box_waits_until_a_field_is_left_and_covers_no_button(
    tab: Open, shelf: Shelf
) -> None:
    page = tab(width=390).go("/settings/").page
    page.locator("#set-profile > summary").click()
    page.locator("#id_name").focus()
    alert(shelf)
    ask(page)
    expect(page.locator(BOX)).to_be_hidden()
    page.locator("#id_name").blur()
    expect(page.locator(BOX)).to_be_visible()
    box, bar = (page.locator(selector).bounding_box() for selector in (BOX, ".tabbar"))
    assert box
    assert bar
    assert box["y"] + box["height"] <= bar["y"]
    page.evaluate("scrollTo({ top: document.body.scrollHeight, behavior: 'instant' })")
    foot = page.locator("footer").bounding_box()
    assert foot
    assert foot["y"] + foot["height"] <= box["y"]


def test_the_page_asks_by_itself_and_stops_when_logged_out(tab: Open, shelf: Shelf) -> None:
    opened = tab()
    opened.page.clock.install()
    page = opened.go("/settings/").page
    alert(shelf)
    with page.expect_response(lambda response: "/alerts/arrived/" in response.url):
        page.clock.run_for(17_000)
    expect(page.locator(BOX)).to_be_visible()
    page.context.clear_cookies()
    with page.expect_response(lambda response: "/alerts/arrived/" in response.url):
        page.clock.run_for(17_000)
    page.wait_for_timeout(100)
    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url))
    page.clock.run_for(120_000)
    assert not [url for url in urls if "/alerts/arrived/" in url]
