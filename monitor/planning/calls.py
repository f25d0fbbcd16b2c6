"""What checks cost in calls a day: by how often products are checked, and by what watchlists and watches ask for.

One call serves everybody who watches a product, so calls are counted over products, each by what all its active watches
ask for together (`Product.limits`). At a fixed interval it takes that many calls. Where it is checked as it changes the
interval tells what it takes at least, and `soonest` what it takes at most. Calls a day are fractions here: round them
where they are shown.
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
from monitor.models.watchlists import Priority
from monitor.schedule import ALL_DAY, Limits, combined, hours_between

DAY = timedelta(days=1)
HOURS_A_DAY = 24

#: How many products are asked for how often; those under None are not checked by themselves.
type Paces = Mapping[Limits | None, int]


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls a day that checks take at least, and at most, however much there is to be found."""

    least: float = 0.0
    most: float = 0.0

    def __add__(self, other: Calls) -> Calls:
        return Calls(self.least + other.least, self.most + other.most)

    def __mul__(self, count: int) -> Calls:
        return Calls(self.least * count, self.most * count)

    @property
    def is_open(self) -> bool:
        """Whether checks take more than the least where there are calls for it."""
        return self.most > self.least


def limits_of(interval: timedelta, soonest: timedelta | None = None, hours: int | None = None) -> Limits:
    """What two ask for is equal where it comes to the same. What an early finding is worth does not count here."""
    is_fixed = soonest is None or soonest >= interval
    return Limits(interval, None if is_fixed else soonest, hours=ALL_DAY if hours is None else hours)


def tightened(one: Limits, other: Limits) -> Limits:
    """What both ask for together, as `limits_of` has it."""
    both = combined([(0, one), (1, other)])
    assert both is not None
    return limits_of(both.latest, both.soonest, both.hours)


def total(paces: Paces) -> int:
    """How many products these are."""
    return sum(paces.values())


def calls_a_day(paces: Paces) -> Calls:
    """Calls that checking takes in a day."""
    return sum((calls_of(limits) * count for limits, count in paces.items()), Calls())


def calls_of(limits: Limits | None) -> Calls:
    """Calls that one product takes in a day."""
    if limits is None:
        return Calls()
    least = _rate(limits.latest, limits.hours)
    if limits.soonest is None or limits.is_fixed:
        return Calls(least, least)
    return Calls(least, max(least, _rate(limits.soonest, limits.hours)))


def _rate(interval: timedelta, hours: int) -> float:
    """Calls a day every `interval`; where not all hours are wanted as many fewer, but one a day as before."""
    rate = DAY / interval
    wanted = (hours & ALL_DAY).bit_count()
    return rate if wanted == HOURS_A_DAY else max(min(rate, 1.0), rate * wanted / HOURS_A_DAY)


# What lists and watches ask for


class WatchPace(NamedTuple):
    """What a watch says itself; None and '' are the list's."""

    interval: timedelta | None = None
    pace: str = ""
    soonest: timedelta | None = None
    hours_from: int | None = None
    hours_until: int | None = None


USUAL = WatchPace()


@dataclass(frozen=True, slots=True)
class ListPace:
    """What a list asks of its products' checks, as far as it has a price."""

    interval: timedelta
    pace: str
    soonest: timedelta
    hours: int | None = None
    #: What an early finding is worth to it.
    weight: float = 1.0
    #: What an operator lets it take at most, and the share of what it asks for that this allows, as reckoned last.
    quota: int | None = None
    slowed: float = 1.0

    @classmethod
    def by(cls, watchlist: Watchlist) -> ListPace:
        hours = _hours(watchlist.hours_from, watchlist.hours_until)
        weight = Priority(watchlist.priority).weight
        asked = cls(watchlist.interval, watchlist.pace, watchlist.soonest, hours, weight)
        return replace(asked, quota=watchlist.quota, slowed=watchlist.slowed)

    def at(self, interval: timedelta) -> ListPace:
        return replace(self, interval=interval)

    def limits(self, own: WatchPace = USUAL) -> Limits:
        """For a product about which its watch may say something itself."""
        interval, soonest = own.interval or self.interval, own.soonest or self.soonest
        hours = _hours(own.hours_from, own.hours_until) or self.hours
        pace = own.pace or self.pace
        told = limits_of(interval, None if pace == Pace.FIXED else soonest, hours).slowed(self.slowed)
        return limits_of(told.latest, told.soonest, told.hours)


@dataclass(frozen=True, slots=True)
class Tally:
    """One list's watches: those that rest, and the others by what they say themselves."""

    resting: int = 0
    watched: Mapping[WatchPace, int] = field(default_factory=dict)

    @property
    def products(self) -> int:
        return self.resting + sum(self.watched.values())

    def active(self, asked: ListPace) -> Paces:
        """How many products are checked how often, where the list asks for this."""
        counts: Counter[Limits | None] = Counter()
        for own, count in self.watched.items():
            counts[asked.limits(own)] += count
        return counts

    def within_quota(self, asked: ListPace) -> ListPace:
        """As slow as the list's quota will have it, where it begins to ask for this."""
        freely = replace(asked, slowed=1.0)
        least = calls_a_day(self.active(freely)).least
        return replace(freely, slowed=min(1.0, asked.quota / least) if asked.quota and least else 1.0)


def tallies_of(watchlists: Iterable[int]) -> Mapping[int, Tally]:
    """By the lists' keys. One query along `watch_asked`, or none where there were very many watches a moment ago."""
    keys = sorted(watchlists)
    watches = Watch.objects.filter(watchlist__in=keys).order_by()
    counted = watches.values_list("watchlist", "is_paused", *WatchPace._fields).annotate(n=Count("*"))
    found = cached_count("tallies", keys, lambda: list(counted), lambda rows: sum(n for *_, n in rows))
    resting, watched = Counter[int](), defaultdict[int, dict[WatchPace, int]](dict)
    for watchlist, is_paused, *own, n in found:
        if is_paused:
            resting[watchlist] += n
        else:
            watched[watchlist][WatchPace(*own)] = n
    return {key: Tally(resting[key], watched[key]) for key in keys}


def _hours(first: int | None, until: int | None) -> int | None:
    """As bits; None where it is not said, or only half of it."""
    return None if first is None or until is None else hours_between(first, until)
