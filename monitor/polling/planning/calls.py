"""What checks cost in calls a day, by intervals and by the settings of watchlists and watches.

One call serves all who watch a product, so calls are counted by product, with the limits of all its
active watches together (`Product.limits`). A fixed interval gives the exact number of calls.
Otherwise the interval gives the least calls, and `soonest` the most. Calls a day are fractions
here; round them for display."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Count, IntegerField, Sum, Value
from django.db.models.functions import Coalesce

from monitor.judging.schedule.limits import Limits, combined
from monitor.models import Follow, Watch, Watchlist
from monitor.models.assortments import PAGES_EXPECTED
from monitor.polling.planning.rescheduling import limits_set

DAY = timedelta(days=1)
#: The settings of a watch that follows its list: the columns of the index `watch_asked`.
USUAL = {"interval": None, "pace": "", "soonest": None}

#: The number of products, and of pages of followed shops, by limits. Those under None are not
#: checked on schedule.
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


def limits_of(interval: timedelta, soonest: timedelta | None = None) -> Limits:
    """Return limits in the form of `plain`."""
    return plain(Limits(interval, soonest))


def plain(limits: Limits) -> Limits:
    """Return limits in a normal form, without a weight: limits with the same effect are equal."""
    return Limits(limits.latest, None if limits.is_fixed else limits.soonest)


def tightened(first: Limits, second: Limits) -> Limits:
    """Combine the limits of two watches, in the form of `plain`."""
    both = combined([(0, first), (1, second)])
    assert both is not None
    return plain(both)


def total(paces: Paces) -> int:
    """Return the number of products."""
    return sum(paces.values())


def calls_a_day(paces: Paces) -> Calls:
    return sum((calls_of(limits) * count for limits, count in paces.items()), Calls())


def calls_of(limits: Limits | None) -> Calls:
    """Return the calls a day of one product."""
    if limits is None:
        return Calls()
    soonest = limits.latest if limits.soonest is None else min(limits.soonest, limits.latest)
    return Calls(DAY / limits.latest, DAY / soonest)


# The settings of lists and watches


def limits_of_product(watchlist: Watchlist, share: float = 1.0, **own: Any) -> Limits:
    """Return the limits of a product on a list, whose watch has these settings of its `own`.

    `share` is the part of what the list asks for that its owner gets.
    """
    return plain(limits_set(Watch(watchlist=watchlist, **own)).slowed(share))


@dataclass(slots=True)
class Tally:
    """One list's watches: the number of paused ones, and of the others by their own settings.

    `read` has of the followed shops their numbers, and their pages in all, by interval.
    """

    paused: int = 0
    watched: list[tuple[dict[str, Any], int]] = field(default_factory=list)
    read: list[tuple[timedelta, int, int]] = field(default_factory=list)

    @property
    def products(self) -> int:
        return self.paused + sum(count for _own, count in self.watched)

    @property
    def has_usual(self) -> bool:
        """Whether any product has no settings of its own."""
        return any(own == USUAL for own, _count in self.watched)

    @property
    def set_separately(self) -> int:
        """How many products have an interval of their own."""
        return sum(count for own, count in self.watched if own["interval"])

    def active(
        self, watchlist: Watchlist, share: float = 1.0, interval: timedelta | None = None
    ) -> Paces:
        """Return the number of products and of pages by limits, if the list had this `interval`, or
        its own one."""
        counts: Counter[Limits | None] = Counter()
        for own, count in self.watched:
            settings = {**own, "interval": own["interval"] or interval}
            counts[limits_of_product(watchlist, share, **settings)] += count
        for every, _count, pages in self.read:
            counts[plain(Limits(every).slowed(share))] += pages
        return counts


def tallies_of(watchlists: Iterable[int]) -> Mapping[int, Tally]:
    """Return tallies by the lists' keys. One query along `watch_asked`."""
    keys = sorted(watchlists)
    watches = (
        Watch.objects.filter(watchlist__in=keys)
        .order_by()
        .values_list("watchlist", "is_paused", *USUAL)
    )
    follows = Follow.objects.filter(watchlist__in=keys).order_by()
    # The interval, and no other of the columns of `USUAL`.
    none = [Value(None, IntegerField())] * (len(USUAL) - 2)
    read = follows.values_list("watchlist", Value(False), "interval", Value(""), *none)
    counted = watches.annotate(n=Count("*"), shops=Value(0)).union(
        read.annotate(n=Sum(Coalesce("shop__assortment__pages", PAGES_EXPECTED)), shops=Count("*")),
        all=True,
    )
    tallies = {key: Tally() for key in keys}
    for watchlist, is_paused, *own, n, shops in counted:
        if shops:
            tallies[watchlist].read.append((own[0], shops, n))
        elif is_paused:
            tallies[watchlist].paused += n
        else:
            tallies[watchlist].watched.append((dict(zip(USUAL, own, strict=True)), n))
    return tallies
