"""What the assortment of a followed shop tells: launches, best sellers and climbers, price bands,
and what it sells."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import accumulate, pairwise
from typing import Any

from django.db.models import Count, F, Max, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from monitor.models import AssortmentEntry, Product, Shop
from monitor.models.catalog import ProductQuerySet
from monitor.polling.recording.sold_together import (
    SoldTogether,
    is_counted,
    is_enough,
    sums_of_sales,
    together,
    units_counted,
)
from monitor.provider.observation import GONE

WEEK = timedelta(days=7)
WEEKS = 8
#: Products in each short list.
MOST_NAMED = 6
#: Price bands, fewer if prices are alike.
BANDS = 5


@dataclass(frozen=True, slots=True)
class Launches:
    """The new products of seven days until `until`; None if the shop was not read yet at their
    begin."""

    since: datetime
    until: datetime
    count: int | None


@dataclass(frozen=True, slots=True)
class PriceBand:
    """Products from `low` on and below `high`, in fen; None without a bound. `units` are what the
    `known` of them sell a day; None if they are fewer than half."""

    low: int | None
    high: int | None
    products: int
    known: int
    units: float | None


@dataclass(frozen=True, slots=True)
class AssortmentFigures:
    """`weeks` begin with the last one. `newest` and `best` are entries, `climbers` products with
    what they `sold` in the last seven days, and in the seven before: `sold_before`."""

    weeks: list[Launches]
    newest: QuerySet[AssortmentEntry]
    best: QuerySet[AssortmentEntry]
    climbers: QuerySet[Product, Any]
    bands: list[PriceBand]
    sold: SoldTogether

    @property
    def most_launches(self) -> int:
        return max(week.count or 0 for week in self.weeks)

    @property
    def most_in_band(self) -> int:
        return max(band.products for band in self.bands)


def assortment_figures(shop: Shop, now: datetime) -> AssortmentFigures:
    """Return the figures of a followed shop whose assortment was read. Five queries."""
    entries = AssortmentEntry.objects.filter(shop=shop, left_at=None)
    listed = Product.objects.listed_by(shop.pk)
    weeks, sold = _launches(entries, now)
    named = entries.select_related("product")
    new = named.filter(appeared_at__isnull=False).order_by("-appeared_at", "-pk")
    best = named.filter(is_best=True).order_by(F("product__units").desc(nulls_last=True), "pk")
    return AssortmentFigures(
        weeks=weeks,
        newest=new[:MOST_NAMED],
        best=best[:MOST_NAMED],
        climbers=_climbers(listed),
        bands=price_bands(_sold_by_price(listed)),
        sold=sold,
    )


def _sold_by_price(listed: ProductQuerySet) -> list[tuple[int, int, int, float]]:
    counted = is_counted()
    on_sale = listed.filter(price__isnull=False).exclude(status__in=GONE)
    prices = on_sale.order_by("price").values_list("price")
    known, sold = Count("pk", filter=counted), Sum(units_counted(), filter=counted, default=0.0)
    return list(prices.annotate(products=Count("pk"), known=known, sold=sold))


def _launches(
    entries: QuerySet[AssortmentEntry], now: datetime
) -> tuple[list[Launches], SoldTogether]:
    """Return the last weeks, the newest first, and what all products sell: one query. The first
    reading tells what was there, not what was new."""
    ends = [now - number * WEEK for number in range(WEEKS + 1)]
    weeks = [Q(appeared_at__gt=since, appeared_at__lte=until) for until, since in pairwise(ends)]
    # Products that were watched before are known for longer, those that the first reading found
    # since that one.
    began = Max("product__first_data_time", filter=Q(appeared_at=None))
    counts = {f"week_{number}": Count("pk", filter=week) for number, week in enumerate(weeks)}
    first, *sums = entries.aggregate(began=began, **counts, **sums_of_sales("product__")).values()
    launches = [
        Launches(since, until, count if count or (first and first < until) else None)
        for (until, since), count in zip(pairwise(ends), sums, strict=False)
    ]
    return launches, together(*sums[WEEKS:])


def _climbers(products: ProductQuerySet) -> QuerySet[Product, Any]:
    """Return the products that sold most more in the last week than in the one before, the largest
    rise first.

    A product is compared that was known for both weeks, and whose rise is more than the rounding of
    its count."""
    blur = 2 * Coalesce(F("sales_step"), 1) - 1
    week = {"sold": F("units") * WEEK.days, "sold_before": F("units_before") * WEEK.days}
    rose = products.annotate(**week, rise=F("sold") - F("sold_before"))
    return rose.filter(rise__gt=blur).order_by("-rise", "pk")[:MOST_NAMED]


def price_bands(prices: Sequence[tuple[int, int, int, float]]) -> list[PriceBand]:
    """Return bands with about as many products each, between round prices. `prices`: each in fen,
    from the lowest, how many products have it, of how many the sales are known, and the units that
    these sell."""
    ends = list(accumulate(products for _price, products, *_sold in prices))
    parts = [ends[-1] * part // BANDS for part in range(1, BANDS)] if ends else []
    cuts = {_round(prices[bisect_right(ends, place)][0]) for place in parts}
    bounds = sorted(cut for cut in cuts if prices[0][0] < cut <= prices[-1][0])
    counts, known, units = Counter[int](), Counter[int](), defaultdict[int, float](float)
    for price, listed, counted, sold in prices:
        band = bisect_right(bounds, price)
        counts[band] += listed
        known[band] += counted
        units[band] += sold
    edges = pairwise([None, *bounds, None])
    return [
        PriceBand(
            low,
            high,
            counts[at],
            known[at],
            units[at] if is_enough(known[at], counts[at]) else None,
        )
        for at, (low, high) in enumerate(edges)
        if counts[at]
    ]


def _round(fen: int) -> int:
    """Return a price with one or two digits: one below 100 yuan or so, else two."""
    digits = len(str(fen))
    return int(Decimal(fen).quantize(Decimal(1).scaleb(digits - (2 if digits > 4 else 1))))
