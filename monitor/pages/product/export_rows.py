"""The history of one product as rows for files, ordered by time and read in chunks."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from monitor.history.reads import PRICE_COLUMNS
from monitor.models import Change, Outage, Product, Snapshot
from monitor.provider.observation import GONE

SNAPSHOT_FIELDS = (
    *("data_time", "price", "list_price", "sales", "status", "title", "sku_min_price", "sku_max_price", "sales_step"),
    *("presale", "last_seen_before", "request_id", "from_cache", "thin"),
)
CHANGE_FIELDS = ("field", "before", "after", "last_seen_before", "first_seen_after", "request_id")
OUTAGE_FIELDS = ("outcome", "code", "began_at", "ended_at", "checks")
CHUNK = 1000
PRICE_FIELDS = frozenset({"price", "list_price", "sku_range"})
#: Every line with prices names their unit.
UNIT = {"price_unit": "fen"}


class Event(NamedTuple):
    """A snapshot, change or outage. At the same moment a snapshot comes before its changes (`rank`)."""

    when: datetime
    rank: int
    kind: str
    values: dict[str, Any]


def events(product: Product, since: datetime | None = None) -> Iterator[Event]:
    """The whole history, or what was first seen from `since` on. Three queries, read in chunks."""
    changes = Change.objects.filter(product=product).order_by("first_seen_after", "pk")
    if since is not None:
        changes = changes.filter(first_seen_after__gte=since)
    return heapq.merge(
        (Event(row["data_time"], 0, "snapshot", row | UNIT) for row in snapshots(product, since)),
        (
            Event(row["first_seen_after"], 1, "change", row | UNIT if row["field"] in PRICE_FIELDS else dict(row))
            for row in changes.values(*CHANGE_FIELDS).iterator(CHUNK)
        ),
        (Event(row["began_at"], 2, "outage", row) for row in _outages(product, since)),
        key=lambda event: (event.when, event.rank),
    )


def snapshots(product: Product, since: datetime | None = None) -> Iterator[dict[str, Any]]:
    """The values of `SNAPSHOT_FIELDS` of each snapshot, in order; no prices of gone products. One query, in chunks."""
    rows = Snapshot.objects.filter(product=product).order_by("data_time")
    if since is not None:
        rows = rows.filter(data_time__gte=since)
    for row in rows.values(*SNAPSHOT_FIELDS).iterator(CHUNK):
        yield {**row, **dict.fromkeys(PRICE_COLUMNS)} if row["status"] in GONE else dict(row)


def _outages(product: Product, since: datetime | None) -> Iterator[dict[str, Any]]:
    over = Outage.objects.filter(product=product).order_by("began_at")
    if since is not None:
        over = over.filter(began_at__gte=since)
    for row in over.values(*OUTAGE_FIELDS).iterator(CHUNK):
        yield dict(row)
    if product.failing_since is not None:
        running = (product.last_outcome, product.last_code, product.failing_since, None, product.failures)
        yield dict(zip(OUTAGE_FIELDS, running, strict=True))
