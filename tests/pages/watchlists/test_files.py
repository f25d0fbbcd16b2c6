"""The changes of a list as CSV and Excel: of all its products and their shops, in a range."""

from datetime import timedelta

import pytest
from django.test import Client

from monitor.models import Product, Watchlist
from monitor.pages.watchlists import files
from tests.factories import NOW, ChangeFactory, WatchFactory
from tests.pages.sheets import csv_rows, xlsx_rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def shirt(watchlist: Watchlist) -> Product:
    return WatchFactory.create(
        watchlist=watchlist, product__title="Shirt", product__shop__name="Lin"
    ).product


def address(watchlist: Watchlist, range_name: str = "30d", ending: str = "csv") -> str:
    return f"/watchlists/{watchlist.pk}/changes.{ending}?range={range_name}"


def changed(
    product: Product, days: int, before: object = 9900, after: object = 7200, **fields: object
) -> None:
    at = NOW - timedelta(days=days)
    ChangeFactory.create(product=product, before=before, after=after, first_seen_after=at, **fields)


def test_it_tells_what_changed_by_how_much_and_where_to_look(
    web: Client, watchlist: Watchlist, shirt: Product
) -> None:
    changed(shirt, 2, 8000, 6000)
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


def test_it_has_all_products_and_shops_the_newest_first(
    web: Client, watchlist: Watchlist, shirt: Product
) -> None:
    coat = WatchFactory.create(watchlist=watchlist, product__shop=shirt.shop).product
    changed(shirt, 3)
    changed(coat, 1, "on_sale", "off_shelf", field="status")
    at = NOW - timedelta(days=2)
    ChangeFactory.create(
        product=None,
        shop=shirt.shop,
        field="service_score",
        before=480,
        after=470,
        first_seen_after=at,
    )
    rows = csv_rows(web, address(watchlist))
    assert [(row["Product ID"], row["What changed"]) for row in rows] == [
        (coat.num_iid, "status"),
        ("", "service score"),
        (shirt.num_iid, "price"),
    ]
    assert [row["Change in ¥"] for row in rows] == ["", "", "-27.00"]


def test_it_goes_back_as_far_as_was_chosen(
    web: Client, watchlist: Watchlist, shirt: Product
) -> None:
    for days in (1, 20, 400):
        changed(shirt, days)
    counts = [
        len(csv_rows(web, address(watchlist, name))) for name in ("24h", "7d", "30d", "1y", "all")
    ]
    assert counts == [1, 1, 2, 2, 3]


def test_excel_has_the_same_as_numbers(web: Client, watchlist: Watchlist, shirt: Product) -> None:
    changed(shirt, 2, 8000, 6000)
    [row] = xlsx_rows(web, address(watchlist, ending="xlsx"))
    assert (row["After"], row["Change in ¥"]) == (60, -20)


def test_a_huge_list_is_cut_off_at_the_oldest(
    web: Client, watchlist: Watchlist, shirt: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MOST_ROWS", 2)
    for days in (1, 2, 3):
        changed(shirt, days, after=7200 + days)
    assert [row["After"] for row in csv_rows(web, address(watchlist))] == ["72.01", "72.02"]


def test_the_page_offers_each_range_as_elsewhere(
    web: Client, watchlist: Watchlist, shirt: Product
) -> None:
    text = web.get(f"/watchlists/{watchlist.pk}/").content.decode()
    for name in ("24h", "7d", "30d", "90d", "1y", "all"):
        for ending in ("xlsx", "csv"):
            assert address(watchlist, name, ending) in text
