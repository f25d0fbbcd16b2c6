"""What a product sells a day in words, and what several sell together."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

from django.db.models import F, Sum
from django.utils.translation import gettext

from monitor.history.caching import cached_count
from monitor.history.sales_pace import SalesPace
from monitor.models import ProductIndex, Watch
from monitor.text import formatting


@dataclass(frozen=True, slots=True)
class SoldTogether:
    """The sum of estimates, with the names of `ProductIndex`. `revenue` is in fen a day.

    Estimates err independently, so the squares of their errors add up: the range is narrower than the sum of ranges.
    """

    units_low: float
    units: float | None
    units_high: float | None
    revenue: int | None


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


def _sums(prefix: str = "") -> dict[str, Sum]:
    units, low, high = (F(f"{prefix}{name}") for name in ("units", "units_low", "units_high"))
    below, above = (units - low) * (units - low), (high - units) * (high - units)
    return {
        "all_units": Sum(units),
        "below": Sum(below),
        "above": Sum(above),
        "all_revenue": Sum(f"{prefix}revenue"),
    }


def _together(units: float | None, below: float | None, above: float | None, revenue: Any) -> SoldTogether:
    likely = units or 0
    low, high = max(likely - sqrt(below or 0), 0), likely + sqrt(above or 0)
    return SoldTogether(low, units, None if units is None else high, None if revenue is None else int(revenue))


def sold_on_lists(lists: Sequence[int], products: int) -> dict[int, SoldTogether]:
    """Return what the products of each list sell together. One query, cached while there are many `products`."""
    rows = (
        Watch.objects.filter(watchlist__in=lists).order_by().values("watchlist").annotate(**_sums("product__index__"))
    )
    columns = rows.values_list("watchlist", *_sums())
    read = cached_count("sold", sorted(lists), lambda: list(columns), lambda _: products)
    return {key: _together(*sums) for key, *sums in read}


def sold_in_shop(shop: int, lists: Collection[int]) -> SoldTogether:
    """Return what the products of a shop that are on these lists sell together. One query."""
    rows = ProductIndex.objects.on_lists(lists).filter(shop_key=shop)
    return _together(*rows.aggregate(**_sums()).values())
