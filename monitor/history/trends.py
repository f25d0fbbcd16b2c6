"""Trends of a page's products: moves of the price, its sparkline, the pace of sales."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import F, OuterRef, Q, Subquery, Window
from django.db.models.functions import RowNumber, TruncDay

from monitor.history.caching import cached
from monitor.history.moves import Move, excursion, move
from monitor.history.sales_pace import Crossing, SalesPace, SalesReading, pace
from monitor.history.series import Point
from monitor.models import Change, Product, ProductIndex, Snapshot

DAY, WEEK = timedelta(days=1), timedelta(days=7)
SPARKLINE = timedelta(days=30)
#: The last changes of each day are enough for a value that changes all the time.
CHANGES_A_DAY = 4
#: The histories of a page are cached until a product changes: 50 of them take 19 ms to read.
CACHED_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Trend:
    """`day_excursion` and `week_excursion`: where the price was meanwhile, if far from both ends of the move.

    `prices` are those of 30 days, each with the time from which it holds; none if the product is gone.
    """

    day: Move | None
    week: Move | None
    day_excursion: Move | None
    week_excursion: Move | None
    prices: list[Point]
    pace: SalesPace | None


class PastState(NamedTuple):
    """A snapshot of a product."""

    data_time: datetime
    product_id: int
    last_seen_before: datetime | None
    sales: int | None
    sales_step: int | None


class TrendStep(NamedTuple):
    """A change of a price or of sales."""

    before: Any
    after: Any
    last_seen_before: datetime
    first_seen_after: datetime


class TrendHistory(NamedTuple):
    """A product's history, which holds until its next change: steps of the price and of a rounded count of sales, and
    the sales of a week ago."""

    prices: list[TrendStep]
    sales: list[TrendStep]
    week_ago: SalesReading | None


def trends(rows: Sequence[ProductIndex], now: datetime) -> dict[int, Trend]:
    """By the products' keys. At most two queries."""
    products = [row.product for row in rows]
    subject = [(product.pk, product.changed_at) for product in products]
    histories = cached("trends", subject, lambda: _histories(products, now), CACHED_SECONDS)
    return {row.pk: _trend(row, histories[row.pk], now) for row in rows}


def _trend(row: ProductIndex, history: TrendHistory, now: datetime) -> Trend:
    day = move(row.price_a_day_ago, row.product.current_price)
    week = move(row.price_a_week_ago, row.product.current_price)
    return Trend(
        day=day,
        week=week,
        day_excursion=day and excursion(day, _between(history.prices, now - DAY)),
        week_excursion=week and excursion(week, _between(history.prices, now - WEEK)),
        prices=_prices(row.product, history.prices, now),
        pace=_pace(row.product, history),
    )


def _between(changes: Iterable[TrendStep], since: datetime) -> list[int]:
    """The known prices that held after `since`."""
    steps = (change for change in changes if change.first_seen_after > since)
    return [price for change in steps for price in (change.before, change.after) if type(price) is int]


def paces(products: Sequence[Product], now: datetime) -> dict[int, SalesPace | None]:
    """The pace of sales alone, by the products' keys. At most two queries, which read no prices."""
    past, sales = _past(products, now), _changes(_rounded_sales(products, now))
    return {
        product.pk: _pace(
            product, TrendHistory([], sales[product.pk, "sales"], _reading_a_week_ago(past[product.pk], now))
        )
        for product in products
    }


def sparklines(products: Sequence[Product], now: datetime) -> dict[int, list[Point]]:
    """The prices of 30 days, by the products' keys. One query."""
    changes = _changes(Q(product__in=products, field="price", first_seen_after__gte=now - SPARKLINE))
    return {product.pk: _prices(product, changes[product.pk, "price"], now) for product in products}


def _histories(products: Sequence[Product], now: datetime) -> dict[int, TrendHistory]:
    """Two queries."""
    past = _past(products, now)
    prices = Q(product__in=products, field="price", first_seen_after__gte=now - SPARKLINE)
    changes = _changes(prices | _rounded_sales(products, now))
    return {
        product.pk: TrendHistory(
            changes[product.pk, "price"], changes[product.pk, "sales"], _reading_a_week_ago(past[product.pk], now)
        )
        for product in products
    }


def _rounded_sales(products: Sequence[Product], now: datetime) -> Q:
    rounded = [product for product in products if (product.sales_step or 1) > 1]
    return Q(product__in=rounded, field="sales", first_seen_after__gte=now - WEEK)


def _past(products: Iterable[Product], now: datetime) -> Mapping[int, list[PastState]]:
    """Each product's snapshot of a week ago and the next one, in order of time."""
    snapshots = Snapshot.objects.filter(product=OuterRef("pk"))
    of_page = Product.objects.filter(pk__in=[product.pk for product in products])
    wanted = (
        snapshots.filter(data_time__lte=now - WEEK).order_by("-data_time"),
        snapshots.filter(data_time__gt=now - WEEK).order_by("data_time"),
    )
    # A union uses the index of histories twice; one condition with OR would read all snapshots.
    before, after = (
        Snapshot.objects.filter(pk__in=of_page.values(key=Subquery(ordered.values("pk")[:1]))).values_list(
            *PastState._fields
        )
        for ordered in wanted
    )
    past: dict[int, list[PastState]] = defaultdict(list)
    for state in sorted(map(PastState._make, before.union(after, all=True))):
        past[state.product_id].append(state)
    return past


def _changes(wanted: Q) -> Mapping[tuple[int, str], list[TrendStep]]:
    """By product and field, in order of time."""
    rows = (
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
        .values_list("product_id", "field", *TrendStep._fields)
    )
    changes: dict[tuple[int, str], list[TrendStep]] = defaultdict(list)
    for product, field, *step in rows:
        changes[product, field].append(TrendStep._make(step))
    return changes


def _prices(product: Product, changes: Sequence[TrendStep], now: datetime) -> list[Point]:
    if product.is_gone:
        return []
    since = max(now - SPARKLINE, product.first_data_time or now - SPARKLINE)
    if not changes:
        return [(since, product.price)]
    return [(since, changes[0].before), *((change.first_seen_after, change.after) for change in changes)]


def _pace(product: Product, history: TrendHistory) -> SalesPace | None:
    first = history.week_ago
    if first is None or product.sales is None or product.data_time is None:
        return None
    last = SalesReading(product.data_time, product.sales, product.sales_step or 1)
    return pace(first, last, _crossings(history.sales, last.step) if first.step == last.step else ())


def _reading_a_week_ago(past: Sequence[PastState], now: datetime) -> SalesReading | None:
    """The sales of a week ago, or the first ones of a younger product.

    If the product was not checked then, the reading counts from when its state was last seen.
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
    return SalesReading(at, state.sales, state.sales_step or 1)


def _crossings(changes: Iterable[TrendStep], step: int) -> list[Crossing]:
    """The increases of a rounded count. A value that is no multiple of the step was not rounded, and is left out."""
    return [
        Crossing(change.after, change.last_seen_before, change.first_seen_after)
        for change in changes
        if type(change.before) is int and type(change.after) is int
        if change.after > change.before and change.before % step == change.after % step == 0
    ]
