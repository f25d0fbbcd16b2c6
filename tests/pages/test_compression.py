"""Pages and files of text travel compressed, with their length hidden; streams stay streams."""

import gzip
import itertools
import zlib
from typing import Any

import pytest
from django.test import Client

from monitor.models import User, Watch, Watchlist
from monitor.pages.product import export_rows as exports
from tests.factories import SnapshotFactory, WatchFactory

pytestmark = pytest.mark.django_db
GZIP = {"Accept-Encoding": "gzip, deflate, br"}


@pytest.fixture
def watch(watchlist: Watchlist) -> Watch:
    return WatchFactory.create(watchlist=watchlist)


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_pages_and_regions_are_compressed_for_whoever_asks(web: Client, watch: Watch, headers: dict[str, str]) -> None:
    response = web.get("/products/", headers=GZIP | headers)
    assert response["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in response["Vary"]
    assert int(response["Content-Length"]) == len(response.content)
    page = gzip.decompress(response.content)
    assert watch.product.num_iid.encode() in page
    assert len(response.content) < len(page) / 2


def test_nobody_else_gets_it(web: Client, watch: Watch) -> None:
    response = web.get("/products/")
    assert "Content-Encoding" not in response
    assert "Accept-Encoding" in response["Vary"]


def test_the_points_of_a_chart_are_compressed(web: Client, watch: Watch) -> None:
    response = web.get(f"/products/{watch.product.num_iid}/series/", headers=GZIP)
    assert response["Content-Encoding"] == "gzip"
    assert gzip.decompress(response.content).startswith(b"{")


def test_the_length_of_a_page_tells_nothing(merchant: User) -> None:
    sent = [Client().get("/login/", headers=GZIP).content for _ in range(12)]
    paddings = {one.index(b"\0", 10) - 10 for one in sent}
    assert len(paddings) > 3
    assert {gzip.decompress(one)[:15] for one in sent} == {b"<!DOCTYPE html>"}


def test_a_workbook_is_compressed_in_itself(web: Client, watch: Watch) -> None:
    SnapshotFactory.create(product=watch.product)
    response = web.get(f"/products/{watch.product.num_iid}/export.xlsx?range=all", headers=GZIP)
    assert "Content-Encoding" not in response
    assert response.content.startswith(b"PK")


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_a_file_is_sent_while_it_is_read(
    web: Client, watch: Watch, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    SnapshotFactory.create(product=watch.product)
    [row], [event] = list(exports.snapshots(watch.product, None)), list(exports.events(watch.product, None))
    monkeypatch.setattr(exports, "snapshots", lambda *_: itertools.repeat(row))
    monkeypatch.setattr(exports, "events", lambda *_: itertools.repeat(event))
    response: Any = web.get(f"/products/{watch.product.num_iid}/export.{ending}?range=all", headers=GZIP)
    assert response["Content-Encoding"] == "gzip"
    sent = zlib.decompressobj(wbits=31)
    told = b"".join(sent.decompress(piece) for piece in itertools.islice(response.streaming_content, 3))
    assert watch.product.num_iid.encode() in told or b"snapshot" in told
    assert len(told) > 2 * 1024
