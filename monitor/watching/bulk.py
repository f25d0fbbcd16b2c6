"""Actions on many products at once, in chunks: each is a short transaction with a fixed number of
statements."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from monitor.models import Product, Rule, RuleMemory, User, Watch, Watchlist
from monitor.polling.planning.rescheduling import CHUNK, reschedule
from monitor.polling.recording.alerts import start_watching
from monitor.polling.retry import retried
from monitor.watching.requests import GrantedChecks, ask
from monitor.watching.services import set_columns

#: More would keep the browser waiting, and be hard to take back.
MOST = 10_000


@dataclass(frozen=True, slots=True)
class Selection:
    """The keys of the chosen watches that the user may edit, in the order of their products.

    `products` counts the watched products, `skipped` the chosen products that are on no list the
    user may edit."""

    watches: Sequence[int]
    products: int
    skipped: int

    @property
    def chosen(self) -> int:
        return self.products + self.skipped

    @property
    def is_too_large(self) -> bool:
        return self.chosen > MOST


def select(user: User, products: QuerySet[Product], watchlist: int | None = None) -> Selection:
    """Return the user's watches of these products, or only those on one `watchlist`. Two
    queries."""
    chosen = products.order_by().count()
    if chosen > MOST:
        return Selection((), 0, chosen)
    watches = Watch.objects.filter(
        watchlist__in=Watchlist.objects.editable_by(user),
        product__in=products.order_by().values("pk"),
    )
    if watchlist is not None:
        watches = watches.filter(watchlist_id=watchlist)
    rows = list(watches.order_by("product_id", "pk").values_list("pk", "product_id"))
    editable = len({product for _, product in rows})
    return Selection([key for key, _ in rows], editable, max(0, chosen - editable))


def change(watches: Sequence[int], now: datetime, **columns: Any) -> None:
    """Pause or resume watches, or give them their own interval, pace or priority, or their list's
    again."""
    retried_set = retried(set_columns)
    for keys in batched(watches, CHUNK):
        retried_set(Watch.objects.filter(pk__in=keys), now, **columns)


def calls_of(watches: Sequence[int]) -> int:
    """Return how many calls `check_all` would make: one for each product that is not paused."""
    return sum(
        _checked(Watch.objects.filter(pk__in=keys)).count() for keys in batched(watches, CHUNK)
    )


def check_all(watches: Sequence[int], by: User, now: datetime) -> GrantedChecks:
    """Make the products due at once, one call each, within the user's allowance."""
    retried_ask, asked = retried(ask), GrantedChecks()
    for keys in batched(watches, CHUNK):
        asked += retried_ask(_checked(Watch.objects.filter(pk__in=keys)), by, now)
    return asked


def move(watches: Sequence[int], target: Watchlist, now: datetime) -> int:
    """Move watches to another list, with their own settings and rules; return how many were moved.

    Those whose product is there already stay where they are: nothing is lost."""
    retried_move = retried(_move)
    return sum(
        retried_move(Watch.objects.filter(pk__in=keys), target, now)
        for keys in batched(watches, CHUNK)
    )


def _checked(watches: QuerySet[Watch]) -> QuerySet[Product]:
    return Product.objects.watched().filter(
        pk__in=Watch.objects.active().filter(pk__in=watches).values("product")
    )


@transaction.atomic
def _move(watches: QuerySet[Watch], target: Watchlist, now: datetime) -> int:
    """Move the first watch of each product."""
    there = target.watches.values("product")
    rows = watches.exclude(watchlist=target).exclude(product__in=there)
    # Of the watches of one product, the last of this order stays in the dictionary: the oldest.
    moving = {watch.product_id: watch for watch in rows.order_by("-pk")}
    by_list: dict[int, list[int]] = defaultdict(list)
    for product, watch in moving.items():
        by_list[watch.watchlist_id].append(product)
    for watchlist, left in by_list.items():
        RuleMemory.objects.filter(
            rule__watchlist=watchlist, rule__watch__isnull=True, product__in=left
        ).delete()
    keys = [watch.pk for watch in moving.values()]
    Watch.objects.filter(pk__in=keys).update(watchlist=target)
    Rule.objects.filter(watch__in=keys).update(watchlist=target)
    reschedule(Product.objects.filter(pk__in=moving), now)
    start_watching(keys, now=now)
    return len(keys)
