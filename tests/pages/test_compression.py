"""Pages and text files are sent compressed, with their length hidden; streams stay streams."""

import gzip
import itertools
import zlib
from typing import Any

import pytest

from monitor.models import Watch
from monitor.pages.product import exports
from tests.models.factories import SnapshotFactory
from tests.pages import HTMX, Browser

pytestmark = pytest.mark.django_db
GZIP = {"Accept-Encoding": "gzip, deflate, br"}


def test_pages_regions_and_charts_are_compressed_on_request(web: Browser, watch: Watch) -> None:
    for address, headers in (
        ("/products/", GZIP),
        ("/products/", GZIP | HTMX),
        (f"/products/{watch.product.num_iid}/series/", GZIP),
    ):
        response, plain = web.get(address, headers=headers), web.get(address)
        assert response["Content-Encoding"] == "gzip"
        assert int(response["Content-Length"]) == len(response.content)
        assert gzip.decompress(response.content)
        assert "Content-Encoding" not in plain
        for answer in (response, plain):
            assert "Accept-Encoding" in answer["Vary"]


def test_a_file_is_sent_while_it_is_read(
    web: Browser, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = SnapshotFactory.create(product=watch.product)
    address = f"/products/{watch.product.num_iid}/export.csv"
    monkeypatch.setattr(exports, "states_since", lambda *_: itertools.repeat(state))
    response: Any = web.get(address, headers=GZIP)
    assert response["Content-Encoding"] == "gzip"
    unzip = zlib.decompressobj(wbits=31)
    pieces = itertools.islice(response.streaming_content, 3)
    beginning = b"".join(map(unzip.decompress, pieces))
    assert watch.product.num_iid.encode() in beginning
    assert len(beginning) > 2 * 1024
