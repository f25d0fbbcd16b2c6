"""The history of one product as rows for files, ordered by time and read in chunks."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from monitor.history.reads import PRICE_COLUMNS
from monitor.models import Change, Outage, Product, Snapshot
from monitor.provider.observation import GONE
from monitor.text.clock import EPOCH

SNAPSHOT_FIELDS = (
    *(
        "data_time",
        "price",
        "list_price",
        "sales",
        "status",
        "title",
        "sku_min_price",
        "sku_max_price",
        "sales_step",
    ),
    *("presale", "last_seen_before", "request_id", "from_cache", "thin"),
)
CHANGE_FIELDS = ("field", "before", "after", "last_seen_before", "first_seen_after", "request_id")
OUTAGE_FIELDS = ("outcome", "code", "began_at", "ended_at", "checks")
CHUNK = 1000
PRICE_FIELDS = frozenset({"price", "list_price", "sku_range"})
#: Every line with prices names their unit.
UNIT = {"price_unit": "fen"}


class HistoryEvent(NamedTuple):
    """A snapshot, change or outage."""

    when: datetime
    kind: str
    values: dict[str, Any]


def events(product: Product, since: datetime = EPOCH) -> Iterator[HistoryEvent]:
    """Return the events that were first seen from `since` on, in order. Three queries, read in
    chunks."""
    changes = Change.objects.filter(product=product, first_seen_after__gte=since).order_by(
        "first_seen_after", "pk"
    )
    return heapq.merge(
        (
            HistoryEvent(row["data_time"], "snapshot", row | UNIT)
            for row in snapshots(product, since)
        ),
        (
            HistoryEvent(
                row["first_seen_after"],
                "change",
                row | UNIT if row["field"] in PRICE_FIELDS else dict(row),
            )
            for row in changes.values(*CHANGE_FIELDS).iterator(CHUNK)
        ),
        (HistoryEvent(row["began_at"], "outage", row) for row in _outages(product, since)),
        # The merge is stable: at the same moment a snapshot comes before its changes.
        key=lambda event: event.when,
    )


def snapshots(product: Product, since: datetime = EPOCH) -> Iterator[dict[str, Any]]:
    """Return the `SNAPSHOT_FIELDS` of each snapshot, in order. A gone product has no prices. One
    query, in chunks."""
    rows = Snapshot.objects.filter(product=product, data_time__gte=since).order_by("data_time")
    for row in rows.values(*SNAPSHOT_FIELDS).iterator(CHUNK):
        yield {**row, **dict.fromkeys(PRICE_COLUMNS)} if row["status"] in GONE else dict(row)


def _outages(product: Product, since: datetime) -> Iterator[dict[str, Any]]:
    over = Outage.objects.filter(product=product, began_at__gte=since).order_by("began_at")
    for row in over.values(*OUTAGE_FIELDS).iterator(CHUNK):
        yield dict(row)
    if product.failing_since is not None:
        running = (
            product.last_outcome,
            product.last_code,
            product.failing_since,
            None,
            product.failures,
        )
        yield dict(zip(OUTAGE_FIELDS, running, strict=True))
