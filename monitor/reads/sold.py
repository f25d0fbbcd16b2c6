"""What several products sell a day together."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

from django.db.models import F, Sum

from monitor.history.caching import cached_count
from monitor.models import ProductIndex, Watch


@dataclass(frozen=True, slots=True)
class SoldTogether:
    """The sum of estimates, with the names of `ProductIndex`. `revenue` is in fen a day.

    Estimates err independently, so the squares of their errors add up: the range is narrower than the sum of ranges.
    """

    units_low: float
    units: float | None
    units_high: float | None
    revenue: int | None


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
