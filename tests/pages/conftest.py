"""A signed-in merchant, and a frozen clock."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.test import Client

# Fixtures import the models: `pytest tests/pages` reads this file before Django is set up.
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
