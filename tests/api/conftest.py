"""A merchant with a list and two programs, and a frozen clock."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import time_machine

from tests.api import Program

# Fixtures import the models: `pytest tests/api` reads this file before Django is set up.
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
def reader(merchant: "User") -> Program:
    """A program that may read."""
    return Program.of(merchant)


@pytest.fixture
def writer(merchant: "User") -> Program:
    """A program that may read and change."""
    return Program.of(merchant, scope="write")
