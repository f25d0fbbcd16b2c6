"""Claiming: who may check which product until when. A claim is one short statement.

A claim is a lease of its products, whose own rows stay as they are. A worker that dies leaves a lease that runs out,
and its products are claimed again; one that comes back late finds its lease gone and records nothing.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from monitor.checking import queue
from monitor.checking.candidates import Wanted
from monitor.models import ClaimMark, Lease, Product

#: How long a claimed batch may wait for a worker before it counts as lost.
QUEUE_LEASE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Claim:
    lease: uuid.UUID
    product_ids: tuple[int, ...]


def claim_due(now: datetime, limit: int) -> Claim:
    """Claim up to `limit` products that are due, the latest by lateness and priority first, for a worker to take."""
    return _claim(Wanted.DUE, now, limit, QUEUE_LEASE)


def claim_strict(now: datetime, limit: int) -> Claim:
    """Claim up to `limit` products that are due and were put off until nearly their greatest age."""
    return _claim(Wanted.STRICT, now, limit, QUEUE_LEASE)


def claim_asked(now: datetime, limit: int) -> Claim:
    """Claim up to `limit` products that somebody asked for."""
    return _claim(Wanted.ASKED, now, limit, QUEUE_LEASE)


def claim_early(now: datetime, limit: int) -> Claim:
    """Claim up to `limit` products that are due next, of those that may be checked sooner than they are due."""
    return _claim(Wanted.EARLY, now, limit, QUEUE_LEASE)


def take_due(now: datetime, limit: int, *, lasts: timedelta) -> list[Product]:
    """Claim and take at once up to `limit` products that are due: who checks them now needs no claim that waits."""
    claim = _claim(Wanted.DUE, now, limit, lasts)
    return _leased(Product.objects.filter(pk__in=claim.product_ids), claim.lease) if claim.product_ids else []


def _claim(wanted: Wanted, now: datetime, limit: int, lasts: timedelta) -> Claim:
    lease = uuid.uuid4()
    return Claim(lease, queue.claimed(wanted, lease, now, lasts, limit) if limit > 0 else ())


def take(claim: Claim, now: datetime, *, lasts: timedelta) -> list[Product]:
    """Turn a waiting claim into a running one of `lasts`, and read its products.

    A message that is delivered twice, or after its claim ran out, takes nothing the second time: the lease is
    renamed on the way.
    """
    if not claim.product_ids:
        return []
    renamed = uuid.uuid4()
    return _leased(queue.taken(claim.lease, renamed, now, lasts), renamed)


@transaction.atomic
def seize(product_ids: Sequence[int], now: datetime, *, lasts: timedelta) -> list[Product]:
    """Claim and read these very products, due or not, whoever has them."""
    if not product_ids:
        return []
    ClaimMark.take_turn()
    _remove(Lease.objects.filter(until__gt=now), product_ids)
    return _lease(product_ids, now + lasts)


@transaction.atomic
def take_free(product_ids: Iterable[int], now: datetime, *, lasts: timedelta, since: datetime) -> list[Product]:
    """Claim and read those of these products, due or not, that nobody has and nobody has checked after `since`."""
    ClaimMark.take_turn()
    held = {key for lease in Lease.objects.filter(until__gt=now) for key in lease.products}
    products = Product.objects.filter(pk__in=set(product_ids) - held)
    # A check that lies in the future says that the clock was set back, and not that another process checks.
    free = products.exclude(checked_at__gt=since, checked_at__lte=now)
    keys = list(free.values_list("pk", flat=True))
    return _lease(keys, now + lasts) if keys else []


def release(products: Iterable[Product], now: datetime) -> None:
    """Give claimed products back unchecked: what is due among them is claimed next."""
    rows = list(products)
    if not rows:
        return
    with transaction.atomic():
        ClaimMark.take_turn(again=True)
        _remove(Lease.objects.filter(pk__in={row.lease for row in rows}), [row.pk for row in rows])


def waiting_or_running(now: datetime) -> int:
    """How many products are claimed at the moment."""
    return Lease.objects.filter(until__gt=now).size()


def _lease(product_ids: Iterable[int], until: datetime) -> list[Product]:
    keys = sorted(product_ids)
    lease = Lease.objects.create(until=until, products=keys)
    return _leased(Product.objects.filter(pk__in=keys), lease.pk)


def _leased(products: Iterable[Product], lease: uuid.UUID) -> list[Product]:
    taken = list(products)
    for product in taken:
        product.lease = lease
    return taken


def _remove(leases: QuerySet[Lease], product_ids: Iterable[int]) -> None:
    """Take products out of these leases."""
    removed = set(product_ids)
    for lease in leases.select_for_update().order_by("pk"):
        kept = [key for key in lease.products if key not in removed]
        if not kept:
            lease.delete()
        elif len(kept) < len(lease.products):
            lease.products = kept
            lease.save(update_fields=["products"])
