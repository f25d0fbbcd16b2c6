"""What a person does on a page beyond the plain verbs: a removal that can be taken back, a check at once."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from monitor.models import Product, Rule, User, Watch, Watchlist
from monitor.watchlists.services import add_products, pause, remove, reschedule


@dataclass(frozen=True, slots=True)
class Removed:
    """A removed watch, complete enough to be made again: the list, the product and what was set for it alone."""

    watchlist: int
    num_iid: str
    note: str
    is_paused: bool
    interval_seconds: float | None
    rules: list[dict[str, Any]]


@transaction.atomic
def remove_for_now(watches: QuerySet[Watch], now: datetime) -> list[dict[str, Any]]:
    """Remove watches and return receipts, ready for JSON, with which `put_back` makes them again."""
    rows = list(watches.select_related("product").prefetch_related("rules"))
    receipts = [
        asdict(
            Removed(
                watch.watchlist_id,
                watch.product.num_iid,
                watch.note,
                watch.is_paused,
                watch.interval.total_seconds() if watch.interval else None,
                [
                    {"kind": rule.kind, "threshold": rule.threshold, "is_active": rule.is_active}
                    for rule in watch.rules.all()
                ],
            )
        )
        for watch in rows
    ]
    remove(Watch.objects.filter(pk__in=[watch.pk for watch in rows]), now)
    return receipts


@transaction.atomic
def put_back(user: User, receipts: Iterable[dict[str, Any]], now: datetime) -> int:
    """Make removed watches again, on lists that `user` may still edit; return how many. Rules start afresh."""
    lists = Watchlist.objects.editable_by(user).in_bulk()
    count = 0
    for receipt in receipts:
        removed = Removed(**receipt)
        watchlist = lists.get(removed.watchlist)
        if watchlist is None or not add_products(watchlist, [removed.num_iid], now):
            continue
        watch = Watch.objects.get(watchlist=watchlist, product__num_iid=removed.num_iid)
        _restore(watch, removed, now)
        count += 1
    return count


def _restore(watch: Watch, removed: Removed, now: datetime) -> None:
    watch.note = removed.note
    watch.interval = None if removed.interval_seconds is None else timedelta(seconds=removed.interval_seconds)
    watch.save(update_fields=["note", "interval"])
    Rule.objects.bulk_create(Rule(watchlist_id=watch.watchlist_id, watch=watch, **rule) for rule in removed.rules)
    this = Watch.objects.filter(pk=watch.pk)
    if removed.is_paused:
        pause(this, now)
    else:
        reschedule(Product.objects.filter(pk=watch.product_id), now)


def check_now(products: QuerySet[Product], now: datetime) -> int:
    """Make watched products due at once, one call each; return how many were not yet due and not being checked."""
    return products.filter(lease__isnull=True, next_check_at__gt=now).update(next_check_at=now)


@transaction.atomic
def delete_watchlist(watchlist: Watchlist, now: datetime) -> None:
    """Delete a list with its rules and alerts. Its products and their histories stay; those of no list rest."""
    remove(watchlist.watches.all(), now)
    watchlist.delete()
