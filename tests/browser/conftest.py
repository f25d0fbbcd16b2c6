"""A Chromium, the site on a real port, and a merchant with products."""

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.browser.shelf import Shelf, stock
from tests.browser.tab import CHROMIUM, Tab, new_window

if TYPE_CHECKING:
    from pytest_django.live_server_helper import LiveServer

# Playwright runs an event loop in the tests' thread, in which Django refuses queries without this.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

type Open = Callable[..., Tab]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # Without a graphics card Chromium would imitate one to draw pages: that takes 5 to 15% of
        # the tests' time.
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture
def shelf(transactional_db: None) -> Shelf:
    return stock()


@pytest.fixture
def tab(chromium: Browser, live_server: "LiveServer", shelf: Shelf) -> Iterator[Open]:
    """`tab(width=390, color_scheme="dark")` opens a window in which the merchant is signed in."""
    windows: list[BrowserContext] = []

    def open_tab(width: int = 1440, *, user: Any = shelf.merchant, **options: Any) -> Tab:
        client = Client()
        if user is not None:
            client.force_login(user)
        session = client.cookies["sessionid"].value if user is not None else None
        windows.append(new_window(chromium, live_server.url, width, session, **options))
        return Tab(windows[-1].new_page(), live_server.url)

    yield open_tab
    for window in windows:
        window.close()
