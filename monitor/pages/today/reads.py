"""The first page: what is new, what is unread, how checks go, and a new user's first steps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery

from monitor.history.counting import DistinctCount, count_up_to
from monitor.history.news import News, news
from monitor.history.polling import Trouble, trouble
from monitor.models import Alert, Heartbeat, ProductIndex, Rule, User, Watch, Watchlist
from monitor.models.catalog import is_never_found
from monitor.models.product_index import STANDINGS
from monitor.models.rules import UNCHOSEN_RULES
from monitor.models.system_clock import SetBack
from monitor.models.usage import quota_reset
from monitor.pages.shared.alert_reads import newest_unread
from monitor.pages.shared.health import clock_set_back
from monitor.planning.forecast import DayEnd, day_end, scheduled_calls
from monitor.planning.frame import Shell
from monitor.provider.observation import GONE
from monitor.watchlists.visits import VISIT_ENDS_AFTER

#: Products above this number are not counted.
MOST_COUNTED = 5000


#: How far news go back at most, and for a first visit.
LONGEST = timedelta(days=7)
AT_FIRST = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Since:
    """News count from `at`: the end of the last visit, if there was one and it is not too long ago."""

    at: datetime
    is_first_visit: bool = False
    last_visit: datetime | None = None

    @property
    def is_cut(self) -> bool:
        return self.last_visit is not None and self.last_visit < self.at


def since(user: User, now: datetime) -> Since:
    """During a visit, news count from the end of the one before."""
    is_visit = user.seen_at is not None and now - user.seen_at <= VISIT_ENDS_AFTER
    last = user.last_visit_at if is_visit else user.seen_at
    if last is None:
        return Since(now - AT_FIRST, is_first_visit=True)
    return Since(max(last, now - LONGEST), last_visit=last)


@dataclass(frozen=True, slots=True)
class Standing:
    """The user's products, how many of them are paused, and whether there are checks and rules.

    `never_found`: not paused, and unknown to the provider. `gone`: not paused, found once, and gone. `is_told`: there
    is a checked product that is neither paused nor gone. `has_check`: a check has found a product. `added_at`: when the
    first product was added. `has_rule`: there is a rule besides those of every new list. `is_silent`: no worker for
    checks sends heartbeats; `is_unheard`: none ever did. `own_list`: the key of a list that the user may edit.
    `has_list`: there is a list that the user may view.
    """

    watched: int
    paused: int
    never_found: int
    gone: int
    is_told: bool
    has_check: bool
    added_at: datetime | None
    has_rule: bool
    is_silent: bool
    is_unheard: bool
    own_list: int | None
    has_list: bool

    @property
    def checked(self) -> int:
        """Products that are checked and exist."""
        return max(self.watched - self.paused - self.never_found - self.gone, 0)

    @property
    def can_add(self) -> bool:
        """False for users who only view others' lists."""
        return self.own_list is not None or not self.has_list

    @property
    def watches_more(self) -> bool:
        """Whether there may be more products than were counted."""
        return self.watched >= MOST_COUNTED

    @property
    def is_settled(self) -> bool:
        """Whether all the first steps are done."""
        return bool(self.watched) and self.has_check and self.has_rule


@dataclass(frozen=True, slots=True)
class Today:
    since: Since
    standing: Standing
    news: News
    #: The first product was added after the news began.
    is_new: bool
    alerts: list[Alert]
    trouble: Trouble
    forecast: DayEnd | None
    #: For operators only.
    clock: SetBack | None
    #: Calls a day that the budget lacks for the lists' intervals, as far as that was counted.
    lacking: int

    @property
    def is_calm(self) -> bool:
        """Whether there are checked products, without changes and trouble."""
        is_troubled = self.trouble.failing or self.trouble.late or self.lacking or self.standing.never_found
        return bool(self.standing.is_told and not self.news and not is_troubled)


def today(user: User, shell: Shell, now: datetime) -> Today:
    """Nine queries; eleven if prices moved or products left the shelf; one more for operators."""
    began, where = since(user, now), standing(user, now)
    scheduled = scheduled_calls(MOST_COUNTED)
    is_new = where.added_at is not None and where.added_at > began.at
    return Today(
        since=began,
        standing=where,
        # A product may have changed before the user added it.
        news=news(user, where.added_at if is_new and where.added_at else began.at, now),
        is_new=is_new,
        alerts=newest_unread(user, now),
        trouble=trouble(user, now),
        forecast=day_end(shell.calls, shell.budget, quota_reset(now) - timedelta(days=1), now, scheduled),
        clock=clock_set_back(now) if user.is_staff else None,
        lacking=max(0, math.ceil(scheduled.least) - shell.budget) if scheduled else 0,
    )


def standing(user: User, now: datetime) -> Standing:
    """Three queries."""
    lists = list(Watchlist.objects.for_user(user).values_list("pk", flat=True))
    watches = Watch.objects.filter(watchlist__in=lists).order_by()
    gone = _gone(lists)
    usual = reduce(or_, (Q(kind=rule.kind.value, threshold=rule.threshold) for rule in UNCHOSEN_RULES))
    rules = Rule.objects.filter(watchlist__in=lists)
    checked = watches.filter(product__data_time__isnull=False).exclude(is_never_found("product__"))
    # Served by an index, however long the list is.
    first = Watch.objects.filter(watchlist=OuterRef("pk")).order_by("created_at").values("created_at")[:1]
    begun = Watchlist.objects.filter(pk__in=lists).annotate(first_at=Subquery(first)).filter(first_at__isnull=False)
    row = User.objects.values(
        watched=_products(watches),
        paused=_products(watches.filter(is_paused=True))
        + _products(watches.filter(is_paused=False, watchlist__is_paused=True)),
        is_told=Exists(checked.active().exclude(product__status__in=GONE)),
        has_check=Exists(checked),
        added_at=Subquery(begun.order_by("first_at").values("first_at")[:1]),
        has_rule=Exists(rules.filter(Q(watch__isnull=False) | ~usual)),
        is_silent=~Exists(Heartbeat.objects.of_checks().alive(now)),
        is_unheard=~Exists(Heartbeat.objects.of_checks()),
        own_list=Subquery(Watchlist.objects.editable_by(user).order_by("pk").values("pk")[:1]),
    ).get(pk=user.pk)
    return Standing(has_list=bool(lists), never_found=sum(gone), gone=len(gone) - sum(gone), **row)


def _gone(lists: Sequence[int]) -> list[bool]:
    """For each product of `lists` that is gone and not paused: whether it was never found. Served by the index of
    standings: few products are gone, and a list may be long."""
    watches = Watch.objects.filter(watchlist__in=lists, product=OuterRef("pk")).active()
    rows = ProductIndex.objects.filter(standing__in=[STANDINGS[status] for status in GONE])
    was_never_found = ExpressionWrapper(is_never_found("product__"), BooleanField())
    return list(rows.filter(Exists(watches)).values_list(was_never_found, flat=True)[:MOST_COUNTED])


def _products(watches: QuerySet[Watch]) -> DistinctCount:
    return count_up_to(watches, MOST_COUNTED, "product")
