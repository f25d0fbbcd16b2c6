"""The products table as CSV and Excel: as filtered and sorted, all pages, with the columns
shown."""

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from monitor.models import AuditEvent, AuditKind, Product, Watchlist
from monitor.pages.products import files
from monitor.pages.products.columns import COLUMNS, PRODUCT_COLUMN
from monitor.polling.recording.ageing import look_back
from tests.models.factories import NOW, ChangeFactory, ProductFactory, SnapshotFactory, WatchFactory

pytestmark = pytest.mark.django_db
#: What the user can change in the file and upload again, after what follows from it.
OWN = ["Status", "Watchlists", "Link", "Rival of", "Floor price", "Margin %"]
OWN += ["Target price", "Cost", "Wanted profit", "Tags", "Note"]


def rows(web: Client, query: str = "") -> list[dict[str, str]]:
    response: Any = web.get(f"/products/export.csv?{query}")
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def watched(watchlist: Watchlist, **fields: object) -> Product:
    product = ProductFactory.create(**fields)
    WatchFactory.create(watchlist=watchlist, product=product)
    return product


def test_a_file_has_all_pages_of_what_is_shown_in_its_order(
    web: Client, watchlist: Watchlist
) -> None:
    for number in range(30):
        watched(watchlist, title=f"Shirt {number:02}", price=10000 - number)
    watched(watchlist, title="Skirt", price=1)
    prices = [row["Price"] for row in rows(web, "q=Shirt&sort=price&size=25&page=2&cols=price")]
    assert prices == [f"{99.71 + number / 100:.2f}" for number in range(30)]


def test_moves_and_sales_are_numbers(web: Client, watchlist: Watchlist) -> None:
    product = watched(watchlist, price=6300, sales=1700, sales_step=1)
    SnapshotFactory.create(
        product=product, data_time=NOW - timedelta(days=8), price=7000, sales=1000, sales_step=1
    )
    for before, after, hours in ((7000, 4900, 20), (4900, 6300, 2)):
        ChangeFactory.create(
            product=product,
            before=before,
            after=after,
            first_seen_after=NOW - timedelta(hours=hours),
        )
    look_back(NOW)
    Product.objects.update(units_low=85, units=100, units_high=117.7)
    [row] = rows(web, "cols=trend,day,units,revenue")
    assert [row[head] for head in ("24 h: ¥", "24 h: %", "24 h: in between")] == [
        "-7.00",
        "-10.0",
        "49.00",
    ]
    assert [row[head] for head in ("Lowest in 30 days", "Highest in 30 days")] == ["49.00", "70.00"]
    heads = ("Units a day, at least", "Units a day", "Units a day, at most", "Est. revenue a day")
    assert [row[head] for head in heads] == ["85.00", "100.00", "117.70", "6300.00"]


def test_the_workbook_has_times_on_the_users_clock(web: Client, watchlist: Watchlist) -> None:
    product = watched(watchlist, checked_at=NOW, title="磨毛纯棉衬衫")
    response = web.get("/products/export.xlsx?cols=checked")
    assert (
        response.headers["Content-Disposition"]
        == 'attachment; filename="stallwatch-products-20261125.xlsx"'
    )
    sheet: Any = load_workbook(io.BytesIO(response.content)).active
    assert (sheet["A2"].value, sheet["D2"].value) == (
        product.num_iid,
        datetime(2026, 11, 25, 12, 0),  # noqa: DTZ001
    )
    assert sheet["D2"].number_format == "yyyy-mm-dd hh:mm"
    heads = {cell.value: cell.column_letter for cell in sheet[1]}
    assert sheet[f"{heads['Status']}2"].value == "on sale"
    assert sheet[f"{heads['Link']}2"].value.endswith(product.num_iid)


def test_a_strangers_products_are_in_no_file(web: Client, watchlist: Watchlist) -> None:
    WatchFactory.create(product__title="Secret")
    assert rows(web) == []


def test_each_column_of_the_table_can_be_in_a_file(web: Client, watchlist: Watchlist) -> None:
    names = [column.name for column in (PRODUCT_COLUMN, *COLUMNS)]
    names.remove("margin")  # Always there, behind the others.
    assert [*names, "link", "rival_of", "own"] == list(files.FILE_COLUMNS)
    watched(watchlist, failing_since=NOW, last_outcome="timeout")
    watched(
        watchlist,
        title=None,
        shop=None,
        price=None,
        status=None,
        checked_at=None,
        data_time=None,
        interval=None,
    )
    heads = sum(len(heads) for heads, _cells in files.FILE_COLUMNS.values())
    assert {
        len(row) for row in rows(web, "cols=" + ",".join(column.name for column in COLUMNS))
    } == {heads}


def test_a_download_is_recorded(web: Client, watchlist: Watchlist) -> None:
    rows(web)
    event = AuditEvent.objects.get(kind=AuditKind.EXPORTED)
    assert event.details == {"what": "CSV"}
