"""What checks cost in calls a day, by intervals and by the settings of watchlists and watches.

One call serves everybody who watches a product, so calls are counted by product, with the limits of all its active
watches together (`Product.limits`). A fixed interval gives the exact number of calls. Otherwise the interval gives the
least calls, and `soonest` the most. Calls a day are fractions here; round them for display.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import NamedTuple

from django.db.models import Count

from monitor.history.caching import cached_count
from monitor.models import Pace, Watch, Watchlist
from monitor.schedule.limits import ALL_DAY, Limits, combined, hours_between

DAY = timedelta(days=1)
HOURS_A_DAY = 24

#: The number of products by limits. Those under None are not checked on schedule.
type Paces = Mapping[Limits | None, int]


@dataclass(frozen=True, slots=True)
class Calls:
    """The least and the most calls a day that checks take."""

    least: float = 0.0
    most: float = 0.0

    def __add__(self, other: Calls) -> Calls:
        return Calls(self.least + other.least, self.most + other.most)

    def __mul__(self, count: int) -> Calls:
        return Calls(self.least * count, self.most * count)

    @property
    def is_open(self) -> bool:
        """Whether checks take more than the least if there are calls left."""
        return self.most > self.least


def limits_of(interval: timedelta, soonest: timedelta | None = None, hours: int | None = None) -> Limits:
    """Returns limits in a normal form, without a weight: limits with the same effect are equal."""
    is_fixed = soonest is None or soonest >= interval
    return Limits(interval, None if is_fixed else soonest, hours=ALL_DAY if hours is None else hours)


def tightened(first: Limits, second: Limits) -> Limits:
    """Combines the limits of two watches, in the form of `limits_of`."""
    both = combined([(0, first), (1, second)])
    assert both is not None
    return limits_of(both.latest, both.soonest, both.hours)


def total(paces: Paces) -> int:
    """Returns the number of products."""
    return sum(paces.values())


def calls_a_day(paces: Paces) -> Calls:
    return sum((calls_of(limits) * count for limits, count in paces.items()), Calls())


def calls_of(limits: Limits | None) -> Calls:
    """Returns the calls a day of one product."""
    if limits is None:
        return Calls()
    least = _rate(limits.latest, limits.hours)
    if limits.soonest is None or limits.is_fixed:
        return Calls(least, least)
    return Calls(least, max(least, _rate(limits.soonest, limits.hours)))


def _rate(interval: timedelta, hours: int) -> float:
    """Returns calls a day at an interval. Fewer hours mean fewer calls, but this does not reduce them below one."""
    rate = DAY / interval
    wanted = (hours & ALL_DAY).bit_count()
    return rate if wanted == HOURS_A_DAY else max(min(rate, 1.0), rate * wanted / HOURS_A_DAY)


# The settings of lists and watches


class WatchPace(NamedTuple):
    """A watch's own settings; None and '' mean the list's."""

    interval: timedelta | None = None
    pace: str = ""
    soonest: timedelta | None = None
    hours_from: int | None = None
    hours_until: int | None = None


USUAL = WatchPace()


@dataclass(frozen=True, slots=True)
class ListPace:
    """A list's settings that affect the cost of checks."""

    interval: timedelta
    pace: str
    soonest: timedelta
    hours: int | None = None
    #: The share of what the list asks for that its owner gets.
    granted_share: float = 1.0

    @classmethod
    def by(cls, watchlist: Watchlist, granted_share: float = 1.0) -> ListPace:
        hours = _hours(watchlist.hours_from, watchlist.hours_until)
        return cls(watchlist.interval, watchlist.pace, watchlist.soonest, hours, granted_share)

    def at(self, interval: timedelta) -> ListPace:
        return replace(self, interval=interval)

    def limits(self, own: WatchPace = USUAL) -> Limits:
        """Returns the limits of a product, whose watch may have its own settings."""
        interval, soonest = own.interval or self.interval, own.soonest or self.soonest
        hours = _hours(own.hours_from, own.hours_until) or self.hours
        pace = own.pace or self.pace
        slowed = limits_of(interval, None if pace == Pace.FIXED else soonest, hours).slowed(self.granted_share)
        return limits_of(slowed.latest, slowed.soonest, slowed.hours)


@dataclass(frozen=True, slots=True)
class Tally:
    """One list's watches: the number of paused ones, and of the others by their own settings."""

    paused: int = 0
    watched: Mapping[WatchPace, int] = field(default_factory=dict)

    @property
    def products(self) -> int:
        return self.paused + sum(self.watched.values())

    def active(self, asked: ListPace) -> Paces:
        """Returns the number of products by limits, if the list had these settings."""
        counts: Counter[Limits | None] = Counter()
        for own, count in self.watched.items():
            counts[asked.limits(own)] += count
        return counts


def tallies_of(watchlists: Iterable[int]) -> Mapping[int, Tally]:
    """Returns tallies by the lists' keys. One query along `watch_asked`; very large counts are cached."""
    keys = sorted(watchlists)
    watches = Watch.objects.filter(watchlist__in=keys).order_by()
    counted = watches.values_list("watchlist", "is_paused", *WatchPace._fields).annotate(n=Count("*"))
    rows = cached_count("tallies", keys, lambda: list(counted), lambda rows: sum(n for *_, n in rows))
    paused, watched = Counter[int](), defaultdict[int, dict[WatchPace, int]](dict)
    for watchlist, is_paused, *own, n in rows:
        if is_paused:
            paused[watchlist] += n
        else:
            watched[watchlist][WatchPace(*own)] = n
    return {key: Tally(paused[key], watched[key]) for key in keys}


def _hours(first: int | None, until: int | None) -> int | None:
    """Returns hours as bits; None unless both ends are set."""
    return None if first is None or until is None else hours_between(first, until)
