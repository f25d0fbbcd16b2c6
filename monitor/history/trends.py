"""Trends of a page's products: moves of the price, its sparkline, the pace of sales."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any, NamedTuple

from django.db.models import BigIntegerField, Count, F, OuterRef, Q, Subquery, Window
from django.db.models.functions import Cast, JSONObject, RowNumber

from monitor.history.caching import cached
from monitor.history.facts import DAY_SECONDS
from monitor.history.moves import Move, excursion, move
from monitor.history.reads import UnixSeconds, seconds
from monitor.history.sales_pace import Crossing, SalesPace, SalesReading, pace
from monitor.history.series import Point
from monitor.models import Change, Product, ProductIndex, Snapshot

DAY, WEEK = timedelta(days=1), timedelta(days=7)
SPARKLINE = timedelta(days=30)
#: The histories of a page are cached for the minute, until a product changes: 50 of them take 19 ms to read.
CACHED_SECONDS = 60


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
    """Return the trends by the products' keys. At most two queries."""
    # A history that was read for one time lacks extremes of a later time's days.
    now = now.replace(second=0, microsecond=0)
    products = [row.product for row in rows]
    subject = now, [(product.pk, product.changed_at) for product in products]
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
        pace=_pace(row.product, history.sales, history.week_ago),
    )


def _between(changes: Iterable[TrendStep], since: datetime) -> list[int]:
    """Return the prices that held after `since`."""
    return [price for change in _later(changes, since) for price in (change.before, change.after)]


def _later(changes: Iterable[TrendStep], since: datetime) -> list[TrendStep]:
    return [change for change in changes if change.first_seen_after > since]


def paces(products: Sequence[Product], now: datetime) -> dict[int, SalesPace | None]:
    """Return the pace of sales alone, by the products' keys. At most two queries, which read no prices."""
    first, sales = _a_week_ago(products, now), _changes(_rounded_sales(products, now), now)
    return {product.pk: _pace(product, sales[product.pk, "sales"], first[product.pk]) for product in products}


def sparklines(products: Sequence[Product], now: datetime) -> dict[int, list[Point]]:
    """Return the prices of 30 days, by the products' keys. One query."""
    changes = _changes(Q(product__in=products, field="price", first_seen_after__gt=now - SPARKLINE), now)
    return {product.pk: _prices(product, changes[product.pk, "price"], now) for product in products}


def _histories(products: Sequence[Product], now: datetime) -> dict[int, TrendHistory]:
    """Return what `trends` caches. Two queries."""
    first = _a_week_ago(products, now)
    prices = Q(product__in=products, field="price", first_seen_after__gt=now - SPARKLINE)
    changes = _changes(prices | _rounded_sales(products, now), now)
    return {key: TrendHistory(changes[key, "price"], changes[key, "sales"], first[key]) for key in first}


def _rounded_sales(products: Sequence[Product], now: datetime) -> Q:
    rounded = [product for product in products if (product.sales_step or 1) > 1]
    return Q(product__in=rounded, field="sales", first_seen_after__gte=now - WEEK)


def _a_week_ago(products: Sequence[Product], now: datetime) -> Mapping[int, SalesReading | None]:
    """Return the sales of a week ago, or the first ones of a younger product, by the products' keys. One query."""
    snapshots = Snapshot.objects.filter(product=OuterRef("pk"))
    last_until = snapshots.filter(data_time__lte=now - WEEK).order_by("-data_time")
    following = snapshots.filter(data_time__gt=now - WEEK).order_by("data_time")
    sales = JSONObject(sales="sales", step="sales_step")
    wanted = (
        *(rows.values(reading=sales) for rows in (last_until, following)),
        *(following.values(name) for name in ("data_time", "last_seen_before")),
    )
    rows = Product.objects.filter(pk__in=[product.pk for product in products])
    columns = rows.values_list("pk", *(Subquery(ordered[:1]) for ordered in wanted))
    return {key: _reading_a_week_ago(now - WEEK, *states) for key, *states in columns}


def _reading_a_week_ago(
    when: datetime, last: Any, following: Any, told_at: datetime, last_seen: datetime | None
) -> SalesReading | None:
    """Return the sales of the `last` state until then or, without one, of the `following` one, told at `told_at`.

    If the product was not checked then, the reading counts from when the last state was `last_seen`.
    """
    state, at = (last, min(last_seen or when, when)) if last else (following, told_at)
    if state is None or state["sales"] is None:
        return None
    return SalesReading(at, state["sales"], state["step"] or 1)


def _changes(wanted: Q, now: datetime) -> Mapping[tuple[int, str], list[TrendStep]]:
    """Return the changes by product and field, in order of time.

    A value may change all the time. Of each 24 hours before `now` only the first, the last, the lowest and the highest
    are read: the extremes of any number of such days are among them.
    """
    days_ago = (seconds(now) - UnixSeconds("first_seen_after")) / DAY_SECONDS
    day: list[Any] = [F("product"), F("field"), days_ago]
    orders: dict[str, Any] = {"by_time": F("first_seen_after"), "by_value": Cast("after", BigIntegerField())}
    places = {name: Window(RowNumber(), day, order) for name, order in orders.items()}
    is_end = Q(by_time=1) | Q(by_time=F("last")) | Q(by_value=1) | Q(by_value=F("last"))
    rows = Change.objects.filter(wanted).annotate(**places, last=Window(Count("pk"), day)).filter(is_end)
    columns = rows.values_list("product_id", "field", *TrendStep._fields)
    changes: dict[tuple[int, str], list[TrendStep]] = defaultdict(list)
    # Sorted here: the database would sort what it leaves out, too.
    for product, field, *step in sorted(columns, key=itemgetter(-1)):
        changes[product, field].append(TrendStep._make(step))
    return changes


def _prices(product: Product, changes: Sequence[TrendStep], now: datetime) -> list[Point]:
    if product.is_gone:
        return []
    since = max(now - SPARKLINE, product.first_data_time or now - SPARKLINE)
    changes = _later(changes, now - SPARKLINE)
    first = changes[0].before if changes else product.price
    return [(since, first), *((change.first_seen_after, change.after) for change in changes)]


def _pace(product: Product, sales: Sequence[TrendStep], first: SalesReading | None) -> SalesPace | None:
    if first is None or product.sales is None or product.data_time is None:
        return None
    last = SalesReading(product.data_time, product.sales, product.sales_step or 1)
    return pace(first, last, _crossings(sales, last.step) if first.step == last.step else ())


def _crossings(changes: Iterable[TrendStep], step: int) -> list[Crossing]:
    """Return the increases of a rounded count. A value that is no multiple of the step was not rounded, and is left
    out."""
    return [
        Crossing(change.after, change.last_seen_before, change.first_seen_after)
        for change in changes
        if type(change.before) is int and type(change.after) is int
        if change.after > change.before and change.before % step == change.after % step == 0
    ]
