"""How soon changes were found, day by day: measured, and as it would have been with even polling.

A change of a price or a status happened between two looks, each moment alike likely: its delay lies between nothing and
the time from one to the other, all alike likely. Even polling spends a day's calls on all products alike.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from django.db.models import F, QuerySet

from monitor.history.caching import cached_count
from monitor.models import Change
from monitor.models.usage import PROVIDER_ZONE, provider_day
from monitor.schedule.census import found_within

#: Further back is not looked.
MOST_DAYS = 30
#: Where there are more changes than these, fewer days are read, and of more a day only those of some products.
READ, READ_A_DAY = 150_000, 2000
#: Fewer changes than these tell little of a day; how long nearly all of them took is not told of so few.
FEW = 20
NEARLY_ALL = 0.95
#: Times between looks are counted in steps of this ratio, to the power of e.
_STEPS = 20
#: What is read of very many changes is kept for so long.
CACHED_SECONDS = 600
_DAY = timedelta(days=1)


class DelaySpan(NamedTuple):
    """So many changes were found by looks that lay so many seconds after the ones before."""

    seconds: float
    changes: int


class _Read(NamedTuple):
    """Spans by day, from the `first` one on, of one of `every` so many products."""

    spans: Mapping[date, list[DelaySpan]]
    first: date
    every: int


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
    """Of the days of `calls`, as far back as they are looked at. Two queries, or none where very many changes were read
    a moment ago."""
    days = sorted(calls)[-MOST_DAYS:]
    read = cached_count("delays", days[0], lambda: _read(days, now), _rows, seconds=CACHED_SECONDS)
    told, spans, evenly = [], [], []
    for day in days:
        if day < read.first:
            continue
        own = read.spans.get(day, [])
        # A day that is not over says little of what its calls would have come to.
        even = (
            _DAY.total_seconds() * products / calls[day]
            if calls[day] and products and day < provider_day(now)
            else None
        )
        told.append(_day(day, own, even, calls[day], read.every))
        spans += own
        if even is not None:
            evenly.append(DelaySpan(even, sum(span.changes for span in own)))
    return Delays(told, _delay(spans, evenly, read.every), products, read.every)


def within(spans: Iterable[DelaySpan], share: float) -> timedelta | None:
    """The time within which `share` of the changes were found; None where there were none."""
    seconds = found_within(spans, share)
    return None if seconds is None else timedelta(seconds=seconds)


def _delay(spans: Sequence[DelaySpan], evenly: Iterable[DelaySpan], every: int) -> Delay:
    changes = sum(span.changes for span in spans)
    nearly_all = within(spans, NEARLY_ALL) if changes >= FEW else None
    return Delay(changes * every, within(spans, 0.5), nearly_all, within(evenly, 0.5))


def _day(day: date, spans: Sequence[DelaySpan], even: float | None, calls: int, every: int) -> DayDelay:
    told = _delay(spans, () if even is None else [DelaySpan(even, 1)], every)
    return DayDelay(told.changes, told.half, told.nearly_all, told.even, day, calls)


def _read(days: Sequence[date], now: datetime) -> _Read:
    """Of these days, or of the last few of them where there is very much to read."""
    a_day = _told(now - _DAY).count()
    first = days[-min(max(READ // max(a_day, 1), 2), len(days))]
    every = 1 + a_day // READ_A_DAY
    some = _told(datetime.combine(first, time.min, PROVIDER_ZONE))
    if every > 1:
        some = some.annotate(rest=F("product") % every).filter(rest=0)
    # Times that are about as long are counted together, by the mean of their lengths.
    counted: dict[tuple[date, int], list[float]] = defaultdict(list)
    for since, until in some.values_list("last_seen_before", "first_seen_after").iterator():
        seconds = max((until - since).total_seconds(), 1)
        counted[provider_day(until), round(math.log(seconds) * _STEPS)].append(seconds)
    spans: dict[date, list[DelaySpan]] = defaultdict(list)
    for (day, _), lengths in counted.items():
        spans[day].append(DelaySpan(sum(lengths) / len(lengths), len(lengths)))
    return _Read(dict(spans), first, every)


def _told(since: datetime) -> QuerySet[Change]:
    """Along `change_newest`."""
    told = Change.objects.filter(field__in=("price", "status"), product__isnull=False).order_by()
    return told.filter(first_seen_after__gte=since)


def _rows(read: _Read) -> int:
    return read.every * sum(span.changes for spans in read.spans.values() for span in spans)
