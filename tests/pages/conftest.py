"""A browser in which the merchant is logged in, and a frozen clock."""

import pytest
from django.test import Client

from monitor.models import User, Watch, Watchlist
from tests.factories import WatchFactory


@pytest.fixture(autouse=True)
def _frozen(time_stands_still: None) -> None:
    """All tests of pages happen at one moment."""


@pytest.fixture
def web(merchant: User) -> Client:
    """A browser in which the merchant is logged in."""
    client = Client()
    client.force_login(merchant)
    return client


@pytest.fixture
def watch(watchlist: Watchlist) -> Watch:
    """A product on the merchant's list."""
    return WatchFactory.create(watchlist=watchlist)
