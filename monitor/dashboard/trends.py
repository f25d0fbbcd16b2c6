"""What the last days tell of a page's products: moves of the price, its sparkline, the pace of sales. Two queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import F, OuterRef, Q, Subquery, Window
from django.db.models.functions import RowNumber, TruncDay

from monitor.dashboard.moves import Move, move
from monitor.dashboard.sales_pace import Crossing, Pace, Reading, pace
from monitor.dashboard.series import Point
from monitor.dashboard.stored import AS_STORED, value
from monitor.models import Change, Product, Snapshot

DAY, WEEK = timedelta(days=1), timedelta(days=7)
SPARKLINE = timedelta(days=30)
#: Of a value that never rests, the last few changes of each day are enough.
CHANGES_A_DAY = 4


@dataclass(frozen=True, slots=True)
class Trend:
    """`prices` are those of 30 days, each with the time from which it holds; the first one holds from before."""

    day: Move | None
    week: Move | None
    prices: list[Point]
    pace: Pace | None


class Past(NamedTuple):
    """A state of a product, as a snapshot has it."""

    data_time: datetime
    product_id: int
    last_seen_before: datetime | None
    price: int | None
    sales: int | None
    sales_step: int | None


class Step(NamedTuple):
    """A change of a number."""

    before: Any
    after: Any
    last_seen_before: datetime
    first_seen_after: datetime


def trends(products: Sequence[Product], now: datetime) -> dict[int, Trend]:
    """By the products' keys. Two queries, however many products there are."""
    rounded = [product for product in products if (product.sales_step or 1) > 1]
    past, changes = _past(products, now), _changes(_prices_of(products, now) | _sales_of(rounded, now))
    return {
        product.pk: Trend(
            day=move(_price(past[product.pk], now - DAY), product.price),
            week=move(_price(past[product.pk], now - WEEK), product.price),
            prices=_prices(product, changes[product.pk, "price"], now),
            pace=_pace(product, past[product.pk], changes[product.pk, "sales"], now),
        )
        for product in products
    }


def sparklines(products: Sequence[Product], now: datetime) -> dict[int, list[Point]]:
    """The prices of 30 days, by the products' keys. One query."""
    changes = _changes(_prices_of(products, now))
    return {product.pk: _prices(product, changes[product.pk, "price"], now) for product in products}


def _past(products: Iterable[Product], now: datetime) -> Mapping[int, list[Past]]:
    """Each product's states of a day and a week ago and the one that followed a week ago, in order of time."""
    snapshots = Snapshot.objects.filter(product=OuterRef("pk"))
    of_page = Product.objects.filter(pk__in=[product.pk for product in products])
    wanted = (
        snapshots.filter(data_time__lte=now - DAY).order_by("-data_time"),
        snapshots.filter(data_time__lte=now - WEEK).order_by("-data_time"),
        snapshots.filter(data_time__gt=now - WEEK).order_by("data_time"),
    )
    # Three walks along the index of histories; one condition with OR would read all snapshots.
    first, *others = (
        Snapshot.objects.filter(pk__in=of_page.values(found=Subquery(one.values("pk")[:1]))).values_list(*Past._fields)
        for one in wanted
    )
    past: dict[int, list[Past]] = defaultdict(list)
    for state in sorted(map(Past._make, first.union(*others, all=True))):
        past[state.product_id].append(state)
    return past


def _price(past: Sequence[Past], when: datetime) -> int | None:
    then = [snapshot for snapshot in past if snapshot.data_time <= when]
    return then[-1].price if then else None


def _prices_of(products: Iterable[Product], now: datetime) -> Q:
    return Q(product__in=products, field="price", first_seen_after__gte=now - SPARKLINE)


def _sales_of(products: Iterable[Product], now: datetime) -> Q:
    return Q(product__in=products, field="sales", first_seen_after__gte=now - WEEK)


def _changes(wanted: Q) -> Mapping[tuple[int, str], list[Step]]:
    """By product and field, in order of time."""
    found = (
        Change.objects.filter(wanted)
        .annotate(
            place=Window(
                RowNumber(),
                partition_by=[F("product"), F("field"), TruncDay("first_seen_after")],
                order_by=F("first_seen_after").desc(),
            )
        )
        .filter(place__lte=CHANGES_A_DAY)
        .order_by("first_seen_after")
        .annotate(**AS_STORED)
        .values_list("product_id", "field", *AS_STORED, "last_seen_before", "first_seen_after")
    )
    changes: dict[tuple[int, str], list[Step]] = defaultdict(list)
    for product, field, was, told, last_seen, first_seen in found:
        changes[product, field].append(Step(value(was), value(told), last_seen, first_seen))
    return changes


def _prices(product: Product, changes: Sequence[Step], now: datetime) -> list[Point]:
    since = max(now - SPARKLINE, product.first_data_time or now - SPARKLINE)
    if not changes:
        return [(since, product.price)]
    return [(since, changes[0].before), *((change.first_seen_after, change.after) for change in changes)]


def _pace(product: Product, past: Sequence[Past], changes: Sequence[Step], now: datetime) -> Pace | None:
    first = _reading_a_week_ago(past, now)
    if first is None or product.sales is None or product.data_time is None:
        return None
    last = Reading(product.data_time, product.sales, product.sales_step or 1)
    return pace(first, last, _crossings(changes, last.step) if first.step == last.step else ())


def _reading_a_week_ago(past: Sequence[Past], now: datetime) -> Reading | None:
    """The sales of a week ago, or of the first sight of a younger product.

    When nobody looked just then, the state of a week ago counts from when it was last seen.
    """
    when = now - WEEK
    before = [snapshot for snapshot in past if snapshot.data_time <= when]
    following = next((snapshot for snapshot in past if snapshot.data_time > when), None)
    state = before[-1] if before else following
    if state is None or state.sales is None:
        return None
    at = max(state.data_time, when)
    if before and following is not None and following.last_seen_before is not None:
        at = min(at, following.last_seen_before)
    return Reading(at, state.sales, state.sales_step or 1)


def _crossings(changes: Iterable[Step], step: int) -> list[Crossing]:
    """The steps up that a rounded count took. What is no multiple of the step was told more exactly: no step."""
    return [
        Crossing(change.after, change.last_seen_before, change.first_seen_after)
        for change in changes
        if type(change.before) is int and type(change.after) is int
        if change.after > change.before and change.before % step == change.after % step == 0
    ]
