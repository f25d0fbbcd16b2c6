"""What the range of a followed shop tells: launches, best sellers and climbers, price bands, and what it sells."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import accumulate, pairwise
from typing import Any

from django.db.models import BigIntegerField, Count, F, FloatField, JSONNull, Max, Q, QuerySet, Sum
from django.db.models.functions import Cast, Coalesce, Greatest, Least, Round

from monitor.history.caching import cached_count
from monitor.history.reads import UnixSeconds, seconds
from monitor.history.sales_pace import JUMP
from monitor.models import Change, Product, ProductIndex, RangeEntry, Shop
from monitor.reads.sold import SoldTogether, sums_of_sales, together

WEEK = timedelta(days=7)
WEEKS = 8
#: Products in each short list.
MOST_NAMED = 6
#: Price bands, fewer if prices are alike.
BANDS = 5


@dataclass(frozen=True, slots=True)
class Launches:
    """The new products of seven days until `until`; None if the shop was not read yet at their begin."""

    since: datetime
    until: datetime
    count: int | None


@dataclass(frozen=True, slots=True)
class PriceBand:
    """Products from `low` on and below `high`, in fen; None without a bound. `units` are estimated, a day."""

    low: int | None
    high: int | None
    products: int
    units: float


@dataclass(frozen=True, slots=True)
class Climber:
    """What the shop's count of a product's sales rose by in the last seven days, and in the seven before."""

    product: Product
    sold: int
    sold_before: int


@dataclass(frozen=True, slots=True)
class RangeFigures:
    """`products` is how many are listed, `weeks` begin with the last one."""

    products: int
    new_this_week: int
    weeks: list[Launches]
    most_launches: int
    newest: list[Product]
    best: list[Product]
    climbers: list[Climber]
    bands: list[PriceBand]
    most_in_band: int
    sold: SoldTogether


def range_figures(shop: Shop, now: datetime) -> RangeFigures:
    """Return the figures of a followed shop whose range was read. Four queries; what sums up many products is
    cached."""
    entries = RangeEntry.objects.filter(shop=shop, left_at=None)

    def sums() -> tuple[list[Launches], SoldTogether, list[PriceBand], dict[int, tuple[int, int]]]:
        rows = (
            ProductIndex.objects.listed_by(shop.pk).filter(price__isnull=False).order_by("price").values_list("price")
        )
        prices = rows.annotate(products=Count("pk"), sold=Coalesce(Sum("units"), 0.0))
        return *_launches(entries, now), price_bands(list(prices)), _risen(shop, now)

    read = (shop.pk, shop.range.read_at)
    weeks, sold, bands, risen = cached_count("range", read, sums, lambda sums: sums[1].products)
    new = entries.filter(appeared_at__isnull=False).order_by("-appeared_at", "-pk")
    best = entries.filter(is_best=True).order_by(F("product__index__units").desc(nulls_last=True), "pk")
    named = Product.objects.select_related("index").defer("index__words", "index__pairs")
    wanted = Q(pk__in=new.values("product")[:MOST_NAMED]) | Q(pk__in=best.values("product")[:MOST_NAMED])
    of_shop = named.filter(wanted | Q(pk__in=risen), range_entries__shop=shop)
    columns = {name: F(f"range_entries__{name}") for name in ("appeared_at", "is_best", "left_at")}
    products: dict[int, Any] = {product.pk: product for product in of_shop.annotate(**columns)}
    newest = sorted((each for each in products.values() if each.appeared_at), key=_appeared, reverse=True)
    sellers = [each for each in products.values() if each.is_best and not each.left_at]
    return RangeFigures(
        products=sold.products,
        new_this_week=weeks[0].count or 0,
        weeks=weeks,
        most_launches=max([week.count or 0 for week in weeks]),
        newest=newest[:MOST_NAMED],
        best=sorted(sellers, key=lambda each: -(each.index.units or 0))[:MOST_NAMED],
        climbers=[Climber(products[key], *sold) for key, sold in risen.items() if key in products],
        bands=bands,
        most_in_band=max([band.products for band in bands], default=0),
        sold=sold,
    )


def _appeared(product: Any) -> Any:
    return product.appeared_at, product.pk


def _launches(entries: QuerySet[RangeEntry], now: datetime) -> tuple[list[Launches], SoldTogether]:
    """Return the last weeks, the newest first, and what all products sell: one query. The first reading tells what was
    there, not what was new."""
    ends = [now - number * WEEK for number in range(WEEKS + 1)]
    weeks = [Q(appeared_at__gt=since, appeared_at__lte=until) for until, since in pairwise(ends)]
    # Products that were watched before are known for longer, those that the first reading found since that one.
    began = Max("product__index__first_data_time", filter=Q(appeared_at=None))
    counts = {f"week_{number}": Count("pk", filter=week) for number, week in enumerate(weeks)}
    first, *sums = entries.aggregate(began=began, **counts, **sums_of_sales("product__index__")).values()
    launches = [
        Launches(since, until, count if count or (first and first < until) else None)
        for (until, since), count in zip(pairwise(ends), sums, strict=False)
    ]
    return launches, together(*sums[WEEKS:])


def _risen(shop: Shop, now: datetime) -> dict[int, tuple[int, int]]:
    """Return the products that sold most more in the last week than in the one before, the largest rise first.

    A product is compared that was known for both weeks, whose count is of sales alone, and whose rise is more than the
    rounding of it. What was sold between two readings, maybe weeks apart, was sold steadily.
    """
    since, weeks = now - 2 * WEEK, [seconds(now - weeks * WEEK) for weeks in (2, 1, 0)]
    before, after = (Cast(name, BigIntegerField()) for name in ("before", "after"))
    began, ended = UnixSeconds("last_seen_before"), UnixSeconds("first_seen_after")

    def sold(since: int, until: int) -> Round:
        inside = Greatest(Least(ended, until) - Greatest(began, since), 0)
        return Round(Sum((after - before) * inside * 1.0 / Greatest(ended - began, 1), output_field=FloatField()))

    changes = Change.objects.filter(
        Q(field="sales", first_seen_after__gt=since, product__index__first_data_time__lte=since),
        Q(product__range_entries__shop=shop, product__range_entries__left_at=None),
    ).exclude(Q(before=JSONNull()) | Q(after=JSONNull()))
    is_odd = Q(step__lt=0) | Q(step__gt=Greatest(before, JUMP))
    # A count in steps errs by up to a step at either end of each week.
    blur = 2 * (Coalesce(Max("product__sales_step"), 1) - 1)
    rows: Any = changes.order_by().annotate(step=after - before).values("product")
    rows = rows.annotate(last=sold(*weeks[1:]), earlier=sold(*weeks[:2]), odd=Count("pk", filter=is_odd), blur=blur)
    climbed = rows.filter(odd=0, last__gt=F("earlier") + F("blur")).order_by(F("earlier") - F("last"), "product")
    return {row["product"]: (int(row["last"]), int(row["earlier"])) for row in climbed[:MOST_NAMED]}


def price_bands(prices: Sequence[tuple[int, int, float]]) -> list[PriceBand]:
    """Return bands with about as many products each, between round prices. `prices`: each in fen, from the lowest, how
    many products have it, and the units that they sell."""
    ends = list(accumulate(products for _price, products, _units in prices))
    parts = [ends[-1] * part // BANDS for part in range(1, BANDS)] if ends else []
    cuts = {_round(prices[bisect_right(ends, place)][0]) for place in parts}
    bounds = sorted(cut for cut in cuts if prices[0][0] < cut <= prices[-1][0])
    counts, units = Counter[int](), defaultdict[int, float](float)
    for price, products, sold in prices:
        band = bisect_right(bounds, price)
        counts[band] += products
        units[band] += sold
    edges = pairwise([None, *bounds, None])
    return [PriceBand(low, high, counts[at], units[at]) for at, (low, high) in enumerate(edges) if counts[at]]


def _round(fen: int) -> int:
    """Return a price with one or two digits: one below 100 yuan or so, else two."""
    digits = len(str(fen))
    return int(Decimal(fen).quantize(Decimal(1).scaleb(digits - (2 if digits > 4 else 1))))
