"""Watchlists as one user sees them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Prefetch, Q

from monitor.models import User, Watch, Watchlist

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class WatchlistCard:
    """A list as one user sees it, and what its checks cost."""

    watchlist: Watchlist
    product_count: int
    calls_a_day: int
    editable: bool


def cards_for(user: User) -> list[WatchlistCard]:
    """Three queries: the user's lists by name with their owners, the members, the watches with a pace of their own."""
    own_pace = Watch.objects.filter(is_paused=False, interval__isnull=False).only("watchlist_id", "interval")
    lists = (
        Watchlist.objects.for_user(user)
        .select_related("owner")
        .annotate(
            product_count=Count("watches"),
            active_count=Count("watches", filter=Q(watches__is_paused=False)),
            editable=editable(user, "pk"),
        )
        .prefetch_related("memberships__user", Prefetch("watches", own_pace, to_attr="own_pace"))
        .order_by("name", "pk")
    )
    return [_card(one) for one in lists]


def _card(annotated: Any) -> WatchlistCard:
    """A product that two lists watch counts on each: its calls are the price of either."""
    usual = annotated.active_count - len(annotated.own_pace)
    calls = usual * (DAY / annotated.interval) + sum(DAY / watch.interval for watch in annotated.own_pace)
    cost = 0 if annotated.is_paused else round(calls)
    return WatchlistCard(annotated, annotated.product_count, cost, annotated.editable)


def watchlist_choices(user: User) -> list[Watchlist]:
    """One query: the user's lists by name, each with `editable` and `product_count`."""
    lists = Watchlist.objects.for_user(user).annotate(editable=editable(user, "pk"), product_count=Count("watches"))
    return list(lists.order_by("name", "pk"))


def editable(user: User, watchlist: str) -> Exists:
    """Whether `user` may edit the list that the column `watchlist` names."""
    return Exists(Watchlist.objects.editable_by(user).filter(pk=OuterRef(watchlist)))
