"""Watchlists and single watches as one user sees them, and what their checks cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Count, Exists, F, Min, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from monitor.judging.schedule.limits import Limits
from monitor.models import (
    ChannelChoice,
    Invitation,
    Pace,
    Rule,
    User,
    Watch,
    Watchlist,
)
from monitor.models.figures import order_of
from monitor.models.invitations import OWNER
from monitor.models.users import HOW_CHOICES
from monitor.models.watchlists import products_on
from monitor.polling.planning.calls import (
    DAY,
    USUAL,
    Calls,
    Paces,
    Tally,
    calls_a_day,
    limits_of,
    limits_of_product,
    tallies_of,
    tightened,
)
from monitor.polling.planning.forecast import Forecast, without
from monitor.showing.history.moves import move
from monitor.showing.reads.counting import count_up_to
from monitor.showing.reads.sold import sold_on_lists
from monitor.showing.reads.watchlists import editable, unread_count
from monitor.watching.invitations import token_of

#: The products that a list's page shows.
MOST_SHOWN = 10
MOST_RULES_COUNTED = 1000


@dataclass(frozen=True, slots=True)
class WatchlistCost:
    """What the checks of a list cost, now and with other settings.

    `elsewhere` counts the products without settings of their own that other lists of the user check
    anyway, by what those lists ask for. Other users' lists do not count: the cost must not reveal
    what they watch."""

    asked: Watchlist
    is_paused: bool
    tally: Tally
    elsewhere: Mapping[Limits, int]

    @property
    def product_count(self) -> int:
        return self.tally.products

    def at(self, asked: Watchlist, interval: timedelta | None = None) -> Calls:
        """Return the calls a day of the whole list, as if no other user watched its products and it
        was not paused."""
        return calls_a_day(self.tally.active(asked, asked.owner.granted_share, interval))

    @property
    def now(self) -> Calls:
        return Calls() if self.is_paused else self.at(self.asked)

    @property
    def resumed(self) -> Calls:
        return self.at(self.asked)

    def forecast(self, asked: Watchlist, budget: int, schedule: Paces) -> Forecast:
        """Return the effect on the whole `schedule`, which includes the list as it is now."""
        if self.is_paused:
            return Forecast(budget, schedule)
        before = self._paces(self.asked)
        return Forecast(budget, without(schedule, before), before, self._paces(asked))

    def _paces(self, asked: Watchlist) -> Paces:
        """Return what all of the user's lists together ask for these products."""
        share = asked.owner.granted_share
        paces = Counter(self.tally.active(asked, share))
        usual = limits_of_product(asked, share)
        for limits, count in self.elsewhere.items():
            paces[usual] -= count
            paces[tightened(usual, limits)] += count
        return +paces


def cards_for(user: User, now: datetime) -> list[dict[str, Any]]:
    """Return the user's lists by name with their owners, unread alerts and rules, how many products
    they have, how many of these changed in the last day, and what they sell. A product on two lists
    counts on both. Four queries."""
    rules = Rule.objects.filter(watchlist=OuterRef("pk"), watch__isnull=True, is_active=True)
    lists: QuerySet[Any] = (
        Watchlist.objects.for_user(user)
        .select_related("owner")
        .annotate(
            editable=editable(user, "pk"),
            unread=unread_count(user),
            rule_count=count_up_to(rules, MOST_RULES_COUNTED),
        )
        .order_by("name", "pk")
    )
    tallies = tallies_of(watchlist.pk for watchlist in lists)
    changed_rows = Watch.objects.filter(
        ~Q(product__changed_at=F("product__first_data_time")),
        watchlist__in=list(tallies),
        product__changed_at__gt=now - DAY,
    ).order_by()
    counts = changed_rows.values_list("watchlist").annotate(n=Count("*"))
    sold = sold_on_lists(list(tallies))
    changed = dict(counts)
    return [
        {
            "watchlist": watchlist,
            "product_count": tallies[watchlist.pk].products,
            "changed_count": changed.get(watchlist.pk, 0),
            "sold": sold.get(watchlist.pk),
        }
        for watchlist in lists
    ]


def products_of(watchlist: Watchlist) -> list[dict[str, Any]]:
    """Return the products that changed last, and the moves of their prices in a day and a week. One
    query.

    `is_paused`: the product alone, on this list. `has_sales`: what some product of the list sells
    is known."""
    all_products = products_on([watchlist.pk])
    paused = Watch.objects.filter(watchlist=watchlist, product=OuterRef("pk"), is_paused=True)
    products: list[Any] = list(
        all_products.annotate(
            is_paused_here=Exists(paused), has_sales=Exists(all_products.filter(units__gt=0))
        ).order_by(*order_of("-changed"))[:MOST_SHOWN]
    )
    return [
        {
            "product": product,
            "day": move(product.price_a_day_ago, product.current_price),
            "week": move(product.price_a_week_ago, product.current_price),
            "is_paused": product.is_paused_here,
            "has_sales": product.has_sales,
        }
        for product in products
    ]


def cost_of(watchlist: Watchlist, user: User) -> WatchlistCost:
    """Return what the list's checks cost: the settings of its watches, and what other lists of the
    user ask for the same products. Two queries."""
    tally = tallies_of([watchlist.pk])[watchlist.pk]
    elsewhere = Counter(_asked_elsewhere(watchlist, user) if tally.has_usual else ())
    # A copy: a form puts other settings on the list.
    return WatchlistCost(copy(watchlist), watchlist.is_paused, tally, elsewhere)


def _asked_elsewhere(watchlist: Watchlist, user: User) -> Iterable[Limits]:
    """Yield, for each product without settings of its own that is on other lists of the user, what
    those ask for."""
    followers = watchlist.watches.filter(is_paused=False, **USUAL)
    own = Watch.objects.active().for_user(user).exclude(watchlist=watchlist)
    others = own.filter(product__in=followers.values("product"))
    interval = Coalesce("interval", "watchlist__interval")
    is_fixed = Q(pace=Pace.FIXED) | Q(pace="", watchlist__pace=Pace.FIXED)
    soonest = Case(When(is_fixed, then=interval), default=Coalesce("soonest", "watchlist__soonest"))
    strictest = (
        others.order_by().values("product").annotate(latest=Min(interval), least=Min(soonest))
    )
    return (limits_of(latest, least) for latest, least in strictest.values_list("latest", "least"))


def watched_here_alone(watchlist: Watchlist, user: User) -> int:
    """Return how many products no other list of the user checks. One query."""
    own = Watch.objects.active().for_user(user)
    elsewhere = own.filter(product=OuterRef("product")).exclude(watchlist=watchlist)
    return watchlist.watches.filter(~Exists(elsewhere)).count()


def deleted_lists(user: User, now: datetime) -> list[Any]:
    """Return the lists that `user` can restore, the latest first, each with its `product_count`.
    One query."""
    return list(Watchlist.objects.restorable_by(user, now).annotate(product_count=Count("watches")))


def people_of(watchlist: Watchlist, user: User, now: datetime) -> dict[str, Any]:
    """Return the `members` by name, and the unanswered invitations (`invited`), the latest first;
    for a member only an offer to them. Two queries."""
    waiting = (
        Invitation.objects.waiting()
        .filter(watchlist=watchlist)
        .select_related("mail")
        .order_by("-pk")
    )
    if watchlist.owner_id != user.pk:
        waiting = waiting.open(now).filter(email=user.email, role=OWNER)
    return {
        "members": list(
            watchlist.memberships.filter(user__deleted_at__isnull=True)
            .select_related("user")
            .order_by("user__name", "user__email")
        ),
        "invited": [
            {
                "invitation": invitation,
                "is_over": invitation.expires_at <= now,
                "token": token_of(invitation),
            }
            for invitation in waiting
        ],
    }


def mails_of(watchlist: Watchlist, user: User) -> dict[str, Any]:
    """Return the user's `mailbox`, `how` in words it gets the list's alerts, and whether it does
    (`is_on`).

    One query.
    """
    choices = ChannelChoice.objects.filter(channel=OuterRef("pk"), watchlist=watchlist)
    mailboxes: QuerySet[Any] = user.channels.mail().annotate(
        chosen=Subquery(choices.values("how")), leaves_it_out=Exists(choices.filter(is_off=True))
    )
    mailbox = mailboxes.get()
    return {
        "mailbox": mailbox,
        "how": dict(HOW_CHOICES)[mailbox.chosen or mailbox.how],
        "is_on": not (mailbox.is_paused or mailbox.leaves_it_out),
    }
