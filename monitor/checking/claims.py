"""Claims: which products one worker may check, and until when.

A claim writes one lease for each product; the products' own rows stay as they are. A worker that dies leaves leases
that run out. The next tick deletes them (`free_lapsed`), and their products are claimed again. A worker that comes back
late finds its leases gone and records nothing.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from monitor.models import Lease, Product
from monitor.provider.observation import GONE

#: How long a claim may wait for a worker before its products are free again.
QUEUE_LEASE = timedelta(minutes=1)
#: How many of the products that are due next are searched for those that may be checked early.
LOOK_AHEAD = 2000


@dataclass(frozen=True, slots=True)
class Claim:
    """Some products for one worker. `key` is in their leases."""

    key: uuid.UUID
    product_ids: tuple[int, ...] = ()


def claim_due(now: datetime, limit: int) -> Claim:
    """Claim up to `limit` due products for a worker to take, the longest waiting first."""
    return _claim_for_worker(Product.objects.due(now), now, limit)


def claim_strict(now: datetime, limit: int) -> Claim:
    """Claim up to `limit` due products that were put off until nearly their longest interval."""
    return _claim_for_worker(Product.objects.due(now).filter(cannot_wait=True), now, limit)


def claim_asked(now: datetime, limit: int) -> Claim:
    """Claim up to `limit` due products that users asked for."""
    return _claim_for_worker(Product.objects.due(now).filter(asked_at__isnull=False), now, limit)


def claim_early(now: datetime, limit: int) -> Claim:
    """Claim up to `limit` products that are due next, of those that may be checked before they are due.

    These are products that were never checked, and those whose shortest interval is over. Products at a fixed interval
    or with hours, and products that fail, are in doubt or gone, wait until they are due.
    """
    upcoming = Product.objects.filter(next_check_at__gt=now).order_by("next_check_at")
    may_be_early = Q(checked_at__isnull=True) | Q(soonest__lt=F("interval"), checked_at__lte=now - F("soonest"))
    early = Product.objects.filter(
        may_be_early,
        pk__in=upcoming.values("pk")[:LOOK_AHEAD],
        hours__isnull=True,
        failing_since__isnull=True,
        doubted_at__isnull=True,
    ).exclude(status__in=[status.value for status in GONE])
    return _claim_for_worker(early.order_by("next_check_at"), now, limit)


def take_due(now: datetime, limit: int, *, lasts: timedelta) -> list[Product]:
    """Claim up to `limit` due products and begin at once."""
    return _lease(Product.objects.due(now), uuid.uuid4(), now + lasts, limit, is_begun=True)


def take(claim: Claim, now: datetime, *, lasts: timedelta) -> list[Product]:
    """Begin a claim that waited, for `lasts`, and read its products.

    A message that comes twice, or after its claim ran out, takes nothing.
    """
    waiting = Lease.objects.running(now).filter(claim=claim.key, is_begun=False)
    if not waiting.update(is_begun=True, until=now + lasts):
        return []
    return _marked(Product.objects.filter(pk__in=Lease.objects.filter(claim=claim.key).values("product")), claim.key)


def seize(product_ids: Sequence[int], now: datetime, *, lasts: timedelta) -> list[Product]:
    """Claim these products and begin at once, due or not, also those that another worker has claimed."""
    Lease.objects.filter(product__in=product_ids).delete()
    products = Product.objects.filter(pk__in=product_ids).order_by("pk")
    return _lease(products, uuid.uuid4(), now + lasts, len(product_ids), is_begun=True)


def take_free(product_ids: Iterable[int], now: datetime, *, lasts: timedelta, since: datetime) -> list[Product]:
    """Claim and begin those of these products, due or not, that are free and were not checked after `since`."""
    keys = list(product_ids)
    free_lapsed(now)
    # A check that lies in the future says that the clock was set back, and not that another process checks.
    products = Product.objects.filter(pk__in=keys).exclude(checked_at__gt=since, checked_at__lte=now)
    return _lease(products.order_by("pk"), uuid.uuid4(), now + lasts, len(keys), is_begun=True)


def release(products: Iterable[Product]) -> None:
    """Give claimed products back unchecked. They are free at once."""
    rows = list(products)
    if rows:
        Lease.objects.filter(claim__in={row.lease for row in rows}, product__in=rows).delete()


def give_back(claim: Claim) -> None:
    """Give back what is left of a claim whose task failed."""
    Lease.objects.filter(claim=claim.key).delete()


def free_lapsed(now: datetime) -> None:
    """Delete the leases that have run out: their workers died, or their messages were lost."""
    Lease.objects.filter(until__lte=now).delete()


def waiting_or_running(now: datetime) -> int:
    """How many products are claimed at the moment."""
    return Lease.objects.running(now).count()


def _claim_for_worker(products: QuerySet[Product], now: datetime, limit: int) -> Claim:
    claim = Claim(uuid.uuid4())
    if limit <= 0:
        return claim
    leased = _lease(products.only("pk"), claim.key, now + QUEUE_LEASE, limit)
    return Claim(claim.key, tuple(product.pk for product in leased))


def _lease(
    products: QuerySet[Product], key: uuid.UUID, until: datetime, limit: int, *, is_begun: bool = False
) -> list[Product]:
    """Lease the first `limit` of `products` that are free, and return them.

    Claims that are made at the same time skip each other's rows. Where another one commits just before its rows are
    read here, the unique key of the leases decides: the one that lost looks again, and then sees what the other has.
    """
    free = products.filter(~Exists(Lease.objects.filter(product=OuterRef("pk"))))
    while True:
        try:
            with transaction.atomic():
                chosen = list(free.select_for_update(skip_locked=True, no_key=True)[: max(0, limit)])
                # In one order, so that no two claims wait for each other.
                keys = sorted(product.pk for product in chosen)
                leases = [Lease(product_id=pk, claim=key, until=until, is_begun=is_begun) for pk in keys]
                Lease.objects.bulk_create(leases)
        except IntegrityError:
            continue
        return _marked(chosen, key)


def _marked(products: Iterable[Product], key: uuid.UUID) -> list[Product]:
    """The products, each with the key of its claim."""
    marked = list(products)
    for product in marked:
        product.lease = key
    return marked
