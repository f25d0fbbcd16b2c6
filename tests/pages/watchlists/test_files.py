"""The changes of a list as a file: of all its products and their shops, in a range."""

from datetime import timedelta
from typing import Any

import pytest

from monitor.models import Product, Watchlist
from monitor.pages.watchlists import files
from tests.models.factories import NOW, ChangeFactory, WatchFactory
from tests.pages import Browser
from tests.pages.sheets import csv_rows, xlsx_rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def shirt(watchlist: Watchlist) -> Product:
    of_product = {"product__title": "Shirt", "product__shop__name": "Lin"}
    return WatchFactory.create(watchlist=watchlist, **of_product).product


def address(watchlist: Watchlist, range_name: str = "30d", ending: str = "csv") -> str:
    return f"/watchlists/{watchlist.pk}/changes.{ending}?range={range_name}"


def changed(days: int, before: object = 8000, after: object = 6000, **fields: Any) -> None:
    at = NOW - timedelta(days=days)
    ChangeFactory.create(before=before, after=after, first_seen_after=at, **fields)


def test_it_tells_what_changed_by_how_much_and_where_to_look(
    web: Browser, watchlist: Watchlist, shirt: Product
) -> None:
    changed(2, product=shirt)
    [row] = csv_rows(web, address(watchlist))
    assert row == {
        "Time": "2026-11-23 12:00:00",
        "Product ID": shirt.num_iid,
        "Title": "Shirt",
        "Shop": "Lin",
        "What changed": "price",
        "Before": "80.00",
        "After": "60.00",
        "Change in ¥": "-20.00",
        "Change in %": "-25.0",
        "Link": f"http://localhost:8000/products/{shirt.num_iid}/",
    }
    [cells] = xlsx_rows(web, address(watchlist, ending="xlsx"))
    assert (cells["After"], cells["Change in ¥"]) == (60, -20)


def test_it_has_all_products_and_shops_the_newest_first_as_far_back_as_chosen(
    web: Browser, watchlist: Watchlist, shirt: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    coat = WatchFactory.create(watchlist=watchlist, product__shop=shirt.shop).product
    changed(3, product=shirt)
    changed(0, "on_sale", "off_shelf", field="status", product=coat)
    changed(2, 480, 470, field="service_score", product=None, shop=shirt.shop)
    changed(20, product=shirt)
    changed(400, product=shirt)
    rows = csv_rows(web, address(watchlist, "7d"))
    assert [(row["Product ID"], row["What changed"], row["Change in ¥"]) for row in rows] == [
        (coat.num_iid, "status", ""),
        ("", "service score", ""),
        (shirt.num_iid, "price", "-20.00"),
    ]
    ranges = ("24h", "7d", "30d", "90d", "1y", "all")
    counts = [len(csv_rows(web, address(watchlist, name))) for name in ranges]
    assert counts == [1, 3, 4, 4, 4, 5]
    page = web.page(f"/watchlists/{watchlist.pk}/")
    for name in ranges:
        for ending in ("xlsx", "csv"):
            assert address(watchlist, name, ending) in page
    monkeypatch.setattr(files, "MOST_ROWS", 2)
    assert csv_rows(web, address(watchlist)) == rows[:2], "Of a huge list the newest."
