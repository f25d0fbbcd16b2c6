"""A Chromium, the site on a real port, and a merchant's shelf of products to look at."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright

from tests.browser.shelf import Shelf, stock

if TYPE_CHECKING:
    from pytest_django.live_server_helper import LiveServer

# Playwright's own event loop runs in the thread of the tests; their queries don't wait for it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8" fill="teal"/></svg>'
#: The pictures of the test's products are not on the network: one host has them all, every other one none.
HAS_PICTURES = "https://p3-aio.ecombdimg.com/"
WATCH_POLICY = """
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) => {
      window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`);
    });
"""

type Open = Callable[..., "Tab"]


class Tab:
    """A page of the site, and everything its console complained of."""

    def __init__(self, page: Page, site: str) -> None:
        self.page, self.site = page, site
        self.complaints: list[str] = []
        page.on("console", lambda message: self._hear(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog {dialog.message}"))

    def _hear(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and "net::ERR_FAILED" not in text:
            self.complaints.append(text)

    def go(self, address: str) -> "Tab":
        """Open an address and wait until everything on it is drawn."""
        self.read(address)
        if self.page.locator("canvas").count():
            self.page.locator("#history[data-drawn]").wait_for()
        return self

    def read(self, address: str) -> "Tab":
        self.page.goto(self.site + address, wait_until="load")
        return self

    def all_complaints(self) -> list[str]:
        return self.complaints + list(self.page.evaluate("window.violations"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def shelf(transactional_db: None) -> Shelf:
    return stock()


@pytest.fixture
def tab(chromium: Browser, live_server: "LiveServer", shelf: Shelf) -> Iterator[Open]:
    """`tab(width=390, color_scheme="dark")` is a new window in which the merchant is signed in."""
    contexts: list[BrowserContext] = []

    def open_tab(width: int = 1440, *, user: Any = shelf.merchant, **options: Any) -> Tab:
        context = chromium.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        context.set_default_timeout(10_000)
        context.route(re.compile(r"^https://"), _picture)
        context.add_init_script(WATCH_POLICY)
        if user is not None:
            client = Client()
            client.force_login(user)
            context.add_cookies(
                [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
            )
        return Tab(context.new_page(), live_server.url)

    yield open_tab
    for context in contexts:
        context.close()


def _picture(route: Route) -> None:
    if route.request.url.startswith(HAS_PICTURES):
        route.fulfill(body=PICTURE, content_type="image/svg+xml")
    else:
        route.abort()
