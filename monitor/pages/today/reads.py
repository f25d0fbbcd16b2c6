"""The first page: what happened, what is wrong with the checks, and a new user's first steps."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.conf import settings
from django.db.models import Exists, Min, OuterRef, Q, Subquery

from monitor.models import (
    Alert,
    Channel,
    Follow,
    Heartbeat,
    Pairing,
    Product,
    Rule,
    User,
    Watch,
    Watchlist,
)
from monitor.models.catalog import is_never_found
from monitor.models.rules import UNCHOSEN_RULES
from monitor.pages.today.feed import MINOR_SHOWN, SHOWN, Feed, feed, rows_of
from monitor.provider.observation import GONE
from monitor.showing.history.news import happenings, watches_of
from monitor.showing.history.polling import Failing, trouble
from monitor.showing.reads.briefing import Briefing, Selling, briefing, selling
from monitor.showing.reads.counting import count_up_to
from monitor.showing.reads.frame import PageFrame
from monitor.showing.reads.products import CHEAPER, RIVALS, ProductFilters, on_lists, own_watches
from monitor.watching.visits import VISIT_ENDS_AFTER

#: Products above this number are not counted.
MOST_COUNTED = 5000
#: Rules of which a new user is told, and newest products among which the next check is searched.
MOST_RULES, MOST_WATCHES = 20, 50
#: Rows of each answer before the rest.
ANSWERS = 3
#: How far news go back at most, and for a first visit.
LONGEST = timedelta(days=7)
AT_FIRST = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Since:
    """News count from `at`: the end of the last visit, if there was one and it is not too long
    ago."""

    at: datetime
    is_first_visit: bool = False
    last_visit: datetime | None = None

    @property
    def is_cut(self) -> bool:
        return self.last_visit is not None and self.last_visit < self.at


def since(user: User, now: datetime) -> Since:
    """Return from when on news count: during a visit, from the end of the one before."""
    is_visit = user.seen_at is not None and now - user.seen_at <= VISIT_ENDS_AFTER
    last = user.last_visit_at if is_visit else user.seen_at
    if last is None:
        return Since(now - AT_FIRST, is_first_visit=True)
    return Since(max(last, now - LONGEST), last_visit=last)


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the user has come, and whether there are checks.

    `has_active_product`: there is a checked product that is neither paused nor gone. `has_check`: a
    check has found a product. `added_at`: when the first product was added. `has_rule`: there is a
    rule besides those of every new list. `is_silent`: no worker for checks sends heartbeats;
    `is_unheard`: none ever did. `own_list`: the key of a list that the user may edit.
    `never_found`: how many products that are not paused are unknown to the provider.
    `refused_channel`: the key of a channel of the user that takes no alerts any more. `drops`: how
    many rivals are cheaper than seven days ago."""

    lists: Sequence[int]
    has_active_product: bool
    has_check: bool
    added_at: datetime | None
    has_rule: bool
    is_silent: bool
    is_unheard: bool
    own_list: int | None
    never_found: int
    refused_channel: int | None
    has_pairing: bool
    has_follow: bool
    has_own: bool
    drops: int

    @property
    def has_product(self) -> bool:
        return self.added_at is not None

    @property
    def can_add(self) -> bool:
        """False for users who only view others' lists."""
        return self.own_list is not None or not self.lists


@dataclass(frozen=True, slots=True)
class Health:
    """What is wrong with the checks. What the frame says on every page is left out."""

    failing: list[Failing]
    never_found: int
    is_silent: bool = False
    late: int = 0
    is_allowance_used_up: bool = False

    def __bool__(self) -> bool:
        return any(getattr(self, each.name) for each in fields(self))


@dataclass(frozen=True, slots=True)
class Outlook:
    """What happens after the first products were added: `check_at` is the time of the next check,
    if there is one; `rules` say what alerts, and `channels` get it."""

    check_at: datetime | None
    rules: list[str]
    channels: list[Channel]


@dataclass(frozen=True, slots=True)
class Today:
    since: Since
    standing: Standing
    #: None for a new user without news.
    answers: Briefing | None
    #: None without products of the user's own.
    selling: Selling | None
    feed: Feed
    #: The first product was added after the news began.
    is_new: bool
    health: Health
    #: For a new user without news.
    outlook: Outlook | None
    #: IDs of products to begin with: only in the sandbox, where checks cost nothing.
    samples: Sequence[str]


def today(user: User, frame: PageFrame, now: datetime) -> Today:
    """Return what the page shows. At most 12 queries, 8 without products of the user's own, rivals
    and followed shops."""
    began, where = since(user, now), standing(user, now)
    is_new = where.added_at is not None and where.added_at > began.at
    # A product may have changed before the user added it.
    starts = where.added_at if is_new and where.added_at else began.at
    changed = happenings(Watch.objects.looked_up_for(user), starts, now)
    rows, minor = rows_of(changed)
    named = [key for key, row in (*rows[:SHOWN], *minor[:MINOR_SHOWN]) if row.shop is None]
    watches = _watches(user, [*changed.left, *changed.back, *named])
    answers = briefing(
        user,
        where.lists,
        changed,
        watches,
        starts,
        now,
        shown=ANSWERS,
        has_pairing=where.has_pairing,
        has_follow=where.has_follow,
    )
    news = feed(rows, minor, watches, or_more=changed.or_more)
    is_quiet = is_new and not news and not answers
    return Today(
        began,
        where,
        None if is_quiet else answers,
        selling(user, where.lists) if where.has_own else None,
        news,
        is_new,
        health(user, frame, where, now),
        outlook(user, where.lists) if is_quiet else None,
        settings.SANDBOX_SAMPLES
        if settings.PROVIDER_SANDBOX and where.can_add and not where.has_product
        else (),
    )


def _watches(user: User, products: Collection[int]) -> dict[int, list[Watch]]:
    """Return the user's watches of these products, with `has_unread`. At most one query."""
    unread = Alert.objects.for_user(user).unread_by(user).filter(product=OuterRef("product"))
    mine = Watch.objects.for_user(user).annotate(has_unread=Exists(unread))
    return watches_of(mine, products)


def outlook(user: User, lists: Sequence[int]) -> Outlook:
    """Return what happens next on the lists. Three queries."""
    newest = (
        Watch.objects.active()
        .filter(watchlist__in=lists)
        .order_by("-pk")
        .values("product")[:MOST_WATCHES]
    )
    rules = Rule.objects.filter(watchlist__in=lists, watch=None, is_active=True).order_by("pk")
    return Outlook(
        Product.objects.filter(pk__in=newest).aggregate(at=Min("next_check_at"))["at"],
        list(dict.fromkeys(map(str, rules[:MOST_RULES]))),
        list(user.channels.in_use().filter(refused_at=None).oldest_first().select_related("owner")),
    )


def health(user: User, frame: PageFrame, where: Standing, now: datetime) -> Health:
    """Return what is wrong with the checks. One query."""
    troubles = trouble(user, now)
    if frame.halted_at or frame.circuit_opened_at or frame.paused_until or not frame.calls_left:
        return Health(troubles.failing, where.never_found)
    is_silent = (
        where.is_silent
        and where.has_product
        and (not where.is_unheard or frame.late_since is not None)
    )
    return Health(
        troubles.failing,
        where.never_found,
        is_silent=is_silent,
        late=0 if is_silent else troubles.late,
        is_allowance_used_up=frame.is_allowance_used_up and not user.is_staff,
    )


def standing(user: User, now: datetime) -> Standing:
    """Return how far the user has come. Two queries."""
    lists = list(Watchlist.objects.for_user(user).values_list("pk", flat=True))
    watches = Watch.objects.filter(watchlist__in=lists).order_by()
    usual = reduce(
        or_, (Q(kind=rule.kind.value, threshold=rule.threshold) for rule in UNCHOSEN_RULES)
    )
    rules = Rule.objects.filter(watchlist__in=lists)
    checked = watches.filter(product__data_time__isnull=False).exclude(is_never_found("product__"))
    # Served by an index, however long the list is.
    first = (
        Watch.objects.filter(watchlist=OuterRef("pk"))
        .order_by("created_at")
        .values("created_at")[:1]
    )
    begun = (
        Watchlist.objects.filter(pk__in=lists)
        .annotate(first_at=Subquery(first))
        .filter(first_at__isnull=False)
    )
    not_found = Product.objects.filter(is_never_found(), pk__in=watches.active().values("product"))
    drops = on_lists(lists, ProductFilters(whose=RIVALS, changed=CHEAPER), now)
    row = User.objects.values(
        has_active_product=Exists(checked.active().exclude(product__status__in=GONE)),
        has_check=Exists(checked),
        added_at=Subquery(begun.order_by("first_at").values("first_at")[:1]),
        has_rule=Exists(rules.filter(Q(watch__isnull=False) | ~usual)),
        is_silent=~Exists(Heartbeat.objects.of_checks().alive(now)),
        is_unheard=~Exists(Heartbeat.objects.of_checks()),
        own_list=Subquery(Watchlist.objects.editable_by(user).order_by("pk").values("pk")[:1]),
        never_found=count_up_to(not_found, MOST_COUNTED),
        refused_channel=Subquery(
            user.channels.added().refusing().filter(is_paused=False).values("pk")[:1]
        ),
        has_pairing=Exists(Pairing.objects.filter(watch__watchlist__in=lists)),
        has_follow=Exists(Follow.objects.filter(watchlist__in=lists)),
        has_own=Exists(own_watches(user, lists)),
        drops=count_up_to(drops, MOST_COUNTED),
    ).get(pk=user.pk)
    return Standing(lists, **row)
