"""Reads of the user's watchlists that several pages need."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.shortcuts import get_object_or_404

from monitor.history.counting import DistinctCount, count_up_to
from monitor.mail_times import SCHEDULED, How, next_slot
from monitor.models import Alert, MailChoice, User, Watch, Watchlist
from monitor.planning.frame import MOST_UNREAD
from monitor.timing.plans import plan_of


def unread_count(user: User) -> DistinctCount:
    """How many alerts of a list `user` has not read."""
    return count_up_to(Alert.objects.unread_by(user).filter(watchlist=OuterRef("pk")), MOST_UNREAD)


def mail_choice(user: User) -> Combinable:
    """How `user` has a list's alerts mailed: a `How`, `MailChoice.OFF`, or '' if like those of the other lists."""
    chosen = Case(When(is_off=True, then=Value(MailChoice.OFF)), default=F("how"))
    rows = MailChoice.objects.filter(user=user, watchlist=OuterRef("pk")).annotate(chosen=chosen)
    return Coalesce(Subquery(rows.values("chosen")), Value(""))


def editable(user: User, watchlist: str) -> Exists:
    """Whether `user` may edit the list that the column `watchlist` names."""
    return Exists(Watchlist.objects.editable_by(user).filter(pk=OuterRef(watchlist)))


def watchlist_for(user: User, pk: int) -> Any:
    """One query: a list with its owner, `editable`, the number of `unread` alerts and the user's `mail_choice`. 404 if
    `user` may not see it.
    """
    lists = Watchlist.objects.for_user(user).select_related("owner")
    lists = lists.annotate(editable=editable(user, "pk"), unread=unread_count(user), mail_choice=mail_choice(user))
    return get_object_or_404(lists, pk=pk)


def watch_for(user: User, pk: int) -> Any:
    """One query: a watch with its list, its owner and the product, and `editable`. 404 if `user` may not see it."""
    watches = Watch.objects.for_user(user).select_related("watchlist__owner", "product__shop")
    return get_object_or_404(watches.annotate(editable=editable(user, "watchlist")), pk=pk)


def may_edit_any(user: User) -> bool:
    """One query: whether there is a list to which the user may add products."""
    return Watchlist.objects.editable_by(user).exists()


def watchlist_choices(user: User) -> list[Any]:
    """One query: the user's lists by name, each with `editable`."""
    lists = Watchlist.objects.for_user(user).annotate(editable=editable(user, "pk"))
    return list(lists.order_by("name", "pk"))


def mail_lists(user: User) -> list[Any]:
    """One query: the user's lists by name with their owners, each with the user's `mail_choice`."""
    lists: QuerySet[Any] = Watchlist.objects.for_user(user).select_related("owner")
    return list(lists.annotate(mail_choice=mail_choice(user)).order_by("name", "pk"))


def next_digest(user: User, lists: Iterable[Any], now: datetime) -> datetime | None:
    """When the next daily or weekly digest of these lists comes, if any does."""
    hows = {watchlist.mail_choice or user.mail_how for watchlist in lists} if user.receives_mail else set()
    return min((next_slot(plan_of(user), How(how), now) for how in hows if how in SCHEDULED), default=None)
