"""What a person does on a page beyond the plain verbs: a check at once, a list deleted."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from monitor.models import Product, Watchlist
from monitor.watchlists.services import remove


def check_now(products: QuerySet[Product], now: datetime) -> int:
    """Make watched products due at once, one call each; return how many were not yet due and not being checked."""
    return products.filter(lease__isnull=True, next_check_at__gt=now).update(next_check_at=now)


@transaction.atomic
def delete_watchlist(watchlist: Watchlist, now: datetime) -> None:
    """Delete a list with its rules and alerts. Its products and their histories stay; those of no list rest."""
    remove(watchlist.watches.all(), now)
    watchlist.delete()
