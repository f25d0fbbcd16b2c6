"""A merchant in front of the pages, at a time that stands still."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.test import Client

# Models are imported in the fixtures: pytest reads this file before Django is set up when it is given this folder.
if TYPE_CHECKING:
    from monitor.models import User, Watchlist


@pytest.fixture(autouse=True)
def _time_stands_still() -> Iterator[None]:
    from tests.factories import NOW

    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def merchant(db: None) -> "User":
    from tests.factories import UserFactory

    return UserFactory.create(email="merchant@example.com")


@pytest.fixture
def watchlist(merchant: "User") -> "Watchlist":
    from tests.factories import WatchlistFactory

    return WatchlistFactory.create(owner=merchant, name="Rivals")


@pytest.fixture
def web(merchant: "User") -> Client:
    """A browser in which the merchant is signed in."""
    client = Client()
    client.force_login(merchant)
    return client
