"""Deleting a list for a while, bringing it back, and deleting for good, as with what nobody has brought back."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from monitor.models import User, Watchlist
from monitor.watchlists.names import free_name
from monitor.watchlists.services import CHUNK, remove, watchlist_changed


@transaction.atomic
def delete_for_now(watchlist: Watchlist, now: datetime) -> None:
    """A list that is deleted costs no call, makes no alert and is seen by nobody, but keeps all that it holds."""
    watchlist.deleted_at = now
    watchlist.save(update_fields=["deleted_at"])
    watchlist_changed(watchlist, now)


@transaction.atomic
def bring_back(owner: User, pk: int, now: datetime) -> Watchlist:
    """Undo `delete_for_now`; a name that is taken meanwhile gets a number. Raises `Watchlist.DoesNotExist`."""
    # The owner's row is the lock on the names of his lists.
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)
    watchlist = Watchlist.objects.restorable_by(owner, now).get(pk=pk)
    watchlist.name = free_name(owner, watchlist.name)
    watchlist.deleted_at = None
    watchlist.save(update_fields=["name", "deleted_at"])
    watchlist_changed(watchlist, now)
    return watchlist


def purge(now: datetime) -> int:
    """Delete for good what was deleted too long ago to be brought back; returns how many lists that were."""
    lists = list(Watchlist.objects.to_purge(now))
    for watchlist in lists:
        delete_for_good(watchlist, now)
    return len(lists)


def delete_for_good(watchlist: Watchlist, now: datetime) -> None:
    """Delete a list with its rules and alerts. Its products and their histories stay; those of no list rest.

    In pieces: tens of thousands of products and years of alerts are more than one statement or transaction should
    carry. Whatever ends it before the list itself is gone, it goes on with the next call.
    """
    for watches in _pieces(watchlist.watches.all()):
        remove(watches, now)
    for alerts in _pieces(watchlist.alerts.all()):
        alerts.delete()
    watchlist.delete()


def _pieces(rows: QuerySet[Any]) -> Iterator[QuerySet[Any]]:
    """The rows, `CHUNK` by `CHUNK`, until none is left; each piece has to be deleted before the next is asked for."""
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:CHUNK]):
        yield rows.filter(pk__in=keys)
