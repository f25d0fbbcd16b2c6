"""Changes to many products that can be taken back: what each watch was before, short even for thousands."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate, batched
from typing import Any, Literal

from django.db import transaction
from django.db.models import QuerySet

from monitor.models import Product, User, Watch, Watchlist
from monitor.watchlists import bulk
from monitor.watchlists.removal import Receipt, distances, put_back
from monitor.watchlists.rescheduling import ASKED, CHUNK, reschedule
from monitor.watchlists.services import save_watch

#: What can be set for many watches, and set back.
type Field = Literal["is_paused"] | bulk.OwnField
#: For each former value the keys of the watches that had it, each as its distance from the one before.
type Former = list[tuple[Any, list[int]]]


@dataclass(frozen=True, slots=True)
class Changed:
    """`field` of watches was given `value`; intervals are in seconds. Ready for JSON."""

    field: Field
    value: Any
    former: Former


@dataclass(frozen=True, slots=True)
class Moved:
    """Watches came to the list `target`, and others were removed because their product was there. Ready for JSON."""

    target: int
    former: Former
    removed: Receipt


def changed(watches: Sequence[int], field: Field, value: Any) -> Changed:
    """To be asked before the change; watches that have the value already are left out."""
    return Changed(field, _plain(value), _former(watches, field, value))


def move(watches: Sequence[int], target: Watchlist, now: datetime) -> tuple[int, Moved]:
    """As `bulk.move`, with what `move_back` needs."""
    former = _former(watches, "watchlist_id", target.pk)
    count, removed = bulk.move(watches, target, now)
    return count, Moved(target.pk, former, removed)


def set_back(user: User, done: Changed, now: datetime) -> int:
    """Undo a change on lists that `user` may still edit; return how many. What was changed again is left alone."""
    return sum(bulk.in_chunks(list(accumulate(keys)), _setting_back(user, done, was, now)) for was, keys in done.former)


def move_back(user: User, done: Moved, now: datetime) -> int:
    """Undo a move between lists that `user` may still edit; return how many went back.

    What was moved or removed again meanwhile is left alone, and what was added again to its former list.
    """
    lists = Watchlist.objects.editable_by(user).in_bulk()
    count = 0
    for watchlist, keys in done.former:
        if watchlist in lists and done.target in lists:
            moved = lists[done.target].watches.exclude(product__in=lists[watchlist].watches.values("product"))
            for chunk in batched(accumulate(keys), CHUNK):
                found = list(moved.filter(pk__in=chunk).values_list("pk", flat=True))
                count += bulk.move(found, lists[watchlist], now)[0]
    return count + put_back(user, done.removed, now)


def asked_of(watch: Watch) -> dict[str, Any]:
    """What a watch says itself of its product's checks, ready for JSON."""
    return {name: _plain(getattr(watch, name)) for name in ASKED}


def ask_again(user: User, pk: int, was: dict[str, Any], became: dict[str, Any], now: datetime) -> bool:
    """Have a watch on a list that `user` may still edit ask for what it asked before it `became` so; whether it did.
    What was changed again is left alone."""
    watch = Watch.objects.filter(pk=pk, watchlist__in=Watchlist.objects.editable_by(user)).first()
    if watch is None or asked_of(watch) != became:
        return False
    for name, value in was.items():
        is_length = name in ("interval", "soonest") and value is not None
        setattr(watch, name, timedelta(seconds=value) if is_length else value)
    save_watch(watch, now)
    return True


def _plain(value: Any) -> Any:
    return value.total_seconds() if isinstance(value, timedelta) else value


def _former(watches: Sequence[int], field: str, value: Any) -> Former:
    groups: dict[Any, list[int]] = defaultdict(list)
    for keys in batched(watches, CHUNK):
        for key, was in Watch.objects.filter(pk__in=keys).values_list("pk", field):
            if was != value:
                groups[_plain(was)].append(key)
    return [(was, distances(keys)) for was, keys in groups.items()]


def _setting_back(user: User, done: Changed, was: Any, now: datetime) -> Callable[[QuerySet[Watch]], int]:
    def stored(value: Any) -> Any:
        return timedelta(seconds=value) if done.field == "interval" and value is not None else value

    @transaction.atomic
    def act(chunk: QuerySet[Watch]) -> int:
        lists = Watchlist.objects.editable_by(user)
        watches = chunk.filter(watchlist__in=lists, **{done.field: stored(done.value)})
        found = list(watches.values_list("pk", "product_id"))
        Watch.objects.filter(pk__in=[key for key, _ in found]).update(**{done.field: stored(was)})
        reschedule(Product.objects.filter(pk__in=[product for _, product in found]), now)
        return len(found)

    return act
