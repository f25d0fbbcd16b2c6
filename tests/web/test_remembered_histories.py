"""Histories that are read once answer as if they were read each time."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from monitor.models import Watchlist
from tests.factories import (
    NOW,
    ChangeFactory,
    ProductFactory,
    WatchFactory,
)

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_histories_are_read_again_only_of_what_has_changed(web: Client, watchlist: Watchlist) -> None:
    product, other = ProductFactory.create(price=6300), ProductFactory.create(price=500)
    for one in (product, other):
        WatchFactory.create(watchlist=watchlist, product=one)

    def read() -> tuple[list[object], int]:
        with CaptureQueriesContext(connection) as captured:
            rows = web.get("/products/").context["page"].object_list
        [row] = [row for row in rows if row.product == product]
        return [price for _, price in row.trend.prices], sum("ROW_NUMBER" in one["sql"] for one in captured)

    ChangeFactory.create(product=product, before=8000, after=6300, first_seen_after=NOW - HOUR)
    assert read() == ([8000, 6300], 1)
    assert read() == ([8000, 6300], 0)
    ChangeFactory.create(product=product, before=6300, after=6100, first_seen_after=NOW)
    product.price, product.changed_at = 6100, NOW
    product.save()
    assert read() == ([8000, 6300, 6100], 1)
    assert read() == ([8000, 6300, 6100], 0)
