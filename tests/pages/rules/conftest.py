"""A merchant's list with one product."""

from typing import TYPE_CHECKING

import pytest

# Fixtures import the models: `pytest tests/pages` reads this file before Django is set up.
if TYPE_CHECKING:
    from monitor.models import Watch, Watchlist


@pytest.fixture
def watch(watchlist: "Watchlist") -> "Watch":
    """A shirt that costs ¥72.00, known for 90 days, on a list with the default rules."""
    from tests.models.factories import WatchFactory

    return WatchFactory.create(watchlist=watchlist, product__title="Shirt")
