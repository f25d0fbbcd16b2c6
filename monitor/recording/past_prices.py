"""Moves on what tables of products know of the past: the price of a day and of a week ago.

`ProductIndex.look_back_at` says when one of the two is next another one: when a change of the price becomes a day or
a week old. Triggers make it due after every new price. So only rows are written for which time has brought something.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import DateTimeField, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Least

from monitor.models import Change, ProductIndex, Snapshot

DAY, WEEK = timedelta(days=1), timedelta(days=7)
#: Rows of one transaction, and transactions of one run: what is left is left to the next minute.
CHUNK, MOST_CHUNKS = 1000, 100


def look_back(now: datetime) -> int:
    """Bring the rows up to date that are due; return how many they were."""
    done = 0
    for _ in range(MOST_CHUNKS):
        moved = _look_back(now)
        done += moved
        if moved < CHUNK:
            break
    return done


def look_back_again(now: datetime, by: timedelta) -> None:
    """After the clock was set back: what became a day or a week old too soon is due."""
    changes, rows = Change.objects.filter(field="price"), ProductIndex.objects.all()
    for age in (DAY, WEEK):
        span = (now - age, now - age + by)
        rows.filter(
            Q(pk__in=changes.filter(first_seen_after__range=span).values("product")) | Q(first_data_time__range=span)
        ).update(look_back_at=now)


@transaction.atomic
def _look_back(now: datetime) -> int:
    # Rows that a worker is writing are left for later: waiting for them, while it waits for ours, would never end.
    due = ProductIndex.objects.filter(look_back_at__lte=now).order_by("look_back_at")
    keys = list(due.select_for_update(skip_locked=True).values_list("pk", flat=True)[:CHUNK])
    day, week = _next_change(now, DAY), _next_change(now, WEEK)
    ProductIndex.objects.filter(pk__in=keys).update(
        price_a_day_ago=_price_at(now - DAY),
        price_a_week_ago=_price_at(now - WEEK),
        look_back_at=Least(Coalesce(day, week), Coalesce(week, day)),
    )
    return len(keys)


def _price_at(when: datetime) -> Subquery:
    snapshots = Snapshot.objects.filter(product=OuterRef("pk"), data_time__lte=when)
    return Subquery(snapshots.order_by("-data_time").values("price")[:1])


def _next_change(now: datetime, age: timedelta) -> Coalesce:
    """When the next of the known prices becomes so old: the first one that a product was seen with, or a later one."""
    changes = Change.objects.filter(product=OuterRef("pk"), field="price", first_seen_after__gt=now - age)
    first = ProductIndex.objects.filter(pk=OuterRef("pk"), first_data_time__gt=now - age)
    return Coalesce(
        _later(first, "first_data_time", age), _later(changes.order_by("first_seen_after"), "first_seen_after", age)
    )


def _later(rows: QuerySet[ProductIndex] | QuerySet[Change], column: str, age: timedelta) -> Subquery:
    later = ExpressionWrapper(F(column) + Value(age), output_field=DateTimeField())
    return Subquery(rows.values(later=later)[:1])
