"""What is done to many products at once: in chunks, each a short transaction with a fixed number of statements."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched
from typing import Any, Literal

from django.db import transaction
from django.db.models import F, Min, QuerySet
from django.db.models.functions import Coalesce

from monitor.budget.retry import retried
from monitor.models import Product, Rule, RuleMemory, User, Watch, Watchlist
from monitor.recording.alerts import start_watching
from monitor.watchlists.removal import Receipt, remove_for_now
from monitor.watchlists.requests import GrantedChecks, ask
from monitor.watchlists.rescheduling import CHUNK, reschedule

#: What a watch may say itself of its product's checks.
type OwnField = Literal["interval", "pace", "priority"]
#: More would keep the browser waiting, and be hard to take back.
MOST = 10_000


@dataclass(frozen=True, slots=True)
class Selection:
    """The chosen watches that their user may edit, by keys in the order of their products.

    `products` counts what they watch, `skipped` the chosen products of which none is on a list that he may edit.
    """

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
    """Two queries. With a `watchlist`, its watches alone are meant."""
    chosen = products.order_by().count()
    if chosen > MOST:
        return Selection((), 0, chosen)
    watches = Watch.objects.filter(
        watchlist__in=Watchlist.objects.editable_by(user), product__in=products.order_by().values("pk")
    )
    if watchlist is not None:
        watches = watches.filter(watchlist_id=watchlist)
    found = list(watches.order_by("product_id", "pk").values_list("pk", "product_id"))
    editable = len({product for _, product in found})
    return Selection([key for key, _ in found], editable, max(0, chosen - editable))


def in_chunks(watches: Sequence[int], act: Callable[[QuerySet[Watch]], int]) -> int:
    """Let `act`, which returns a count, work on some watches after the others; return the sum."""
    persistent = retried(act)
    return sum(persistent(Watch.objects.filter(pk__in=keys)) for keys in batched(watches, CHUNK))


def calls_of(watches: Sequence[int]) -> int:
    """How many calls `check_all` would make: one for each product that is not paused."""
    return sum(_checked(Watch.objects.filter(pk__in=keys)).count() for keys in batched(watches, CHUNK))


def check_all(watches: Sequence[int], by: User, now: datetime) -> GrantedChecks:
    """Make the products due at once, one call each, as far as the person who asks may; those that are due or being
    checked already need none."""
    persistent, asked = retried(ask), GrantedChecks()
    for keys in batched(watches, CHUNK):
        asked += persistent(_checked(Watch.objects.filter(pk__in=keys)), by, now)
    return asked


def move(watches: Sequence[int], target: Watchlist, now: datetime) -> tuple[int, Receipt]:
    """Take watches to another list, with their own settings and rules.

    Return how many were not on it before, and the receipt of those that were removed because their product was.
    """
    removed: Receipt = []

    def act(chunk: QuerySet[Watch]) -> int:
        moved, doubled = _move(chunk, target, now)
        removed.extend(doubled)
        return moved

    return in_chunks(watches, act), removed


def set_own(watches: Sequence[int], field: OwnField, value: Any, now: datetime) -> int:
    """Have these products checked at an interval, a pace or a priority of their own, or again as their list says."""

    @transaction.atomic
    def act(chunk: QuerySet[Watch]) -> int:
        count = chunk.update(**{field: value})
        reschedule(Product.objects.filter(watches__in=chunk), now)
        return count

    return in_chunks(watches, act)


def are_open(watches: Sequence[int]) -> bool:
    """Whether any of these products is checked more often than at its interval where that finds more."""
    adaptive = Product.objects.filter(soonest__lt=F("interval"))
    return any(adaptive.filter(watches__in=keys).exists() for keys in batched(watches, CHUNK))


def intervals_of(watches: Sequence[int]) -> Counter[timedelta]:
    """How many of these products are checked at which interval, as their watches and lists say."""
    found: Counter[timedelta] = Counter()
    for keys in batched(watches, CHUNK):
        chunk = Watch.objects.active().filter(pk__in=keys).order_by()
        asked = chunk.values("product").annotate(least=Min(Coalesce("interval", "watchlist__interval")))
        found.update(asked.values_list("least", flat=True))
    return found


def _checked(watches: QuerySet[Watch]) -> QuerySet[Product]:
    return Product.objects.watched().filter(pk__in=Watch.objects.active().filter(pk__in=watches).values("product"))


@transaction.atomic
def _move(watches: QuerySet[Watch], target: Watchlist, now: datetime) -> tuple[int, Receipt]:
    """Of two watches of one product only the first can go; the other one is removed, as one is that was there."""
    found = list(watches.exclude(watchlist=target).order_by("pk").values_list("pk", "watchlist_id", "product_id"))
    wanted = [product for *_, product in found]
    there = set(target.watches.filter(product__in=wanted).values_list("product_id", flat=True))
    moving: dict[int, int] = {}
    doubled: list[int] = []
    for key, _left, product in found:
        if product in there:
            doubled.append(key)
        else:
            there.add(product)
            moving[key] = product
    for left in {watchlist for key, watchlist, _ in found if key in moving}:
        gone = [product for key, watchlist, product in found if watchlist == left and key in moving]
        RuleMemory.objects.filter(rule__watchlist=left, rule__watch__isnull=True, product__in=gone).delete()
    removed = remove_for_now(doubled, now)
    Watch.objects.filter(pk__in=moving).update(watchlist=target)
    Rule.objects.filter(watch__in=moving).update(watchlist=target)
    reschedule(Product.objects.filter(pk__in=moving.values()), now)
    start_watching(moving, now=now)
    return len(moving), removed
