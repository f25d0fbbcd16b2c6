"""What several products sell together, and of how many of them it is known: the sum for every page
and rule."""

from dataclasses import dataclass
from math import sqrt
from typing import Any

from django.db.models import Aggregate, Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from monitor.judging.sales_pace import DEVIATIONS, WINDOWS
from monitor.models import Product


@dataclass(frozen=True, slots=True)
class SoldTogether:
    """What is sold a day by the `known` of these `products`; `revenue` in fen. The names are those
    of `Product`.

    Without figures while fewer than half are known: the sum would mislead.
    """

    units_low: float | None
    units: float | None
    units_high: float | None
    revenue: int | None
    known: int
    products: int

    def may_earn(self, revenue: int) -> bool:
        """Return whether so much revenue a day lies in the range."""
        if self.units is None or self.units_low is None or self.units_high is None:
            return True
        own = self.revenue or 0
        return self.units_low * own <= revenue * self.units <= self.units_high * own


def is_enough(known: int, products: int) -> bool:
    """Return whether a sum of the known ones may stand for all."""
    return 2 * known >= products > 0


def is_counted(prefix: str = "") -> Q:
    """Return whether it is known what a product has sold in a week. `prefix` leads to
    `Product`."""
    return Q(**{f"{prefix}risen_7__isnull": False})


def units_counted(prefix: str = "") -> Coalesce:
    """Return the units a day of a product in a sum: estimated, or as the count rose."""
    return Coalesce(f"{prefix}units", f"{prefix}risen_7")


def sums_of_sales(prefix: str = "") -> dict[str, Aggregate]:
    """Return what `together` takes, in its order."""
    error, counted = F(f"{prefix}risen_error"), is_counted(prefix)
    units = units_counted(prefix)
    return {
        "all_units": Sum(units, filter=counted),
        "all_revenue": Sum(units * F(f"{prefix}price"), filter=counted),
        **{f"all_risen_{days}": Sum(f"{prefix}risen_{days}") for days in WINDOWS},
        "all_errors": Sum(error * error),
        "all_known": Count("pk", filter=counted),
        "all_products": Count("pk"),
    }


def together(units: float | None, revenue: float | None, *sums: Any) -> SoldTogether:
    """Return the sum. What counts rose by is off independently of each other, so the squares of the
    errors add up."""
    *risen, variance, known, products = sums
    if units is None or not is_enough(known, products):
        return SoldTogether(None, None, None, None, known, products)
    error = DEVIATIONS * sqrt(variance)
    low, high = min(units, max(min(risen) - error, 0)), max(units, max(risen) + error)
    return SoldTogether(
        low, units, high, None if revenue is None else round(revenue), known, products
    )


def sold_together(products: QuerySet[Product, Any]) -> SoldTogether:
    """Return what these products sell together. One query."""
    return together(*products.aggregate(**sums_of_sales()).values())
