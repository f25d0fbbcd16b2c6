"""Watchlists as one user sees them, and what their checks cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django.db.models import Count, Exists, Min, OuterRef, QuerySet
from django.db.models.functions import Coalesce

from monitor.dashboard.counting import CountUpTo
from monitor.dashboard.forecast import DAY, DAYS_A_MONTH, added_calls_a_day, calls_a_day
from monitor.dashboard.mail_choices import mail_choice
from monitor.dashboard.prepared import Prepared, Reader, columns_of
from monitor.dashboard.shell import MOST_UNREAD
from monitor.dashboard.tallies import Tally, tallies_of
from monitor.models import Alert, ProductIndex, User, Watch, Watchlist


@dataclass(frozen=True, slots=True)
class WatchlistCard:
    """A list as one user sees it, and what its checks cost."""

    watchlist: Watchlist
    product_count: int
    calls_a_day: int
    editable: bool
    unread: int

    @property
    def more_unread(self) -> bool:
        """There may be more unread alerts than were counted."""
        return self.unread >= MOST_UNREAD

    @property
    def calls_a_month(self) -> int:
        return self.calls_a_day * DAYS_A_MONTH


@dataclass(frozen=True, slots=True)
class Cost:
    """What the checks of a list cost, now and at another interval.

    Paused products are counted in `product_count` alone. Of the others, `own` are those with an interval of their
    own, by it; `common` are those that follow the list, by the shortest interval at which other lists have them
    checked anyway.
    """

    interval: timedelta
    is_paused: bool
    product_count: int
    own: Mapping[timedelta | None, int]
    common: Mapping[timedelta | None, int]

    def at(self, interval: timedelta) -> int:
        """Calls a day of the whole list, were it alone with its products, and not paused."""
        return round(calls_a_day(self.own) + sum(self.common.values()) * (DAY / interval))

    @property
    def now(self) -> int:
        return 0 if self.is_paused else self.at(self.interval)

    @property
    def resumed(self) -> int:
        return self.at(self.interval)

    @property
    def a_month(self) -> int:
        return self.now * DAYS_A_MONTH

    def change(self, interval: timedelta) -> int:
        """Calls a day by which the whole schedule grows with another interval; below zero, shrinks."""
        if self.is_paused:
            return 0
        return round(added_calls_a_day(self.common, interval) - added_calls_a_day(self.common, self.interval))


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
    cost = 0 if annotated.is_paused else round(calls_a_day(tally.active(annotated.interval)))
    return WatchlistCard(annotated, tally.products, cost, annotated.editable, annotated.unread)


def _unread(user: User) -> CountUpTo:
    """How many alerts of a list `user` has not read."""
    return CountUpTo(Alert.objects.unread_by(user).filter(watchlist=OuterRef("pk")), MOST_UNREAD)


def watchlist_for(user: User, pk: int) -> Watchlist:
    """One query: a list with its owner, `editable`, the number of `unread` alerts and the user's `mail_choice`. Raises
    `Watchlist.DoesNotExist` where `user` sees none.
    """
    lists = Watchlist.objects.for_user(user).select_related("owner")
    return lists.annotate(editable=editable(user, "pk"), unread=_unread(user), mail_choice=mail_choice(user)).get(pk=pk)


def cost_of(watchlist: Watchlist) -> Cost:
    """Two queries: the list's watches by pause and interval, and what other lists ask for the same products."""
    tally = tallies_of([watchlist.pk])[watchlist.pk]
    common: Counter[timedelta | None] = Counter(_asked_elsewhere(watchlist))
    common[None] = max(0, tally.usual - common.total())
    return Cost(watchlist.interval, watchlist.is_paused, tally.products, tally.own, common)


def _asked_elsewhere(watchlist: Watchlist) -> Iterable[timedelta]:
    """For each product that follows the list and that others watch too, the shortest interval that those ask for."""
    shared = ProductIndex.objects.shared(watchlist.pk).values("pk")
    followers = watchlist.watches.filter(is_paused=False, interval__isnull=True, product__in=shared)
    others = Watch.objects.active().exclude(watchlist=watchlist).filter(product__in=followers.values("product"))
    shortest = others.order_by().values("product").annotate(least=Min(Coalesce("interval", "watchlist__interval")))
    return shortest.values_list("least", flat=True)


def watched_here_alone(watchlist: Watchlist) -> int:
    """One query: how many products are checked for no other list, and so no longer when this one goes."""
    elsewhere = Watch.objects.active().filter(product=OuterRef("product")).exclude(watchlist=watchlist)
    return watchlist.watches.filter(~Exists(elsewhere)).count()


def deleted_lists(user: User, now: datetime) -> list[Deleted]:
    """One query: the lists that `user` can bring back, the latest first."""
    lists: QuerySet[Any] = Watchlist.objects.restorable_by(user, now).annotate(product_count=Count("watches"))
    return [Deleted(one, one.product_count) for one in lists]


def may_edit_any(user: User) -> bool:
    """One query: whether there is a list to which the user may add products."""
    return Watchlist.objects.editable_by(user).exists()


def watchlist_choices(user: User) -> list[Watchlist]:
    """One query: the user's lists by name, each with `editable`."""
    return _CHOICES.instances(Watchlist, user=user.pk)


def watchlists_of(user: User) -> list[Watchlist]:
    """One query: the user's lists by name, for a choice that counts nothing."""
    return list(Watchlist.objects.for_user(user).order_by("name", "pk"))


def editable(user: User, watchlist: str) -> Exists:
    """Whether `user` may edit the list that the column `watchlist` names."""
    return Exists(Watchlist.objects.editable_by(user).filter(pk=OuterRef(watchlist)))


def _choices() -> QuerySet[Watchlist, Any]:
    reader = cast("User", Reader())
    lists: QuerySet[Watchlist] = Watchlist.objects.for_user(reader).annotate(editable=editable(reader, "pk"))
    rows: QuerySet[Watchlist, Any] = lists.order_by("name", "pk").values(*columns_of(Watchlist), "editable")
    return rows


_CHOICES = Prepared(_choices)
