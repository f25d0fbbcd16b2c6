"""How soon changes were found, day by day: measured, and as it would have been with even polling.

A change of a price or a status happened between two looks, each moment alike likely: its delay lies between nothing and
the time from one to the other, all alike likely. Even polling spends a day's calls on all products alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from django.db.models import Avg, Count, F, FloatField, QuerySet
from django.db.models.functions import Greatest, Ln, Round

from monitor.dashboard.columns import UnixSeconds
from monitor.dashboard.remembered import MOST_ROWS, remembered_long
from monitor.models import Change
from monitor.models.usage import PROVIDER_ZONE

#: Further back is not looked.
MOST_DAYS = 30
#: Of more changes a day than these only those of some products are read.
READ_A_DAY = 2000
#: Fewer changes than these tell little of a day; how long nearly all of them took is not told of so few.
FEW = 20
NEARLY_ALL = 0.95
#: Times between looks are counted in steps of this ratio, to the power of e.
_STEPS = 20
_DAY, _SECONDS = timedelta(days=1), 86400
_OFFSET = int(PROVIDER_ZONE.utcoffset(None).total_seconds())
_HALVINGS = 50


class Span(NamedTuple):
    """So many changes were found by looks that lay so many seconds after the ones before."""

    seconds: float
    changes: int


@dataclass(frozen=True, slots=True)
class Delay:
    """Within which time half and nearly all of some changes were found; `even`: half of them with even polling."""

    changes: int
    half: timedelta | None = None
    nearly_all: timedelta | None = None
    even: timedelta | None = None

    @property
    def are_few(self) -> bool:
        return self.changes < FEW


@dataclass(frozen=True, slots=True)
class DayDelay(Delay):
    """Those of one day, in the provider's zone, on which so many `calls` were made."""

    day: date = date.min
    calls: int = 0


@dataclass(frozen=True, slots=True)
class Delays:
    """Those of some days in a row, the last one today, and of all together. `every`: of so many products one was
    read; `products` are those that even polling is reckoned for."""

    days: list[DayDelay]
    overall: Delay
    products: int
    every: int = 1


def delays(calls: Mapping[date, int], products: int, now: datetime) -> Delays:
    """Of the days of `calls`, as far as they are looked at. Two queries, or none where there is much to read and it has
    been read in this hour."""
    days = sorted(calls)[-MOST_DAYS:]
    name = f"delays:{days[0]}:{now:%Y%m%d%H}"
    found, every = remembered_long(name, lambda: _read(days[0], now), _size)
    told, spans, evenly = [], [], []
    for day in days:
        own = found.get(day, [])
        even = _evenly(day, calls[day], products, now)
        told.append(_day(day, own, even, calls[day], every))
        spans += own
        if even is not None:
            evenly.append(Span(even, sum(span.changes for span in own)))
    return Delays(told, _delay(spans, evenly, every), products, every)


def within(spans: Iterable[Span], share: float) -> timedelta | None:
    """The time within which `share` of the changes were found; None where there were none."""
    looks = [span for span in spans if span.changes > 0 and span.seconds > 0]
    changes = sum(span.changes for span in looks)
    if not changes:
        return None
    low, high = 0.0, max(span.seconds for span in looks)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        found = sum(span.changes * min(middle / span.seconds, 1.0) for span in looks)
        low, high = (middle, high) if found < share * changes else (low, middle)
    return timedelta(seconds=high)


def _delay(spans: Sequence[Span], evenly: Iterable[Span], every: int) -> Delay:
    changes = sum(span.changes for span in spans)
    nearly_all = within(spans, NEARLY_ALL) if changes >= FEW else None
    return Delay(changes * every, within(spans, 0.5), nearly_all, within(evenly, 0.5))


def _day(day: date, spans: Sequence[Span], even: float | None, calls: int, every: int) -> DayDelay:
    told = _delay(spans, () if even is None else [Span(even, 1)], every)
    return DayDelay(told.changes, told.half, told.nearly_all, told.even, day, calls)


def _evenly(day: date, calls: int, products: int, now: datetime) -> float | None:
    """Seconds from one look at each product to the next, if a day's calls had been spent evenly until `now`."""
    lasted = min((now - _begin(day)).total_seconds(), _SECONDS)
    return lasted * products / calls if calls and products and lasted > 0 else None


def _begin(day: date) -> datetime:
    return datetime.combine(day, time.min, PROVIDER_ZONE)


def _read(first: date, now: datetime) -> tuple[dict[date, list[Span]], int]:
    """Spans by day from the `first` one on, and of how many products one was read."""
    lately = _told(now - _DAY).count()
    every = 1 + lately // READ_A_DAY
    some = _told(_begin(first))
    if every > 1:
        some = some.annotate(rest=F("product") % every).filter(rest=0)
    seconds = Greatest(UnixSeconds("first_seen_after") - UnixSeconds("last_seen_before"), 1)
    counted = (
        some.annotate(
            day=(UnixSeconds("first_seen_after") + _OFFSET) / _SECONDS,
            step=Round(Ln(seconds, output_field=FloatField()) * _STEPS),
        )
        .values("day", "step")
        .annotate(n=Count("*"), mean=Avg(seconds, output_field=FloatField()))
    )
    found: dict[date, list[Span]] = {}
    for day, mean, changes in counted.values_list("day", "mean", "n"):
        found.setdefault(date(1970, 1, 1) + day * _DAY, []).append(Span(mean, changes))
    return found, every


def _told(since: datetime) -> QuerySet[Change]:
    """Along `change_newest`."""
    told = Change.objects.filter(field__in=("price", "status"), product__isnull=False).order_by()
    return told.filter(first_seen_after__gte=since)


def _size(read: tuple[dict[date, list[Span]], int]) -> int:
    found, every = read
    return min(every * sum(span.changes for spans in found.values() for span in spans), MOST_ROWS)
