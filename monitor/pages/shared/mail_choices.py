"""How a reader has the alerts of his watchlists mailed."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Case, F, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from monitor.mail_times import SCHEDULED, How, next_slot
from monitor.models import MailChoice, User, Watchlist
from monitor.timing.plans import plan_of


def mail_choice(user: User) -> Combinable:
    """How `user` has a list's alerts mailed: a `How`, `MailChoice.OFF`, or nothing where it is as of his others."""
    chosen = Case(When(is_off=True, then=Value(MailChoice.OFF)), default=F("how"))
    rows = MailChoice.objects.filter(user=user, watchlist=OuterRef("pk")).annotate(chosen=chosen)
    return Coalesce(Subquery(rows.values("chosen")), Value(""))


def mail_lists(user: User) -> list[Any]:
    """One query: the user's lists by name with their owners, each with his `mail_choice`."""
    lists: QuerySet[Any] = Watchlist.objects.for_user(user).select_related("owner")
    return list(lists.annotate(mail_choice=mail_choice(user)).order_by("name", "pk"))


def next_digest(user: User, lists: Iterable[Any], now: datetime) -> datetime | None:
    """When the next daily or weekly digest of these lists comes, if any does."""
    hows = {one.mail_choice or user.mail_how for one in lists} if user.receives_mail else set()
    return min((next_slot(plan_of(user), How(how), now) for how in hows if how in SCHEDULED), default=None)
