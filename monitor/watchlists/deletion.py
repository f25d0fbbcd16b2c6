"""Deleting a list, restoring it, and purging it when it was not restored in time."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from monitor import audit
from monitor.models import AuditKind, User, Watchlist
from monitor.watchlists.names import free_name
from monitor.watchlists.services import CHUNK, remove, watchlist_changed


@transaction.atomic
def delete_for_now(watchlist: Watchlist, now: datetime) -> None:
    """Hide a list: it costs no calls and makes no alerts, but keeps its rows."""
    watchlist.deleted_at = now
    watchlist.save(update_fields=["deleted_at"])
    audit.record(AuditKind.LIST_DELETED, about=watchlist.name, row=watchlist)
    watchlist_changed(watchlist, now)


@transaction.atomic
def bring_back(owner: User, pk: int, now: datetime) -> Watchlist:
    """Undo `delete_for_now`; a name that is taken meanwhile gets a number. Raises `Watchlist.DoesNotExist`."""
    # The owner's row is the lock on the names of their lists.
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)
    watchlist = Watchlist.objects.restorable_by(owner, now).get(pk=pk)
    watchlist.name = free_name(owner, watchlist.name)
    watchlist.deleted_at = None
    watchlist.save(update_fields=["name", "deleted_at"])
    audit.record(AuditKind.LIST_RESTORED, about=watchlist.name, row=watchlist)
    watchlist_changed(watchlist, now)
    return watchlist


def purge(now: datetime) -> int:
    """Delete for good the lists that can no longer be restored; return how many."""
    lists = list(Watchlist.objects.to_purge(now))
    for watchlist in lists:
        delete_for_good(watchlist, now)
    return len(lists)


def delete_for_good(watchlist: Watchlist, now: datetime) -> None:
    """Delete a list with its rules and alerts. Its products and their histories stay.

    It works in chunks: tens of thousands of products and years of alerts are too much for one transaction. The list
    itself goes last, so an interrupted deletion goes on with the next call.
    """
    for watches in _pieces(watchlist.watches.all()):
        remove(watches, now)
    for alerts in _pieces(watchlist.alerts.all()):
        alerts.delete()
    with transaction.atomic():
        audit.record(AuditKind.LIST_PURGED, about=watchlist.name, row=watchlist)
        watchlist.delete()


def _pieces(rows: QuerySet[Any]) -> Iterator[QuerySet[Any]]:
    """The rows in chunks, until none is left. The caller must delete each chunk before it takes the next."""
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:CHUNK]):
        yield rows.filter(pk__in=keys)
