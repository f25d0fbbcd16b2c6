"""A settled merchant, and changes of products."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

# `pytest tests/pages` reads this file before Django is set up.
if TYPE_CHECKING:
    from monitor.models import Product, Watchlist
    from monitor.pages.today.reads import Today

HOUR = timedelta(hours=1)


def today(web: Client) -> "Today":
    context: Today = web.get("/").context["today"]
    return context


def text(web: Client) -> str:
    """Return the page, each run of white space as one blank."""
    return " ".join(web.get("/").content.decode().split())


def moves(
    watchlist: "Watchlist",
    *steps: int | str,
    field: str = "price",
    since: timedelta = HOUR,
    **fields: Any,
) -> "Product":
    """Let a value of a product of the list change through `steps`, a minute apart, beginning
    `since` ago."""
    from tests.models.factories import NOW, ChangeFactory, WatchFactory

    product: Product = fields.get("product") or WatchFactory.create(watchlist=watchlist).product
    for number, (before, after) in enumerate(pairwise(steps)):
        at = NOW - since + timedelta(minutes=number)
        ChangeFactory.create(
            product=product, field=field, before=before, after=after, first_seen_after=at
        )
    return product


def shown(rows: "Sequence[Any]") -> list[int]:
    """Return the keys of the products or shops of the feed's rows."""
    return [row.shop[0] if row.shop else row.product.pk for row in rows]


@pytest.fixture
def settled(watchlist: "Watchlist") -> "Product":
    """A watched and checked product with a rule, and a worker that runs."""
    from monitor.models import Heartbeat, Product, Rule, Watch
    from tests.models.factories import NOW, WatchFactory

    Rule.objects.create(watchlist=watchlist, kind="price_below", threshold=5000)
    Heartbeat.objects.create(worker="w", work="stand_by", seen_at=NOW, expected_at=NOW + HOUR)
    watch = WatchFactory.create(watchlist=watchlist, product__title="磨毛衬衫")
    Watch.objects.update(created_at=watch.product.first_data_time)
    product: Product = watch.product
    return product
