"""Undo of changes to many watches: the former values, which are short even for thousands of
watches."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import accumulate, batched
from typing import Any

from django.db.models import QuerySet

from monitor.models import User, Watch, Watchlist
from monitor.polling.planning.rescheduling import CHUNK
from monitor.watching import bulk
from monitor.watching.removal import Receipt, distances, plain, put_back, stored
from monitor.watching.services import set_columns

#: For each former value the `distances` of the keys of the watches that had it.
type Former = list[tuple[Any, list[int]]]


@dataclass(frozen=True, slots=True)
class Changed:
    """`field` of the watches was set to `value`; intervals are in seconds. Ready for JSON."""

    field: str
    value: Any
    former: Former


@dataclass(frozen=True, slots=True)
class Moved:
    """Watches were moved to the list `target`, others removed because their product was there.
    Ready for JSON."""

    target: int
    former: Former
    removed: Receipt


def changed(watches: Sequence[int], field: str, value: Any) -> Changed:
    """Call it before the change. Watches that have the value already are left out."""
    return Changed(field, plain(value), _former(watches, field, value))


def move(watches: Sequence[int], target: Watchlist, now: datetime) -> tuple[int, Moved]:
    """Like `bulk.move`, but returns what `move_back` needs."""
    former = _former(watches, "watchlist_id", target.pk)
    count, removed = bulk.move(watches, target, now)
    return count, Moved(target.pk, former, removed)


def set_back(user: User, done: Changed, now: datetime) -> int:
    """Undo a change on lists that `user` may still edit; return how many. Watches changed again
    since stay so."""
    return sum(
        bulk.in_chunks(list(accumulate(keys)), partial(_set_back, user, done, was, now))
        for was, keys in done.former
    )


def _set_back(user: User, done: Changed, was: Any, now: datetime, chunk: QuerySet[Watch]) -> int:
    lists = Watchlist.objects.editable_by(user)
    watches = chunk.filter(watchlist__in=lists, **{done.field: stored(done.field, done.value)})
    return set_columns(watches, now, **{done.field: stored(done.field, was)})


def move_back(user: User, done: Moved, now: datetime) -> int:
    """Undo a move between lists that `user` may still edit; return how many went back.

    Watches that were moved or removed again stay so, and so do products that are on their former
    list again."""
    lists = Watchlist.objects.editable_by(user).in_bulk()
    count = 0
    for watchlist, keys in done.former:
        if watchlist in lists and done.target in lists:
            moved = lists[done.target].watches.exclude(
                product__in=lists[watchlist].watches.values("product")
            )
            for chunk in batched(accumulate(keys), CHUNK):
                watches = list(moved.filter(pk__in=chunk).values_list("pk", flat=True))
                count += bulk.move(watches, lists[watchlist], now)[0]
    return count + put_back(user, done.removed, now)


def _former(watches: Sequence[int], field: str, value: Any) -> Former:
    groups: dict[Any, list[int]] = defaultdict(list)
    for keys in batched(watches, CHUNK):
        for key, was in Watch.objects.filter(pk__in=keys).values_list("pk", field):
            if was != value:
                groups[plain(was)].append(key)
    return [(was, distances(keys)) for was, keys in groups.items()]
