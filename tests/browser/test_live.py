"""Open pages update themselves, but not while the user is using them."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Request, Route, expect

from monitor.models import Product
from tests.browser.conftest import Open
from tests.browser.shelf import Shelf
from tests.models.factories import AlertFactory, ProductFactory, SnapshotFactory, WatchFactory

pytestmark = pytest.mark.browser
#: More milliseconds than the half minute between two requests, with its jitter.
UPDATE_MILLISECONDS = 34_000


def reprice(product: Product, fen: int) -> None:
    Product.objects.filter(pk=product.pk).update(price=fen)
    SnapshotFactory.create(product=product, data_time=timezone.now(), price=fen)


def look(page: Page) -> None:
    """Make the page ask for news now, as when the network returns, and wait for the answer for its
    last region."""
    last = page.evaluate(
        "[...document.querySelectorAll('[data-refresh]:not(#alive)')].at(-1)?.id ?? 'alive'"
    )
    with page.expect_response(lambda response: response.request.headers.get("hx-target") == last):
        page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_timeout(100)


def record_requests(page: Page) -> list[Request]:
    """Return a list that collects the page's requests for news from now on."""
    requests: list[Request] = []
    page.on(
        "request",
        lambda request: requests.append(request) if "if-none-match" in request.headers else None,
    )
    return requests


def pass_minutes(page: Page, requests: list[Request], minutes: int) -> None:
    """Move the page's clock on, and wait for the answers to its requests, even on a slow machine.

    The steps are shorter than the page's timeout of requests.
    """
    for _ in range(minutes * 4):
        page.clock.run_for(15_000)
        page.wait_for_timeout(10)
        if requests:
            requests[-1].response()
        page.wait_for_timeout(10)


def hide(page: Page, state: str) -> None:
    page.evaluate(
        """state => {
            const property = { value: state, configurable: true };
            Object.defineProperty(document, "visibilityState", property);
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        state,
    )


def test_news_appear_by_themselves_with_a_message_and_the_count(tab: Open, shelf: Shelf) -> None:
    merchants = tab()
    merchants.page.clock.install()
    page = merchants.go("/products/").page
    expect(page.locator("#unread-top .count")).to_contain_text("3")
    reprice(shelf.lively, 4200)
    AlertFactory.create(watchlist=shelf.rivals, product=shelf.lively)
    page.clock.fast_forward(UPDATE_MILLISECONDS)
    expect(page.get_by_text("¥42.00")).to_be_visible()
    expect(page.locator("#unread-top .count")).to_contain_text("4")
    expect(page.locator("#live")).to_have_text("This page was updated.")
    assert merchants.all_complaints() == []


def use_a_field(page: Page) -> Callable[[], None]:
    page.get_by_label("What happened").focus()
    return lambda: page.locator("h1").click()


def use_evidence(page: Page) -> Callable[[], None]:
    summary = page.locator("details.evidence summary").first
    summary.click()
    expect(page.locator("details.evidence dl").first).to_be_visible()

    def let_go() -> None:
        summary.click()
        page.locator("h1").click()

    return let_go


def use_a_selection(page: Page) -> Callable[[], None]:
    page.evaluate("getSelection().selectAllChildren(document.querySelector('.alert-row .subject'))")
    return lambda: page.evaluate("getSelection().removeAllRanges()")


STATE = """() => [document.activeElement.id || document.activeElement.tagName,
    getSelection().toString(), scrollY, document.querySelectorAll("details[open]").length]"""


@pytest.mark.parametrize("use", [use_a_field, use_evidence, use_a_selection])
def test_a_page_is_not_updated_while_it_is_used(
    tab: Open, shelf: Shelf, use: Callable[[Page], Callable[[], None]]
) -> None:
    merchants = tab().go("/alerts/")
    page = merchants.page
    let_go = use(page)
    before = page.evaluate(STATE)
    AlertFactory.create(watchlist=shelf.rivals, product=shelf.hostile)
    look(page)
    expect(page.get_by_text("There is something new.")).to_be_visible()
    expect(page.locator("#unread-top .count")).to_contain_text("4")
    assert page.evaluate(STATE) == before
    expect(page.locator(".alert-row")).to_have_count(3)
    let_go()
    expect(page.locator(".alert-row")).to_have_count(4)
    expect(page.get_by_text("There is something new.")).to_be_hidden()
    assert merchants.all_complaints() == []


def test_an_update_keeps_the_focus_and_the_scroll_position(tab: Open, shelf: Shelf) -> None:
    for _ in range(15):
        AlertFactory.create(watchlist=shelf.rivals)
    page = tab().go("/alerts/").page
    row = page.locator(".alert-row").nth(12)
    row.evaluate(
        "row => { row.focus(); row.scrollIntoView({ block: 'center', behavior: 'instant' }); }"
    )
    name, top = row.get_attribute("id"), row.evaluate("row => row.getBoundingClientRect().top")
    AlertFactory.create(watchlist=shelf.rivals, product=shelf.hostile)
    look(page)
    expect(page.locator(".alert-row").nth(13)).to_have_attribute("id", name or "")
    assert (
        abs(page.locator(f"#{name}").evaluate("row => row.getBoundingClientRect().top") - top) < 2
    )
    expect(page.locator(f"#{name}")).to_be_focused()


def test_a_hidden_page_asks_only_when_it_is_visible_again(tab: Open, shelf: Shelf) -> None:
    merchants = tab()
    merchants.page.clock.install()
    page = merchants.go("/products/").page
    requests = record_requests(page)
    hide(page, "hidden")
    page.clock.run_for(30 * 60_000)
    assert requests == []
    reprice(shelf.lively, 4200)
    hide(page, "visible")
    expect(page.get_by_text("¥42.00")).to_be_visible()
    assert len(requests) == 1


def test_an_unreachable_server_is_reported_until_it_is_back(tab: Open, shelf: Shelf) -> None:
    merchants = tab()
    merchants.page.clock.install()
    page = merchants.go("/products/").page
    requests = record_requests(page)

    def fail(route: Route) -> None:
        route.fulfill(
            status=503, body=""
        ) if "if-none-match" in route.request.headers else route.continue_()

    page.route("**/products/**", fail)
    page.clock.fast_forward(UPDATE_MILLISECONDS)
    page.wait_for_timeout(200)
    page.clock.fast_forward(7_000)
    expect(page.get_by_role("status").get_by_text("The server cannot be reached")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
    pass_minutes(page, requests, 15)
    assert len(requests) < 15
    page.unroute("**/products/**")
    reprice(shelf.lively, 4200)
    page.clock.fast_forward(6 * 60_000)
    expect(page.get_by_text("¥42.00")).to_be_visible()
    expect(page.get_by_text("The server cannot be reached")).to_be_hidden()


def test_an_ended_session_is_reported_without_a_redirect(tab: Open, shelf: Shelf) -> None:
    page = tab().go("/alerts/").page
    page.context.clear_cookies()
    look(page)
    expect(page.get_by_text("You are logged out")).to_be_visible()
    assert page.url.endswith("/alerts/")
    requests = record_requests(page)
    page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_timeout(200)
    assert requests == []
    page.get_by_role("link", name="Log in").click()
    expect(page.get_by_label("Password")).to_be_visible()


def test_relative_times_are_updated_without_requests(tab: Open, shelf: Shelf) -> None:
    merchants = tab()
    product = ProductFactory.create(checked_at=timezone.now() - timedelta(minutes=2))
    WatchFactory.create(watchlist=shelf.rivals, product=product)
    merchants.page.clock.install()
    page = merchants.go("/products/?cols=checked").page
    time = page.locator(f"tr:has([value='{product.num_iid}']) time")
    expect(time).to_have_text("2 min ago")
    page.route("**/products/**", lambda route: route.abort())
    page.clock.run_for(10 * 60_000)
    expect(time).to_have_text("12 min ago")
    page.clock.run_for(60 * 60_000)
    expect(time).to_have_text("1 h ago")


def test_a_check_updates_the_figures_and_leaves_the_chart(tab: Open, shelf: Shelf) -> None:
    # Not a range of days: its start, and with it the figures, would change every minute.
    page = tab().go(f"/products/{shelf.lively.num_iid}/?range=all").page
    figures, announced = page.locator("#figures"), page.locator("#live")
    held_for = figures.locator("time")
    expect(held_for).to_have_text(re.compile(r"^3 h"))
    page.locator("canvas[data-chart=price]").evaluate("canvas => canvas.dataset.stays = 'true'")
    # Relative times are updated in place without a message.
    held_for.evaluate("time => time.textContent = '1 min'")
    look(page)
    expect(held_for).to_have_text(re.compile(r"^3 h"))
    expect(announced).not_to_contain_text("updated")
    Product.objects.filter(pk=shelf.lively.pk).update(next_check_at=None)
    look(page)
    expect(figures).to_contain_text("as of")
    expect(page.locator("#header")).to_contain_text("paused")
    expect(page.locator("canvas[data-stays]")).to_have_count(1)
