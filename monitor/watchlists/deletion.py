"""Deleting a list for a while, bringing it back, and purging what nobody has brought back."""

from datetime import datetime

from django.db import transaction

from monitor.models import Alert, User, Watchlist
from monitor.watchlists.names import free_name
from monitor.watchlists.requests import delete_watchlist
from monitor.watchlists.services import CHUNK, watchlist_changed


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
        # In pieces: years of alerts are more than one transaction should carry.
        while keys := list(watchlist.alerts.values_list("pk", flat=True)[:CHUNK]):
            Alert.objects.filter(pk__in=keys).delete()
        delete_watchlist(watchlist, now)
    return len(lists)
