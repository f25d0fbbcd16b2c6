"""What a product sells a day in words, and what several sell together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import sqrt
from typing import Any

from django.db.models import Aggregate, Count, F, QuerySet, Sum
from django.utils.translation import gettext

from monitor.history.caching import cached_count
from monitor.history.reads import starts_at, states_around
from monitor.history.sales_days import SalesDay, edges_between, sales_days, sum_of_days
from monitor.history.sales_pace import SalesPace
from monitor.models import ProductIndex, Watch
from monitor.models.product_index import order_of
from monitor.text import formatting

#: The days of a sum are those of the products that sell most: 50 of them take 100 ms to read and to add up.
MOST_SUMMED = 50


@dataclass(frozen=True, slots=True)
class SoldTogether:
    """The sum of estimates, with the names of `ProductIndex`. `revenue` is in fen a day.

    Estimates err independently, so the squares of their errors add up: the range is narrower than the sum of ranges.
    """

    units_low: float
    units: float | None
    units_high: float | None
    revenue: int | None
    #: Those without an estimate too.
    products: int


type Sold = ProductIndex | SalesPace | SoldTogether


def units_in_words(pace: Sold, write: Callable[[float, float | None, float], str] = formatting.units_a_day) -> str:
    """Return 'about 370 a day'; '' if nothing is known."""
    if pace.units_high is None:
        return ""
    return write(pace.units_low or 0, pace.units, pace.units_high)


def sold_in_words(product: ProductIndex) -> str:
    """Return 'about 370 a day, est. ¥44k a day'; '' without an estimate."""
    if product.units is None:
        return ""
    words = [units_in_words(product)]
    if product.revenue is not None:
        words.append(gettext("est. %(revenue)s a day") % {"revenue": formatting.revenue(product.revenue)})
    return " · ".join(words)


def sums_of_sales(prefix: str = "") -> dict[str, Aggregate]:
    """Return what `together` takes, in its order. `prefix` leads to `ProductIndex`."""
    units, low, high = (F(f"{prefix}{name}") for name in ("units", "units_low", "units_high"))
    below, above = (units - low) * (units - low), (high - units) * (high - units)
    return {
        "all_units": Sum(units),
        "below": Sum(below),
        "above": Sum(above),
        "all_revenue": Sum(f"{prefix}revenue"),
        "products": Count("pk"),
    }


def together(units: float | None, below: float | None, above: float | None, revenue: Any, n: int) -> SoldTogether:
    likely = units or 0
    low, high = max(likely - sqrt(below or 0), 0), likely + sqrt(above or 0)
    return SoldTogether(low, units, None if units is None else high, None if revenue is None else int(revenue), n)


def sold_on_lists(lists: Sequence[int], products: int) -> dict[int, SoldTogether]:
    """Return what the products of each list sell together. One query, cached while there are many `products`."""
    rows = (
        Watch.objects.filter(watchlist__in=lists)
        .order_by()
        .values("watchlist")
        .annotate(**sums_of_sales("product__index__"))
    )
    columns = rows.values_list("watchlist", *sums_of_sales())
    read = cached_count("sold", sorted(lists), lambda: list(columns), lambda _: products)
    return {key: together(*sums) for key, *sums in read}


def sold_together(products: QuerySet[ProductIndex, Any]) -> SoldTogether:
    """Return what these products sell together. One query."""
    return together(*products.aggregate(**sums_of_sales()).values())


def sold_by_day(products: QuerySet[ProductIndex], name: str, now: datetime) -> tuple[datetime, list[SalesDay]]:
    """Return the begin of the range `name`, and what the products that sell most sold together on its days. Three
    queries."""
    rows = products.select_related("product").only("units", "product__data_time", "product__first_data_time")
    summed = [row.product for row in rows.order_by(*order_of("-units"))[:MOST_SUMMED]]
    start = min((starts_at(product, name, now) for product in summed), default=now)
    past = states_around(summed, edges_between(start, now))
    return start, sum_of_days(sales_days(product, start, now, past[product.pk]) for product in summed)
