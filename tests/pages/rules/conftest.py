"""A merchant's list with one product, and a product of their own on another list."""

from typing import TYPE_CHECKING

import pytest

# Fixtures import the models: `pytest tests/pages` reads this file before Django is set up.
if TYPE_CHECKING:
    from monitor.models import Product, User, Watch, Watchlist


@pytest.fixture
def watch(watchlist: "Watchlist") -> "Watch":
    """A shirt that costs ¥72.00, known for 90 days, on a list with the default rules."""
    from tests.factories import WatchFactory

    return WatchFactory.create(watchlist=watchlist, product__title="Shirt")


@pytest.fixture
def private(merchant: "User") -> "Watchlist":
    from tests.factories import WatchlistFactory

    return WatchlistFactory.create(owner=merchant, name="My shop")


@pytest.fixture
def mine(private: "Watchlist") -> "Product":
    """The merchant's own shirt at ¥80.00, on another list."""
    from tests.factories import WatchFactory

    return WatchFactory.create(watchlist=private, product__title="My shirt", product__price=8000).product
