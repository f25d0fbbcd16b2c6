"""Exports of a product's history: for Excel and for programs; no name becomes a formula."""

import csv
import io
import json
from datetime import timedelta
from itertools import chain
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from monitor.models import Watch
from monitor.provider.codes import Action, Billing
from monitor.provider.errors import ApiError, NetworkError
from monitor.provider.observation import Sales, Status
from tests.factories import NOW, SnapshotFactory
from tests.story import Story

pytestmark = pytest.mark.django_db
HOSTILE = [
    "=HYPERLINK(1)",
    "+1",
    "-1",
    "@SUM(A1)",
    '"quoted", and\nbroken',
    "<img src=x>",
    "=1\u202e",
]


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
    assert (cells["Price"], cells["List price"], cells["Sold"], cells["Title"]) == (
        "72.00",
        "",
        "13000",
        "磨毛衬衫",
    )
    assert cells["Product ID"] == watch.product.num_iid


def test_no_name_becomes_a_formula(web: Client, watch: Watch) -> None:
    for hours, title in enumerate(HOSTILE):
        SnapshotFactory.create(
            product=watch.product,
            data_time=NOW - timedelta(hours=hours),
            title=title,
            request_id="=1+1",
        )
    for cell in chain(*rows(body(web, watch, "csv"))[1:]):
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


def json_lines(web: Client, watch: Watch) -> list[dict[str, Any]]:
    return [json.loads(line) for line in body(web, watch, "jsonl").splitlines()]


def told_by(story: Story) -> list[dict[str, Any]]:
    web = Client()
    web.force_login(story.user)
    response: Any = web.get(f"/products/{story.num_iids[0]}/export.jsonl?range=all")
    return [json.loads(line) for line in b"".join(response.streaming_content).splitlines()]


def test_json_lines_tell_snapshots_changes_and_outages_in_order() -> None:
    story = Story()
    story.hears()
    story.hears(
        ApiError("maintenance", code="4009", billing=Billing.NOT_BILLED, action=Action.RETRY)
    )
    story.hears(price=6300, sales=Sales(14000, 1000), request_id="gw-2")
    story.hears(price=6300, sales=Sales(14000, 1000))
    story.hears(price=6300, sales=Sales(14000, 1000), status=Status.OFF_SHELF)
    lines = told_by(story)
    assert [(line["type"], line.get("field")) for line in lines] == [
        ("snapshot", None),
        ("outage", None),
        ("snapshot", None),
        ("change", "price"),
        ("change", "sales"),
        ("snapshot", None),
        ("change", "status"),
    ]
    assert (lines[1]["code"], lines[1]["ended_at"]) == ("4009", "2026-11-11T03:00:00Z")
    assert lines[2] == {
        "type": "snapshot",
        "data_time": "2026-11-11T03:00:00Z",
        "price": 6300,
        "price_unit": "fen",
        "list_price": 9900,
        "sales": 14000,
        "status": "on_sale",
        "title": "磨毛衬衫",
        "sku_min_price": 7200,
        "sku_max_price": 7200,
        "sales_step": 1000,
        "presale": None,
        "last_seen_before": "2026-11-11T01:00:00Z",
        "request_id": "gw-2",
        "from_cache": False,
        "thin": False,
    }
    assert lines[3] == {
        "type": "change",
        "field": "price",
        "before": 7200,
        "after": 6300,
        "price_unit": "fen",
        "last_seen_before": "2026-11-11T01:00:00Z",
        "first_seen_after": "2026-11-11T03:00:00Z",
        "request_id": "gw-2",
    }
    assert (lines[6]["before"], lines[6]["after"]) == ("on_sale", "off_shelf")
    assert lines[6]["last_seen_before"] == "2026-11-11T04:00:00Z"


def test_json_lines_tell_a_current_outage() -> None:
    story = Story()
    story.hears()
    for _ in range(2):
        story.hears(NetworkError("refused"), after=timedelta(minutes=5))
    assert told_by(story)[-1] == {
        "type": "outage",
        "outcome": "network",
        "code": "",
        "began_at": "2026-11-11T01:05:00Z",
        "ended_at": None,
        "checks": 2,
    }


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_a_range_leaves_out_older_rows(web: Client, watch: Watch, ending: str) -> None:
    for days in (1, 40):
        SnapshotFactory.create(product=watch.product, data_time=NOW - timedelta(days=days))
    lines = {name: len(body(web, watch, ending, name).splitlines()) for name in ("30d", "all")}
    assert lines["all"] == lines["30d"] + 1
