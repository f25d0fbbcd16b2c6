"""What the range of a followed shop tells: launches, best sellers and climbers, price bands, and what it sells."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple

from django.db.models import BigIntegerField, Count, FloatField, JSONNull, Q, Sum
from django.db.models.functions import Cast, Greatest, Least

from monitor.history.reads import UnixSeconds, seconds
from monitor.history.sales_pace import JUMP
from monitor.models import Change, Product, ProductIndex, RangeEntry, Shop
from monitor.reads.sold import SoldTogether, sold_together

WEEK = timedelta(days=7)
WEEKS = 8
#: Products in each short list.
MOST_NAMED = 6
#: Price bands, fewer if prices are alike.
BANDS = 5


class _Entry(NamedTuple):
    pk: int
    appeared_at: datetime | None
    first_data_time: datetime | None
    price: int | None
    units: float | None
    is_best: bool
    sales_step: int | None


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
    """Return the figures of a followed shop. Four queries."""
    rows = RangeEntry.objects.filter(shop=shop, left_at=None)
    index = (f"product__index__{name}" for name in ("first_data_time", "price", "units"))
    columns = "appeared_at", *index, "is_best", "product__sales_step"
    entries = [_Entry(*row) for row in rows.values_list("pk", *columns)]
    new = sorted((entry for entry in entries if entry.appeared_at), key=_appeared, reverse=True)[:MOST_NAMED]
    best = sorted((entry for entry in entries if entry.is_best), key=lambda entry: -(entry.units or 0))[:MOST_NAMED]
    risen = _risen(shop, entries, now)
    weeks = _launches(entries, now)
    bands = price_bands([(entry.price, entry.units or 0) for entry in entries if entry.price is not None])
    named = Product.objects.select_related("index", "range_entry").defer("index__words", "index__pairs")
    products = named.in_bulk([*(entry.pk for entry in new), *(entry.pk for entry in best), *risen])
    return RangeFigures(
        products=len(entries),
        new_this_week=weeks[0].count or 0,
        weeks=weeks,
        most_launches=max([week.count or 0 for week in weeks]),
        newest=[products[entry.pk] for entry in new],
        best=[products[entry.pk] for entry in best],
        climbers=[Climber(products[key], *sold) for key, sold in risen.items()],
        bands=bands,
        most_in_band=max([band.products for band in bands], default=0),
        sold=sold_together(ProductIndex.objects.listed_by(shop.pk)),
    )


def _appeared(entry: _Entry) -> Any:
    return entry.appeared_at, entry.pk


def _launches(entries: Iterable[_Entry], now: datetime) -> list[Launches]:
    """Return the last weeks, the newest first. The first reading tells what was there, not what was new."""
    at_first = [entry.first_data_time for entry in entries if entry.appeared_at is None and entry.first_data_time]
    # Products that were watched before are known for longer, those that the first reading found since that one.
    began = max(at_first, default=None)
    counts = Counter((now - entry.appeared_at) // WEEK for entry in entries if entry.appeared_at)
    weeks = []
    for number in range(WEEKS):
        since, until = now - (number + 1) * WEEK, now - number * WEEK
        is_known = began is not None and began < until
        weeks.append(Launches(since, until, counts[number] if is_known or counts[number] else None))
    return weeks


def _risen(shop: Shop, entries: Iterable[_Entry], now: datetime) -> dict[int, tuple[int, int]]:
    """Return the products that sold most more in the last week than in the one before, the largest rise first.

    A product is compared that was known for both weeks, whose count is of sales alone, and whose rise is more than the
    rounding of it. What was sold between two readings, maybe weeks apart, was sold steadily.
    """
    weeks = [seconds(now - weeks * WEEK) for weeks in (2, 1, 0)]
    before, step = (
        Cast("before", BigIntegerField()),
        Cast("after", BigIntegerField()) - Cast("before", BigIntegerField()),
    )
    began, ended = UnixSeconds("last_seen_before"), UnixSeconds("first_seen_after")

    def sold(since: int, until: int) -> Sum:
        inside = Greatest(Least(ended, until) - Greatest(began, since), 0)
        return Sum(step * inside * 1.0 / Greatest(ended - began, 1), output_field=FloatField())

    changes = Change.objects.filter(
        field="sales", product__range_entry__shop=shop, first_seen_after__gt=now - 2 * WEEK
    ).exclude(Q(before=JSONNull()) | Q(after=JSONNull()))
    is_odd = Q(step__lt=0) | Q(step__gt=Greatest(before, JUMP))
    rows = changes.order_by().annotate(step=step).values_list("product")
    rises = rows.annotate(last=sold(*weeks[1:]), earlier=sold(*weeks[:2]), odd=Count("pk", filter=is_odd)).filter(odd=0)
    # A count in steps errs by up to a step at either end of each week.
    blurs = {entry.pk: 2 * ((entry.sales_step or 1) - 1) for entry in entries if _was_known(entry, now - 2 * WEEK)}
    counts = {key: (round(last), round(earlier)) for key, last, earlier, _ in rises if key in blurs}
    climbed = [key for key, (last, earlier) in counts.items() if last - earlier > blurs[key]]
    climbed.sort(key=lambda key: (counts[key][1] - counts[key][0], key))
    return {key: counts[key] for key in climbed[:MOST_NAMED]}


def _was_known(entry: _Entry, at: datetime) -> bool:
    return entry.first_data_time is not None and entry.first_data_time <= at


def price_bands(products: Sequence[tuple[int, float]]) -> list[PriceBand]:
    """Return bands with about as many products each, between round prices. `products`: prices in fen and units."""
    prices = sorted(price for price, _units in products)
    cuts = {_round(prices[len(prices) * part // BANDS]) for part in range(1, BANDS)} if prices else set()
    bounds = sorted(cut for cut in cuts if prices[0] < cut <= prices[-1])
    counts, units = Counter[int](), defaultdict[int, float](float)
    for price, sold in products:
        band = bisect_right(bounds, price)
        counts[band] += 1
        units[band] += sold
    edges = pairwise([None, *bounds, None])
    return [PriceBand(low, high, counts[at], units[at]) for at, (low, high) in enumerate(edges) if counts[at]]


def _round(fen: int) -> int:
    """Return a price with one or two digits: one below 100 yuan or so, else two."""
    digits = len(str(fen))
    return int(Decimal(fen).quantize(Decimal(1).scaleb(digits - (2 if digits > 4 else 1))))
