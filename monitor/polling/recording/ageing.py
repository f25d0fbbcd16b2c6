"""Keeps the figures of `Product` that change as time passes: prices of a day and a week ago,
units sold a day.

`Product.look_back_at` is the next time at which one of them differs: when a change of the
price becomes a day or a week old, and daily where sales are known. Recording sets it after every
change. So only rows that differ are written."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import asdict, fields
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import (
    Case,
    DateTimeField,
    ExpressionWrapper,
    F,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Least

from monitor.judging.rules.kinds import UNITS_KINDS
from monitor.judging.sales_pace import SalesEstimate
from monitor.models import Change, Product, Snapshot
from monitor.polling.recording.alerts import compare_again
from monitor.polling.recording.bulk import update_rows
from monitor.polling.recording.evidence import paces_at

DAY, WEEK = timedelta(days=1), timedelta(days=7)
#: Rows in one transaction, and transactions in one run. The next minute's run continues.
CHUNK, MOST_CHUNKS = 1000, 100


def look_back(now: datetime) -> int:
    """Update the rows that are due; return their number."""
    updated = 0
    for _ in range(MOST_CHUNKS):
        updated += (rows := _look_back(now))
        if rows < CHUNK:
            break
    return updated


@transaction.atomic
def _look_back(now: datetime) -> int:
    # Skip rows that a worker is writing: waiting for them while it waits for ours would be a
    # deadlock.
    due = Product.objects.filter(look_back_at__lte=now).order_by("look_back_at")
    keys = list(
        due.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)[:CHUNK]
    )
    day, week = _next_change(now, DAY), _next_change(now, WEEK)
    tomorrow = Case(When(sales__isnull=False, then=Value(now + DAY)), output_field=DateTimeField())
    Product.objects.filter(pk__in=keys).update(
        price_a_day_ago=_price_at(now - DAY),
        price_a_week_ago=_price_at(now - WEEK),
        # SQLite's least of a time and NULL is NULL.
        look_back_at=Least(
            Coalesce(day, week, tomorrow),
            Coalesce(week, day, tomorrow),
            Coalesce(tomorrow, day, week),
        ),
    )
    update_rows(list(_with_units(keys, now)), [column.name for column in fields(SalesEstimate)])
    compare_again(keys, UNITS_KINDS, now=now)
    return len(keys)


def _price_at(when: datetime) -> Subquery:
    snapshots = Snapshot.objects.filter(product=OuterRef("pk"), data_time__lte=when)
    return Subquery(snapshots.order_by("-data_time").values("price")[:1])


def _next_change(now: datetime, age: timedelta) -> Coalesce:
    """Return when the next known price reaches this age: the product's first price, or a later
    change."""
    changes = Change.objects.filter(
        product=OuterRef("pk"), field="price", first_seen_after__gt=now - age
    )
    first = Product.objects.filter(pk=OuterRef("pk"), first_data_time__gt=now - age)
    return Coalesce(
        _later(first, "first_data_time", age),
        _later(changes.order_by("first_seen_after"), "first_seen_after", age),
    )


def _later(rows: QuerySet[Product] | QuerySet[Change], column: str, age: timedelta) -> Subquery:
    later = ExpressionWrapper(F(column) + Value(age), output_field=DateTimeField())
    return Subquery(rows.values(later=later)[:1])


def _with_units(keys: Collection[int], now: datetime) -> Iterator[Product]:
    """Yield rows of these products with the units that they sell a day. Two queries."""
    for key, _at, pace in paces_at(keys, [now], now):
        yield Product(pk=key, **(asdict(pace) if pace else {}))
