"""Exports of a product's history: for Excel and for programs; no name becomes a formula."""

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from openpyxl import load_workbook

from monitor.models import Watch, Watchlist
from tests.factories import NOW, ChangeFactory, SnapshotFactory, WatchFactory

pytestmark = pytest.mark.django_db
HOSTILE = ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", '"quoted", and\nbroken', "<img src=x>", "=1\u202e"]


@pytest.fixture
def watch(watchlist: Watchlist) -> Watch:
    return WatchFactory.create(watchlist=watchlist)


def body(web: Client, watch: Watch, ending: str, name: str = "all") -> bytes:
    response: Any = web.get(f"/products/{watch.product.num_iid}/export.{ending}?range={name}")
    assert response.headers["Content-Disposition"].endswith(f'-{name}.{ending}"')
    return b"".join(response.streaming_content) if response.streaming else response.content


def rows(data: bytes) -> list[list[str]]:
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_csv_has_prices_in_yuan_and_times_in_the_users_zone(web: Client, watch: Watch) -> None:
    SnapshotFactory.create(product=watch.product, data_time=NOW, title="磨毛衬衫", list_price=None)
    head, row = rows(body(web, watch, "csv"))
    cells = dict(zip(head, row, strict=True))
    assert cells["Data time (Asia/Shanghai)"] == "2026-11-25 12:00:00"
    assert (cells["Price"], cells["List price"], cells["Sold"], cells["Title"]) == ("72.00", "", "13000", "磨毛衬衫")
    assert cells["Product ID"] == watch.product.num_iid


@pytest.mark.parametrize("title", HOSTILE)
def test_no_name_becomes_a_formula(web: Client, watch: Watch, title: str) -> None:
    SnapshotFactory.create(product=watch.product, title=title, request_id="=1+1")
    for cell in rows(body(web, watch, "csv"))[1]:
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    sheet: Any = load_workbook(io.BytesIO(body(web, watch, "xlsx"))).active
    cells = [cell for row in sheet.iter_rows(min_row=2) for cell in row]
    assert all(cell.data_type != "f" for cell in cells)
    assert "=1+1" in [cell.value for cell in cells]


def test_a_workbook_has_numbers_times_and_the_id_as_text(web: Client, watch: Watch) -> None:
    SnapshotFactory.create(product=watch.product, data_time=NOW)
    sheet: Any = load_workbook(io.BytesIO(body(web, watch, "xlsx"))).active
    head, row = ([cell.value for cell in line] for line in sheet.iter_rows())
    cells = dict(zip(head, row, strict=True))
    assert cells["Product ID"] == watch.product.num_iid
    assert float(cells["Price"]) == 72.0
    assert cells["Data time (Asia/Shanghai)"].hour == 12


def test_json_lines_are_the_same_as_the_commands(web: Client, watch: Watch, capsys: pytest.CaptureFixture[str]) -> None:
    SnapshotFactory.create(product=watch.product, title=HOSTILE[0])
    ChangeFactory.create(product=watch.product, field="images", before=["a"], after=["b"])
    call_command("history", watch.product.num_iid, "--json")
    command = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [json.loads(line) for line in body(web, watch, "jsonl").splitlines()] == command
    assert [line["type"] for line in command] == ["snapshot", "change"]
    assert [line.get("price_unit") for line in command] == ["fen", None]


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_a_range_leaves_out_older_rows(web: Client, watch: Watch, ending: str) -> None:
    for days in (1, 40):
        SnapshotFactory.create(product=watch.product, data_time=NOW - timedelta(days=days))
    lines = {name: len(body(web, watch, ending, name).splitlines()) for name in ("30d", "all")}
    assert lines["all"] == lines["30d"] + 1


def test_a_product_without_data_gives_empty_files(web: Client, watch: Watch) -> None:
    assert len(rows(body(web, watch, "csv"))) == 1
    assert body(web, watch, "jsonl") == b""
