"""Pages and text files are sent compressed, with their length hidden; streams stay streams."""

import gzip
import itertools
import zlib
from typing import Any

import pytest
from django.test import Client

from monitor.models import User, Watch
from monitor.pages.product import export_rows as exports
from tests.factories import SnapshotFactory

pytestmark = pytest.mark.django_db
GZIP = {"Accept-Encoding": "gzip, deflate, br"}


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_pages_and_regions_are_compressed_on_request(
    web: Client, watch: Watch, headers: dict[str, str]
) -> None:
    response = web.get("/products/", headers=GZIP | headers)
    assert response["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in response["Vary"]
    assert int(response["Content-Length"]) == len(response.content)
    page = gzip.decompress(response.content)
    assert watch.product.num_iid.encode() in page
    assert len(response.content) < len(page) / 2


def test_without_the_header_nothing_is_compressed(web: Client, watch: Watch) -> None:
    response = web.get("/products/")
    assert "Content-Encoding" not in response
    assert "Accept-Encoding" in response["Vary"]


def test_the_points_of_a_chart_are_compressed(web: Client, watch: Watch) -> None:
    response = web.get(f"/products/{watch.product.num_iid}/series/", headers=GZIP)
    assert response["Content-Encoding"] == "gzip"
    assert gzip.decompress(response.content).startswith(b"{")


def test_the_length_of_a_compressed_page_varies(merchant: User) -> None:
    bodies = [Client().get("/login/", headers=GZIP).content for _ in range(12)]
    paddings = {body.index(b"\0", 10) - 10 for body in bodies}
    assert len(paddings) > 3
    assert {gzip.decompress(body)[:15] for body in bodies} == {b"<!DOCTYPE html>"}


def test_a_workbook_is_not_compressed_twice(web: Client, watch: Watch) -> None:
    SnapshotFactory.create(product=watch.product)
    response = web.get(f"/products/{watch.product.num_iid}/export.xlsx?range=all", headers=GZIP)
    assert "Content-Encoding" not in response
    assert response.content.startswith(b"PK")


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_a_file_is_sent_while_it_is_read(
    web: Client, watch: Watch, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    SnapshotFactory.create(product=watch.product)
    [row], [event] = list(exports.snapshots(watch.product)), list(exports.events(watch.product))
    monkeypatch.setattr(exports, "snapshots", lambda *_: itertools.repeat(row))
    monkeypatch.setattr(exports, "events", lambda *_: itertools.repeat(event))
    response: Any = web.get(
        f"/products/{watch.product.num_iid}/export.{ending}?range=all", headers=GZIP
    )
    assert response["Content-Encoding"] == "gzip"
    unzip = zlib.decompressobj(wbits=31)
    beginning = b"".join(
        unzip.decompress(piece) for piece in itertools.islice(response.streaming_content, 3)
    )
    assert watch.product.num_iid.encode() in beginning or b"snapshot" in beginning
    assert len(beginning) > 2 * 1024
