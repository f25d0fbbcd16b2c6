"""Watchlists as one user sees them, and what their checks cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Case, Count, Exists, Min, OuterRef, Q, QuerySet, When
from django.db.models.functions import Coalesce

from monitor.history.caching import cached_count
from monitor.models import Pace, Product, User, Watch, Watchlist
from monitor.pages.shared.watchlist_reads import _unread, editable
from monitor.planning.calls import USUAL, Calls, ListPace, Paces, Tally, calls_a_day, limits_of, tallies_of, tightened
from monitor.planning.fit import counted
from monitor.planning.forecast import Forecast, without
from monitor.planning.frame import MOST_UNREAD
from monitor.planning.rates import Rates, learned_rates
from monitor.schedule.census import Census
from monitor.schedule.limits import Limits


@dataclass(frozen=True, slots=True)
class WatchlistCard:
    """A list as one user sees it, and what its checks cost."""

    watchlist: Watchlist
    product_count: int
    calls: Calls
    editable: bool
    unread: int

    @property
    def more_unread(self) -> bool:
        """There may be more unread alerts than were counted."""
        return self.unread >= MOST_UNREAD


@dataclass(frozen=True, slots=True)
class WatchlistCost:
    """What the checks of a list cost, as it is and if it asked for something else.

    `elsewhere` are those of its products that follow the list and that other lists of the user's have checked anyway,
    by what those ask for. Lists of others do not count: the cost must not tell what they watch.
    """

    asked: ListPace
    is_paused: bool
    tally: Tally
    elsewhere: Mapping[Limits, int]

    @property
    def product_count(self) -> int:
        return self.tally.products

    def at(self, asked: ListPace) -> Calls:
        """Calls a day of the whole list, were it alone with its products, and not paused."""
        return calls_a_day(self.tally.active(self._slowed(asked)))

    def _slowed(self, asked: ListPace) -> ListPace:
        as_it_is = asked == replace(self.asked, weight=asked.weight)
        return asked if as_it_is else self.tally.within_quota(asked)

    @property
    def now(self) -> Calls:
        return Calls() if self.is_paused else self.at(self.asked)

    @property
    def resumed(self) -> Calls:
        return self.at(self.asked)

    def forecast(self, asked: ListPace, budget: int, schedule: Paces, rates: Rates | None = None) -> Forecast:
        """What comes of it for the whole `schedule`, in which the list is as it is by now, if it asks for this; by the
        list's `rates` for other products, too."""
        if self.is_paused:
            return Forecast(budget, schedule)
        before = self._paces(self.asked)
        others = without(schedule, before)
        known = replace(rates or Rates(), worth=(self.asked.weight, asked.weight))
        return Forecast(budget, others, before, self._paces(asked), known)

    def _paces(self, asked: ListPace) -> Paces:
        """What all lists of the user's together ask for these products."""
        asked = self._slowed(asked)
        paces = Counter(self.tally.active(asked))
        usual = asked.limits()
        for theirs, count in self.elsewhere.items():
            paces[usual] -= count
            paces[tightened(usual, theirs)] += count
        return +paces


@dataclass(frozen=True, slots=True)
class Deleted:
    """A list that can be brought back."""

    watchlist: Watchlist
    product_count: int


def cards_for(user: User) -> list[WatchlistCard]:
    """Four queries: the user's lists by name with their owners and unread alerts, the members, who those are, and how
    many products are checked how often."""
    lists = (
        Watchlist.objects.for_user(user)
        .select_related("owner")
        .annotate(editable=editable(user, "pk"), unread=_unread(user))
        .prefetch_related("memberships__user")
        .order_by("name", "pk")
    )
    tallies = tallies_of(one.pk for one in lists)
    return [_card(one, tallies[one.pk]) for one in lists]


def _card(annotated: Any, tally: Tally) -> WatchlistCard:
    """A product that two lists watch counts on each: its calls are the price of either."""
    calls = Calls() if annotated.is_paused else calls_a_day(tally.active(ListPace.by(annotated)))
    return WatchlistCard(annotated, tally.products, calls, annotated.editable, annotated.unread)


def cost_of(watchlist: Watchlist, user: User) -> WatchlistCost:
    """Two queries: the list's watches by what they say themselves, and what other lists of the user's ask for the same
    products."""
    tally = tallies_of([watchlist.pk])[watchlist.pk]
    elsewhere = Counter(_asked_elsewhere(watchlist, user) if tally.watched.get(USUAL) else ())
    return WatchlistCost(ListPace.by(watchlist), watchlist.is_paused, tally, elsewhere)


def rates_of(watchlist: Watchlist) -> Rates:
    """Two queries: how often everybody's products change, and how often those that the list has checked."""
    known, watched = learned_rates(), Watch.objects.active().filter(watchlist=watchlist, product=OuterRef("pk"))
    products = Product.objects.filter(Exists(watched))

    def read() -> Census:
        return counted(known.fleet.prior, products)

    return known.about(cached_count("rates", watchlist.pk, read, lambda census: census.products))


def _asked_elsewhere(watchlist: Watchlist, user: User) -> Iterable[Limits]:
    """For each product that follows the list and is on other lists of the user's, what those ask for, at whatever
    hours."""
    followers = watchlist.watches.filter(is_paused=False, **USUAL._asdict())
    own = Watch.objects.active().for_user(user).exclude(watchlist=watchlist)
    others = own.filter(product__in=followers.values("product"))
    interval = Coalesce("interval", "watchlist__interval")
    is_fixed = Q(pace=Pace.FIXED) | Q(pace="", watchlist__pace=Pace.FIXED)
    soonest = Case(When(is_fixed, then=interval), default=Coalesce("soonest", "watchlist__soonest"))
    strictest = others.order_by().values("product").annotate(latest=Min(interval), least=Min(soonest))
    return (limits_of(*both) for both in strictest.values_list("latest", "least"))


def watched_here_alone(watchlist: Watchlist, user: User) -> int:
    """One query: how many products are checked for no other list of the user's."""
    own = Watch.objects.active().for_user(user)
    elsewhere = own.filter(product=OuterRef("product")).exclude(watchlist=watchlist)
    return watchlist.watches.filter(~Exists(elsewhere)).count()


def deleted_lists(user: User, now: datetime) -> list[Deleted]:
    """One query: the lists that `user` can bring back, the latest first."""
    lists: QuerySet[Any] = Watchlist.objects.restorable_by(user, now).annotate(product_count=Count("watches"))
    return [Deleted(one, one.product_count) for one in lists]
