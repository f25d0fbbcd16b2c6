"""The inbox as a file: as filtered, the newest first."""

from datetime import timedelta
from typing import Any

import pytest

from monitor.models import User, Watchlist
from tests.models.factories import NOW, AlertFactory, WatchlistFactory
from tests.pages import Browser
from tests.pages.sheets import csv_rows

pytestmark = pytest.mark.django_db
FILE = "/alerts/export.csv?show=all"


def test_a_file_has_what_happened_in_numbers_as_filtered(
    web: Browser, watchlist: Watchlist, merchant: User
) -> None:
    change = {"before": 7200, "after": 6300, "created_at": NOW - timedelta(hours=5)}
    older: Any = AlertFactory.create(watchlist=watchlist, **change)
    newer: Any = AlertFactory.create(watchlist=watchlist, before=6300, after=7000)
    AlertFactory.create(watchlist=WatchlistFactory.create(owner=merchant))
    AlertFactory.create()
    assert len(csv_rows(web, FILE)) == 3
    of_list = f"&list={watchlist.pk}"
    first, second = csv_rows(web, FILE + of_list)
    for row, expected in (
        (first, [newer.product.num_iid, watchlist.name, "price", "63.00", "70.00", "11.1", "no"]),
        (second, [older.product.num_iid, watchlist.name, "price", "72.00", "63.00", "-12.5", "no"]),
    ):
        heads = "Product ID", "Watchlist", "What changed", "Before", "After", "Change in %", "Read"
        assert [row[head] for head in heads] == expected
    web.post("/alerts/read/", {"alert": newer.pk})
    assert csv_rows(web, FILE + of_list)[0]["Read"] == "yes"
    offered = f'href="/alerts/export.xlsx?show=all&amp;list={watchlist.pk}"'
    assert offered in web.page(f"/alerts/?show=all{of_list}")
