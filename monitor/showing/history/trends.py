"""Trends of a page's products: moves of the price, and its sparkline."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any, NamedTuple

from django.db.models import BigIntegerField, Case, Count, F, Q, When, Window
from django.db.models.functions import Cast, RowNumber

from monitor.judging.changes import FieldChange
from monitor.judging.rules.offers import prices_held
from monitor.models import Change, Product
from monitor.models.clock import DAY_SECONDS, UnixSeconds, seconds
from monitor.provider.observation import GONE
from monitor.showing.history.moves import Move, excursion, move
from monitor.showing.history.series import Point

DAY, WEEK = timedelta(days=1), timedelta(days=7)
SPARKLINE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Trend:
    """`day_excursion` and `week_excursion`: where the price was meanwhile, if far from both ends of
    the move.

    `prices` are those of 30 days, each with the time from which it holds, None while the product
    was gone; none if it is gone now."""

    day: Move | None
    week: Move | None
    day_excursion: Move | None
    week_excursion: Move | None
    prices: list[Point]


class TrendStep(NamedTuple):
    """A change of a price, or of a status from or to gone."""

    field: str
    before: Any
    after: Any
    last_seen_before: datetime
    first_seen_after: datetime


def trends(products: Sequence[Product], now: datetime) -> dict[int, Trend]:
    """Return the trends by the products' keys. One query."""
    histories = _changes(products, now)
    return {product.pk: _trend(product, histories[product.pk], now) for product in products}


def _trend(product: Product, history: list[TrendStep], now: datetime) -> Trend:
    day = move(product.price_a_day_ago, product.current_price)
    week = move(product.price_a_week_ago, product.current_price)
    return Trend(
        day=day,
        week=week,
        day_excursion=day and excursion(day, _between(history, now - DAY)),
        week_excursion=week and excursion(week, _between(history, now - WEEK)),
        prices=[] if product.is_gone else _prices(product, history, now),
    )


def _between(changes: Iterable[TrendStep], since: datetime) -> list[int]:
    """Return the prices that held after `since`."""
    return [
        price
        for change in changes
        if change.field == "price" and change.first_seen_after > since
        for price in (change.before, change.after)
    ]


def sparklines(products: Sequence[Product], now: datetime) -> dict[int, list[Point]]:
    """Return the prices of 30 days, by the products' keys; none of products that are gone. One
    query."""
    prices = past_prices(products, now)
    return {product.pk: [] if product.is_gone else prices[product.pk] for product in products}


def past_prices(products: Sequence[Product], now: datetime) -> dict[int, list[Point]]:
    """Return the prices of 30 days, by the products' keys, each with the time from which it holds,
    None while the product was gone. One query."""
    changes = _changes(products, now)
    return {product.pk: _prices(product, changes[product.pk], now) for product in products}


def _changes(products: Sequence[Product], now: datetime) -> dict[int, list[TrendStep]]:
    """Return the changes of the prices of 30 days by product, in order of time, and when it was
    gone. One query.

    A price may change all the time. Of each 24 hours before `now` only the first, the last, the
    lowest and the highest price are read: the lowest and highest of several days are among them."""
    days_ago = (seconds(now) - UnixSeconds("first_seen_after")) / DAY_SECONDS
    day: list[Any] = [F("product"), F("field"), days_ago]
    value = Case(When(field="price", then=Cast("after", BigIntegerField())))
    orders: dict[str, Any] = {"by_time": F("first_seen_after"), "by_value": value}
    places = {name: Window(RowNumber(), day, order) for name, order in orders.items()}
    is_end = Q(by_time=1) | Q(by_time=F("last")) | Q(by_value=1) | Q(by_value=F("last"))
    gone = Q(field="status") & (Q(before__in=[*GONE]) | Q(after__in=[*GONE]))
    rows = Change.objects.filter(
        Q(field="price") | gone, product__in=products, first_seen_after__gt=now - SPARKLINE
    )
    columns = rows.annotate(**places, last=Window(Count("pk"), day)).filter(
        is_end | Q(field="status")
    )
    changes: dict[int, list[TrendStep]] = defaultdict(
        list, {product.pk: [] for product in products}
    )
    # Sorted here: the database would sort what it leaves out, too.
    for product, *step in sorted(
        columns.values_list("product_id", *TrendStep._fields), key=itemgetter(-1)
    ):
        changes[product].append(TrendStep._make(step))
    return changes


def _prices(product: Product, changes: Sequence[TrendStep], now: datetime) -> list[Point]:
    since = max(now - SPARKLINE, product.first_data_time or now - SPARKLINE)
    past = ((step.first_seen_after, FieldChange(*step[:3])) for step in changes)
    return prices_held(past, since, product.price, product.status)
