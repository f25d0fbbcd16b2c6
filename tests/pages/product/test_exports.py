"""A product's history as a file: in yuan, on the user's clock, and no name becomes a formula."""

import io
from datetime import timedelta
from typing import Any

import pytest
from openpyxl import load_workbook

from monitor.models import Watch
from tests.models.factories import NOW, SnapshotFactory
from tests.pages import Browser
from tests.pages.sheets import csv_rows, xlsx_rows

pytestmark = pytest.mark.django_db
HOSTILE = ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", '"quoted", and\nbroken', "<img>", "=1\u202e"]


def address(watch: Watch, ending: str, name: str = "all") -> str:
    return f"/products/{watch.product.num_iid}/export.{ending}?range={name}"


def test_a_row_is_a_state_with_prices_in_yuan_on_the_users_clock(
    web: Browser, watch: Watch
) -> None:
    SnapshotFactory.create(product=watch.product, data_time=NOW, title="磨毛衬衫", list_price=None)
    SnapshotFactory.create(product=watch.product, data_time=NOW - timedelta(days=40))
    [row] = csv_rows(web, address(watch, "csv", "30d"))
    assert row["Data time (Asia/Shanghai)"] == "2026-11-25 12:00:00"
    heads = "Product ID", "Price", "List price", "Sold", "Title", "Status"
    values = [watch.product.num_iid, "72.00", "", "13000", "磨毛衬衫", "on sale"]
    assert [row[head] for head in heads] == values
    _older, cells = xlsx_rows(web, address(watch, "xlsx"))
    assert (cells["Product ID"], cells["Price"]) == (watch.product.num_iid, 72)
    assert cells["Data time (Asia/Shanghai)"].hour == 12


def test_no_name_becomes_a_formula(web: Browser, watch: Watch) -> None:
    for hours, title in enumerate(HOSTILE):
        at = NOW - timedelta(hours=hours)
        SnapshotFactory.create(product=watch.product, data_time=at, title=title, request_id="=1+1")
    for row in csv_rows(web, address(watch, "csv")):
        assert not [cell for cell in row.values() if cell.startswith(tuple("=+-@\t\r"))]
    assert {row["Request ID"] for row in xlsx_rows(web, address(watch, "xlsx"))} == {"=1+1"}
    book: Any = load_workbook(io.BytesIO(web.get(address(watch, "xlsx")).content))
    assert "f" not in {cell.data_type for row in book.active.iter_rows() for cell in row}
