"""The inbox as CSV and Excel: as filtered, the newest first."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from monitor.models import Watchlist
from tests.factories import (
    NOW,
    AlertFactory,
    ChangeFactory,
    ProductFactory,
    UserFactory,
    WatchlistFactory,
)

pytestmark = pytest.mark.django_db


def rows(web: Client, query: str = "show=all") -> list[dict[str, str]]:
    response: Any = web.get(f"/alerts/export.csv?{query}")
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def alert(
    watchlist: Watchlist, before: Any = 7200, after: Any = 6300, hours: int = 0, **fields: Any
) -> Any:
    product = fields.pop("product", None) or ProductFactory.create()
    at = NOW - timedelta(hours=hours)
    change = ChangeFactory.create(product=product, before=before, after=after, first_seen_after=at)
    fields = {"before": before, "after": after, "created_at": at, **fields}
    return AlertFactory.create(watchlist=watchlist, product=product, change=change, **fields)


def test_a_file_has_what_happened_in_numbers_the_newest_first(
    web: Client, watchlist: Watchlist
) -> None:
    older = alert(watchlist, hours=5)
    newer = alert(watchlist, 6300, 7000)
    first, second = rows(web)
    assert [first["Product ID"], second["Product ID"]] == [
        newer.product.num_iid,
        older.product.num_iid,
    ]
    assert [second[head] for head in ("Before", "After", "Change in %")] == [
        "72.00",
        "63.00",
        "-12.5",
    ]
    assert first["Change in %"] == "11.1"
    assert (first["Watchlist"], first["What changed"], first["Read"]) == (
        watchlist.name,
        "price",
        "no",
    )
    web.post("/alerts/read/", {"alert": newer.pk})
    assert rows(web)[0]["Read"] == "yes"


def test_a_file_has_only_what_the_filters_let_through(web: Client, watchlist: Watchlist) -> None:
    wanted = alert(watchlist)
    alert(WatchlistFactory.create(owner=watchlist.owner))
    alert(WatchlistFactory.create(owner=UserFactory.create()))
    assert [row["Product ID"] for row in rows(web, f"show=all&list={watchlist.pk}")] == [
        wanted.product.num_iid
    ]
    assert len(rows(web)) == 2
    assert f'href="/alerts/export.xlsx?show=all&amp;list={watchlist.pk}"' in (
        web.get(f"/alerts/?show=all&list={watchlist.pk}").content.decode()
    )
