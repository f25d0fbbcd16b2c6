"""The installed app. Offline it shows the last Today with its age, only to the user who loaded
it."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from monitor.models import User
from tests.browser.conftest import Open
from tests.browser.judge import english, flaws
from tests.browser.shelf import Shelf
from tests.browser.tab import Tab

pytestmark = pytest.mark.browser
#: Makes the saved Today two hours older.
AGE = """
    async () => {
      const cache = await caches.open("today");
      const saved = await cache.match("/", { ignoreVary: true });
      const then = new Date(Date.parse(saved.headers.get("Date")) - 2 * 60 * 60 * 1000);
      await cache.put("/", new Response(await saved.text(),
          { headers: { Date: then.toUTCString() } }));
    }
"""
IS_SAVED = "async () => Boolean(await caches.match('/', { cacheName: 'today', ignoreVary: true }))"
#: What Chromium says of every window without a profile.
NO_PROFILE = "in-incognito"


def install(tab: Open, width: int = 390, **options: Any) -> Tab:
    """Return a window whose pages the worker serves, at Today."""
    return tab(width, service_workers="allow", **options).with_worker().read("/").until(IS_SAVED)


def lose_connection(window: Tab, address: str) -> Page:
    window.page.context.set_offline(True)
    return window.read(address).page


def test_chromium_can_install_it(tab: Open) -> None:
    window = tab(390, service_workers="allow").with_worker().read("/")
    browser = window.page.context.new_cdp_session(window.page)
    errors = browser.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [error["errorId"] for error in errors if error["errorId"] != NO_PROFILE] == []
    assert browser.send("Page.getAppManifest")["errors"] == []
    assert window.all_complaints() == []


def test_without_a_connection_it_shows_the_last_today_and_its_age(tab: Open, shelf: Shelf) -> None:
    User.objects.update(language="zh-hans")
    window = install(tab, color_scheme="dark")
    products = window.page.locator("#today a").all_text_contents()
    assert products
    window.page.evaluate(AGE)
    page = lose_connection(window, "/products/")
    expect(page.locator("#saved-at")).to_have_text("2 小时前")
    assert page.locator("#today a").all_text_contents() == products
    assert page.locator("#today form").count() == 0
    assert flaws(window) == []
    assert window.all_complaints() == []
    assert english(window) == []
    page.context.set_offline(False)
    expect(page.get_by_role("heading", level=1, name="商品")).to_be_visible()
    assert page.url.endswith("/products/")


def test_nobody_sees_a_saved_page_after_the_log_out(tab: Open) -> None:
    window = install(tab)
    window.page.locator("form[action='/logout/'] button").dispatch_event("click")
    expect(window.page.get_by_role("button", name="Log in", exact=True)).to_be_visible()
    page = lose_connection(window, "/")
    expect(page.get_by_role("heading", name="No connection")).to_be_visible()
    expect(page.locator("#today")).to_have_count(0)
    assert not page.evaluate(IS_SAVED)
    assert flaws(window) == []


def test_nobody_sees_a_saved_page_after_the_session_has_ended(tab: Open, shelf: Shelf) -> None:
    # Help sends nothing by itself, so that nothing else finds out first that the session has ended.
    window = install(tab).read("/help/")
    shelf.merchant.sessions.all().delete()
    window.read("/products/")
    expect(window.page.get_by_role("button", name="Log in", exact=True)).to_be_visible()
    assert not window.page.evaluate(IS_SAVED)
