"""Deleting a list, restoring it, and purging it when it was not restored in time; purging products
of no list."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import batched
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from monitor.models import AuditKind, Product, User, Watchlist
from monitor.models.catalog import is_never_found
from monitor.people import audit
from monitor.watching.names import free_name
from monitor.watching.services import CHUNK, remove, watchlist_changed


@transaction.atomic
def delete_for_now(watchlist: Watchlist, now: datetime) -> None:
    """Hide a list: it costs no calls and makes no alerts, but keeps its rows."""
    watchlist.deleted_at = now
    watchlist.save(update_fields=["deleted_at"])
    audit.record(AuditKind.LIST_DELETED, about=watchlist.name, row=watchlist)
    watchlist_changed(watchlist, now)


@transaction.atomic
def bring_back(owner: User, pk: int, now: datetime) -> Watchlist:
    """Undo `delete_for_now`; a name that is taken meanwhile gets a number. Raises
    `Watchlist.DoesNotExist`."""
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

    It works in chunks: tens of thousands of products and years of alerts are too much for one
    transaction. The list itself goes last, so an interrupted deletion goes on with the next call.
    """
    for watches in in_pieces(watchlist.watches.all()):
        remove(watches, now)
    for alerts in in_pieces(watchlist.alerts.all()):
        alerts.delete()
    with transaction.atomic():
        audit.record(
            AuditKind.LIST_PURGED, person=watchlist.owner, about=watchlist.name, row=watchlist
        )
        watchlist.delete()


def purge_products(now: datetime) -> int:
    """Delete products that no user watches: a day later those without history, the others after
    `HISTORY_DAYS`; return how many."""
    day_ago, long_ago = now - timedelta(days=1), now - timedelta(days=settings.HISTORY_DAYS)
    without_history = Q(first_data_time=None) | is_never_found()
    deleted = 0
    for unwatched, at_once in (
        (Product.objects.unwatched_since(day_ago).filter(without_history, alerts=None), CHUNK),
        (Product.objects.unwatched_since(long_ago), 1),  # A history has thousands of rows.
    ):
        for keys in batched(unwatched.order_by("pk").values_list("pk", flat=True), at_once):
            with transaction.atomic():
                free = (
                    Product.objects.free(now)
                    .filter(pk__in=keys)
                    .order_by("pk")
                    .select_for_update(skip_locked=True)
                )
                # Decided when they are locked, in a statement of its own: by now some may be
                # watched again.
                gone = unwatched.filter(pk__in=list(free.values_list("pk", flat=True)))
                deleted += gone.delete()[1].get(Product._meta.label, 0)
    return deleted


def in_pieces(rows: QuerySet[Any]) -> Iterator[QuerySet[Any]]:
    """Return the rows in chunks, until none is left. The caller must delete each chunk before it
    takes the next."""
    while keys := list(rows.order_by().values_list("pk", flat=True)[:CHUNK]):
        yield rows.filter(pk__in=keys)
