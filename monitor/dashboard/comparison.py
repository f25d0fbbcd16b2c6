"""The prices of several products over the same time. Each function says how many queries it makes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Subquery

from monitor.dashboard.columns import UnixSeconds
from monitor.dashboard.history import outage_now, prices_of, seconds, starts_at
from monitor.dashboard.merged import Row, merged
from monitor.dashboard.moves import Move
from monitor.dashboard.product_filters import ProductFilters, found
from monitor.dashboard.series import Span, Spans, held, known, told
from monitor.models import Outage, Product, Snapshot, User, Watch, Watchlist
from monitor.models.product_index import order_of

#: More lines could not be told apart.
MOST_OTHERS = 5
#: Products that are offered at a time.
MOST_OFFERED = 8
#: Rows of the table beside the chart.
TABLE_ROWS = 100


@dataclass(frozen=True, slots=True)
class Compared:
    """A product among others, and what is known of its status ('' where it was not told) and its price, in fen."""

    product: Product
    statuses: Spans[str]
    prices: Spans[int]
    outages: list[Outage]

    @property
    def reference(self) -> int | None:
        """The first known price in the range, of which percentages are taken; None where none can be."""
        return (self.prices.values[0] or None) if self.prices else None

    @property
    def move(self) -> Move | None:
        """From the first price in the range to the present one; None of what is gone."""
        if self.product.is_gone:
            return None
        return Move(self.prices.values[0], self.prices.values[-1]) if self.prices else None

    @property
    def lowest(self) -> int | None:
        return min(self.prices.values, default=None)

    @property
    def highest(self) -> int | None:
        return max(self.prices.values, default=None)


@dataclass(frozen=True, slots=True)
class Comparison:
    start: datetime
    end: datetime
    lines: list[Compared]

    def table(self) -> tuple[list[Row], bool]:
        """The newest `TABLE_ROWS` rows, the newest first, and whether there are older ones."""
        return merged([line.prices for line in self.lines], TABLE_ROWS)


def products_for(user: User, num_iid: str, others: Sequence[str]) -> list[Product]:
    """One query: the product and those of the others that the user watches too, in the order asked for.

    Raises `Product.DoesNotExist` if he does not watch the first one.
    """
    mine = Watch.objects.for_user(user).filter(product=OuterRef("pk"))
    wanted = Product.objects.filter(Exists(mine), num_iid__in=[num_iid, *others]).select_related("shop")
    by_id = {product.num_iid: product for product in wanted}
    if num_iid not in by_id:
        raise Product.DoesNotExist
    return [by_id[one] for one in (num_iid, *others) if one in by_id]


def comparison(products: Sequence[Product], name: str, now: datetime) -> Comparison:
    """Two queries, however many products: their snapshots and outages that a range of `RANGES` touches.

    'all' begins with the first data of any of them.
    """
    start = min(starts_at(product, name, now) for product in products)
    states, outages = _states(products, start), _outages(products, start)
    lines = []
    for product in products:
        failed = [*outages[product.pk], *outage_now(product, now)]
        silent = [Span(seconds(outage.began_at), seconds(outage.ended_at)) for outage in failed]
        data_times, last_seen, prices, statuses = list(zip(*states[product.pk], strict=True)) or [()] * 4
        spans = held(data_times, last_seen, until=seconds(product.data_time or start))
        spans = known(spans, silent, seconds(start), seconds(now))
        shown = told(spans, prices_of(prices, statuses))
        lines.append(Compared(product, told(spans, [status or "" for status in statuses]), shown, failed))
    return Comparison(start, now, lines)


def _states(products: Sequence[Product], start: datetime) -> Mapping[int, list[tuple[Any, ...]]]:
    """By product, in order of time: the state at the start and every later one.

    Of each the data time, when the one before was last seen, the price and the status.
    """
    earlier = Snapshot.objects.filter(product=OuterRef("pk"), data_time__lte=start).order_by("-data_time")
    of_all = Product.objects.filter(pk__in=[product.pk for product in products])
    # Two walks along the index of histories; one condition with OR would read all snapshots.
    first, later = (
        snapshots.annotate(at=UnixSeconds("data_time"), last=UnixSeconds("last_seen_before")).values_list(
            "product", "at", "last", "price", "status"
        )
        for snapshots in (
            Snapshot.objects.filter(pk__in=of_all.values(found=Subquery(earlier.values("pk")[:1]))),
            Snapshot.objects.filter(product__in=products, data_time__gt=start),
        )
    )
    states: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for key, *state in first.union(later, all=True).order_by("product", "at"):
        states[key].append(tuple(state))
    return states


def _outages(products: Sequence[Product], start: datetime) -> Mapping[int, list[Outage]]:
    outages: dict[int, list[Outage]] = defaultdict(list)
    for outage in Outage.objects.filter(product__in=products, ended_at__gt=start).order_by("began_at"):
        outages[outage.product_id].append(outage)
    return outages


def offered(user: User, products: Sequence[Product], filters: ProductFilters, now: datetime) -> list[Product]:
    """Two queries: what could be compared besides, the latest change first.

    With a search, of all that the user watches; without one, what shares a list with the first product.
    """
    lists = Watchlist.objects.for_user(user)
    if not filters.search:
        lists = lists.filter(watches__product=products[0])
    rows = found(list(lists.values_list("pk", flat=True)), filters, now).order_by(*order_of("-changed"))
    rows = rows.exclude(product__in=products).select_related("product__shop")
    return [row.product for row in rows[:MOST_OFFERED]]
