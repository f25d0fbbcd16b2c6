"""A browser in which the merchant is logged in, and a frozen clock."""

import pytest

from monitor.models import User, Watch, Watchlist
from tests.models.factories import WatchFactory
from tests.pages import Browser


@pytest.fixture(autouse=True)
def _frozen(time_stands_still: None) -> None:
    """All tests of pages happen at one moment."""


@pytest.fixture
def web(merchant: User) -> Browser:
    """A browser in which the merchant is logged in."""
    browser = Browser()
    browser.force_login(merchant)
    return browser


@pytest.fixture
def watch(watchlist: Watchlist) -> Watch:
    """A product on the merchant's list."""
    return WatchFactory.create(watchlist=watchlist)
