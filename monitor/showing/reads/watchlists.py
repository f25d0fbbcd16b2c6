"""Reads of the user's watchlists that several pages need, each one query or a part of one."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.shortcuts import get_object_or_404

from monitor.models import Alert, User, Watch, Watchlist
from monitor.models.catalog import DOUYIN
from monitor.showing.reads.counting import DistinctCount, count_up_to
from monitor.showing.reads.frame import MOST_UNREAD


def unread_count(user: User) -> DistinctCount:
    """Return how many alerts of a list `user` has not read."""
    return count_up_to(Alert.objects.unread_by(user).filter(watchlist=OuterRef("pk")), MOST_UNREAD)


def editable(user: User, watchlist: str) -> Exists:
    """Return whether `user` may edit the list that the column `watchlist` names."""
    return Exists(Watchlist.objects.editable_by(user).filter(pk=OuterRef(watchlist)))


def watchlist_for(user: User, pk: int, *, to_edit: bool = False) -> Any:
    """Return a list with its owner, `editable` and the number of `unread` alerts; 404 if `user` may
    not see it or, with `to_edit`, not edit it."""
    lists: Any = Watchlist.objects.for_user(user).select_related("owner")
    lists = lists.annotate(editable=editable(user, "pk"), unread=unread_count(user))
    return get_object_or_404(lists.filter(editable=True) if to_edit else lists, pk=pk)


def watch_for(user: User, pk: int, *, to_edit: bool = False) -> Any:
    """Return a watch with its list, its owner and the product, and `editable`; 404 if `user` may
    not see it or, with `to_edit`, not edit it."""
    watches: Any = Watch.objects.for_user(user).select_related("watchlist__owner", "product__shop")
    watches = watches.annotate(editable=editable(user, "watchlist"))
    return get_object_or_404(watches.filter(editable=True) if to_edit else watches, pk=pk)


def lists_with(lists: QuerySet[Watchlist], ids: Collection[str]) -> dict[str, list[Watchlist]]:
    """Return those of `lists` that hold each of the products with these IDs, by name, with key and
    name only. One query."""
    watches = Watch.objects.filter(
        watchlist__in=lists, product__platform=DOUYIN, product__num_iid__in=ids
    )
    columns = ("product__num_iid", "watchlist", "watchlist__name")
    by_product: dict[str, list[Watchlist]] = defaultdict(list)
    for num_iid, key, name in watches.order_by("watchlist__name").values_list(*columns):
        by_product[num_iid].append(Watchlist(pk=key, name=name))
    return by_product


def may_edit_any(user: User) -> bool:
    """Return whether there is a list to which the user may add products."""
    return Watchlist.objects.editable_by(user).exists()


def watchlist_choices(user: User) -> list[Any]:
    """Return the user's lists by name, each with `editable`."""
    lists = Watchlist.objects.for_user(user).annotate(editable=editable(user, "pk"))
    return list(lists.order_by("name", "pk"))
