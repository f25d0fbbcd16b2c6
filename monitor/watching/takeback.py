"""Changes of many watches with undo: a receipt has the former values, and is short even for
thousands of watches."""

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
type Former = Sequence[tuple[Any, list[int]]]


@dataclass(frozen=True, slots=True)
class Changed:
    """`field` of the watches was set to `value`, and others were removed. Ready for JSON."""

    field: str = ""
    value: Any = None
    former: Former = ()
    removed: Receipt = ()


def change(watches: Sequence[int], field: str, value: Any, now: datetime) -> Changed:
    """Pause or resume watches, or give them their own interval, pace or priority, or their list's
    again; return what `take_back` needs. Watches that have the value already are left out of it."""
    former = _former(watches, field, value)
    bulk.in_chunks(watches, lambda chunk: set_columns(chunk, now, **{field: value}))
    return Changed(field, plain(value), former)


def move(watches: Sequence[int], target: Watchlist, now: datetime) -> tuple[int, Changed]:
    """Like `bulk.move`, but returns what `take_back` needs."""
    former = _former(watches, "watchlist_id", target.pk)
    count, removed = bulk.move(watches, target, now)
    return count, Changed("watchlist_id", target.pk, former, removed)


def take_back(user: User, done: Changed, now: datetime) -> int:
    """Undo a change on lists that `user` may still edit; return how many. Watches that were changed
    again since stay so, and so do products that are on their former list again."""
    count = sum(
        bulk.in_chunks(list(accumulate(keys)), partial(_set_back, user, done, was, now))
        for was, keys in done.former
    )
    return count + put_back(user, done.removed, now)


def _set_back(user: User, done: Changed, was: Any, now: datetime, chunk: QuerySet[Watch]) -> int:
    lists = Watchlist.objects.editable_by(user)
    watches = chunk.filter(watchlist__in=lists, **{done.field: stored(done.field, done.value)})
    if done.field != "watchlist_id":
        return set_columns(watches, now, **{done.field: stored(done.field, was)})
    home = lists.filter(pk=was).first()
    if home is None:
        return 0
    moved = watches.exclude(product__in=home.watches.values("product"))
    return bulk.move(list(moved.values_list("pk", flat=True)), home, now)[0]


def _former(watches: Sequence[int], field: str, value: Any) -> Former:
    groups: dict[Any, list[int]] = defaultdict(list)
    for keys in batched(watches, CHUNK):
        for key, was in Watch.objects.filter(pk__in=keys).values_list("pk", field):
            if was != value:
                groups[plain(was)].append(key)
    return [(was, distances(keys)) for was, keys in groups.items()]
