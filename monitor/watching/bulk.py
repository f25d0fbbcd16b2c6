"""Actions on many products at once, in chunks: each is a short transaction with a fixed number of
statements."""

from collections import defaultdict
from collections.abc import Callable, Sequence
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
from monitor.watching.removal import Receipt, remove_for_now
from monitor.watching.requests import GrantedChecks, ask

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


def in_chunks(watches: Sequence[int], act: Callable[[QuerySet[Watch]], int]) -> int:
    """Call `act`, which returns a count, for each chunk of the watches; return the sum."""
    retried_act = retried(act)
    return sum(retried_act(Watch.objects.filter(pk__in=keys)) for keys in batched(watches, CHUNK))


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


def move(watches: Sequence[int], target: Watchlist, now: datetime) -> tuple[int, Receipt]:
    """Move watches to another list, with their own settings and rules.

    Return how many were moved, and the receipt of those that were removed because their product was
    there already."""
    removed: list[Any] = []

    def act(chunk: QuerySet[Watch]) -> int:
        moved, receipt = _move(chunk, target, now)
        removed.extend(receipt)
        return moved

    return in_chunks(watches, act), removed


def _checked(watches: QuerySet[Watch]) -> QuerySet[Product]:
    return Product.objects.watched().filter(
        pk__in=Watch.objects.active().filter(pk__in=watches).values("product")
    )


@transaction.atomic
def _move(watches: QuerySet[Watch], target: Watchlist, now: datetime) -> tuple[int, Receipt]:
    """Move the first watch of each product; remove the others, and those of products that are on
    the list already."""
    rows = list(
        watches.exclude(watchlist=target)
        .order_by("pk")
        .values_list("pk", "watchlist_id", "product_id")
    )
    products = [product for *_, product in rows]
    there = set(target.watches.filter(product__in=products).values_list("product_id", flat=True))
    moving: dict[int, int] = {}
    duplicates: list[int] = []
    by_list: dict[int, list[int]] = defaultdict(list)
    for key, watchlist, product in rows:
        if product in there:
            duplicates.append(key)
        else:
            there.add(product)
            moving[key] = product
            by_list[watchlist].append(product)
    for watchlist, left in by_list.items():
        RuleMemory.objects.filter(
            rule__watchlist=watchlist, rule__watch__isnull=True, product__in=left
        ).delete()
    removed = remove_for_now(duplicates, now)
    Watch.objects.filter(pk__in=moving).update(watchlist=target)
    Rule.objects.filter(watch__in=moving).update(watchlist=target)
    reschedule(Product.objects.filter(pk__in=moving.values()), now)
    start_watching(moving, now=now)
    return len(moving), removed
