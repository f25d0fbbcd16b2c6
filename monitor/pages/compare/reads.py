"""The prices of several products over the same time."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Subquery
from django.http import Http404

from monitor.history.moves import Move
from monitor.history.reads import UnixSeconds, outage_now, seconds, starts_at
from monitor.history.series import Held, Span, held, joined, known
from monitor.models import Outage, Product, Snapshot, User, Watch, Watchlist
from monitor.models.product_index import order_of
from monitor.pages.shared.product_filters import ProductFilters, index_rows
from monitor.provider.observation import GONE

#: Products that are offered at once.
MOST_OFFERED = 8
#: Rows of the table beside the chart.
TABLE_ROWS = 100


class _ComparedState(NamedTuple):
    data_time: int
    last_seen_before: int | None
    price: int | None
    status: str | None


class ComparisonRow(NamedTuple):
    """A span in which no line changed, and the value of each line; None if unknown. Times are Unix seconds."""

    since: int
    until: int
    values: list[int | None]


@dataclass(frozen=True, slots=True)
class Compared:
    """A compared product with its known statuses ('' if the provider sent none) and prices, in fen."""

    product: Product
    statuses: list[Held[str]]
    prices: list[Held[int]]
    outages: list[Outage]

    @property
    def reference(self) -> int | None:
        """The first known price in the range: percentages are relative to it. None if there is none, or it is 0."""
        return (self.prices[0].value or None) if self.prices else None

    @property
    def move(self) -> Move | None:
        """From the first price in the range to the present one; None for a gone product."""
        if self.product.is_gone:
            return None
        return Move(self.prices[0].value, self.prices[-1].value) if self.prices else None

    @property
    def lowest(self) -> int | None:
        return min((price.value for price in self.prices), default=None)

    @property
    def highest(self) -> int | None:
        return max((price.value for price in self.prices), default=None)


@dataclass(frozen=True, slots=True)
class Comparison:
    start: datetime
    end: datetime
    lines: list[Compared]

    def table(self) -> tuple[list[ComparisonRow], bool]:
        """The newest `TABLE_ROWS` rows, the newest first, and whether there are older ones."""
        return merged([line.prices for line in self.lines], TABLE_ROWS)


def products_for(user: User, num_iid: str, others: Sequence[str]) -> list[Product]:
    """One query: the product and the others that the user watches, in this order. 404 if the user does not watch the
    first one.
    """
    mine = Watch.objects.for_user(user).filter(product=OuterRef("pk"))
    wanted = Product.objects.filter(Exists(mine), num_iid__in=[num_iid, *others]).select_related("shop")
    by_id = {product.num_iid: product for product in wanted}
    if num_iid not in by_id:
        raise Http404
    return [by_id[key] for key in (num_iid, *others) if key in by_id]


def comparison(products: Sequence[Product], name: str, now: datetime) -> Comparison:
    """Two queries: snapshots and outages of the products in a range of `RANGES`. 'all' begins with the first data of
    any of them.
    """
    start = min(starts_at(product, name, now) for product in products)
    states, outages = _states(products, start), _outages(products, start)
    lines = []
    for product in products:
        failed = [*outages[product.pk], *outage_now(product, now)]
        silent = [Span(seconds(outage.began_at), seconds(outage.ended_at)) for outage in failed]
        spans = held(states[product.pk], until=seconds(product.data_time or start))
        spans = known(spans, silent, seconds(start), seconds(now))
        statuses = joined((state.status or "", since, until) for state, since, until in spans)
        prices = joined((state.price, since, until) for state, since, until in spans)
        lines.append(Compared(product, statuses, prices, failed))
    return Comparison(start, now, lines)


def _states(products: Sequence[Product], start: datetime) -> Mapping[int, list[_ComparedState]]:
    """By product, ordered by time: the state at the start and every later one."""
    earlier = Snapshot.objects.filter(product=OuterRef("pk"), data_time__lte=start).order_by("-data_time")
    of_all = Product.objects.filter(pk__in=[product.pk for product in products])
    # Two index scans; one condition with OR would read all snapshots.
    first, later = (
        snapshots.annotate(at=UnixSeconds("data_time"), last=UnixSeconds("last_seen_before")).values_list(
            "product", "at", "last", "price", "status"
        )
        for snapshots in (
            Snapshot.objects.filter(pk__in=of_all.values(found=Subquery(earlier.values("pk")[:1]))),
            Snapshot.objects.filter(product__in=products, data_time__gt=start),
        )
    )
    states: dict[int, list[_ComparedState]] = defaultdict(list)
    for key, at, last, price, status in first.union(later, all=True).order_by("product", "at"):
        states[key].append(_ComparedState(at, last, None if status in GONE else price, status))
    return states


def _outages(products: Sequence[Product], start: datetime) -> Mapping[int, list[Outage]]:
    outages: dict[int, list[Outage]] = defaultdict(list)
    for outage in Outage.objects.filter(product__in=products, ended_at__gt=start).order_by("began_at"):
        outages[outage.product_id].append(outage)
    return outages


def offered(user: User, products: Sequence[Product], filters: ProductFilters, now: datetime) -> list[Product]:
    """Two queries: further products to compare, the latest changed first. A search looks at all of the user's products;
    without one, those on the same lists as the first product are offered.
    """
    lists = Watchlist.objects.for_user(user)
    if not filters.search:
        lists = lists.filter(watches__product=products[0])
    rows = index_rows(list(lists.values_list("pk", flat=True)), filters, now).order_by(*order_of("-changed"))
    rows = rows.exclude(product__in=products).select_related("product__shop")
    return [row.product for row in rows[:MOST_OFFERED]]


def merged(lines: Sequence[Sequence[Held[int]]], most: int) -> tuple[list[ComparisonRow], bool]:
    """The rows of one table, made of lines of values: at most `most`, the newest first, and whether there are more."""
    # The newest spans of each line have enough edges for all rows.
    newest = [spans[-most - 1 :] for spans in lines]
    edges = sorted({edge for spans in newest for span in spans for edge in (span.start, _end(span))})
    shown = edges[-most - 1 :]
    rows = [ComparisonRow(since, until, [_value(spans, since) for spans in lines]) for since, until in pairwise(shown)]
    return rows[::-1], len(edges) > len(shown)


def _end(span: Held[int]) -> int:
    """A value that was seen only once lasts a second."""
    return max(span.end, span.start + 1)


def _value(spans: Sequence[Held[int]], at: int) -> int | None:
    number = bisect_right(spans, at, key=lambda span: span.start) - 1
    return spans[number].value if number >= 0 and at < _end(spans[number]) else None
