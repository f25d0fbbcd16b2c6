"""A comparison as CSV and Excel: the table of gaps, a row for each product."""

import pytest
from django.test import Client

from monitor.models import Product, Watchlist
from tests.factories import WatchFactory
from tests.pages.sheets import csv_rows, xlsx_rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def products(watchlist: Watchlist) -> list[Product]:
    prices = {"Shirt": 8000, "Cheaper shirt": 6000, "=Formula": 10000}
    return [
        WatchFactory.create(watchlist=watchlist, product__title=title, product__price=price).product
        for title, price in prices.items()
    ]


def address(products: list[Product], ending: str = "csv") -> str:
    first, *others = [product.num_iid for product in products]
    return f"/products/{first}/compare/export.{ending}?with={','.join(others)}"


def test_it_has_the_gaps_to_the_first_product_in_the_order_shown(
    web: Client, products: list[Product]
) -> None:
    rows = csv_rows(web, address(products))
    assert [row[""] for row in rows] == ["A", "B", "C"]
    assert [row["Product ID"] for row in rows] == [product.num_iid for product in products]
    assert [row["Gap to A in ¥"] for row in rows] == ["", "-20.00", "20.00"]
    assert [row["Gap to A in %"] for row in rows] == ["", "-25.0", "25.0"]
    assert rows[2]["Title"] == "'=Formula"
    assert rows[1]["Link"].endswith(f"/products/{products[1].num_iid}/")


def test_excel_has_the_same(web: Client, products: list[Product]) -> None:
    assert [row["Price"] for row in xlsx_rows(web, address(products, "xlsx"))] == [80, 60, 100]


def test_a_strangers_product_is_left_out(web: Client, products: list[Product]) -> None:
    stranger = WatchFactory.create(product__title="Secret").product
    assert len(csv_rows(web, address([*products, stranger]))) == 3
    assert web.get(address([stranger, *products])).status_code == 404


def test_the_page_offers_it_for_the_products_shown(web: Client, products: list[Product]) -> None:
    first, second, _third = products
    text = web.get(
        f"/products/{first.num_iid}/compare/?with={second.num_iid}&range=7d"
    ).content.decode()
    for ending in ("xlsx", "csv"):
        assert f"/compare/export.{ending}?with={second.num_iid}&amp;range=7d" in text
