"""Claims: which products one worker may check, and until when.

A claim is two columns of each of its products. The claim of a worker that dies runs out, and its products are claimed
again. A worker that comes back late finds another claim on its products and records nothing.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from monitor.models import Product
from monitor.models.catalog import ProductQuerySet
from monitor.provider.observation import GONE

#: How long a claim may wait for a worker before its products are free again.
QUEUE_LEASE = timedelta(minutes=1)
#: How many of the products that are due next are searched for products that may be checked early.
LOOK_AHEAD = 2000


@dataclass(frozen=True, slots=True)
class Claim:
    """Some products for one worker. Their column `claim` holds the `key`."""

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
    return _claim(Product.objects.due(now).select_related("shop"), now, limit, lasts, uuid.uuid4())


def take(claim: Claim, now: datetime, *, lasts: timedelta) -> list[Product]:
    """Begin a waiting claim for `lasts`, and read its products.

    A message that comes twice, or after its claim ran out, takes nothing: a claim that has begun has another key.
    """
    key = uuid.uuid4()
    waiting = Product.objects.claimed(now).filter(pk__in=claim.product_ids, claim=claim.key)
    if not waiting.update(claim=key, claimed_until=now + lasts):
        return []
    return list(Product.objects.filter(pk__in=claim.product_ids, claim=key).select_related("shop"))


def seize(product_ids: Sequence[int], now: datetime, *, lasts: timedelta) -> list[Product]:
    """Claim these products and begin at once, due or not, also those that another worker has claimed."""
    key = uuid.uuid4()
    Product.objects.filter(pk__in=product_ids).update(claim=key, claimed_until=now + lasts)
    return list(Product.objects.filter(pk__in=product_ids, claim=key).select_related("shop").order_by("pk"))


def take_free(product_ids: Iterable[int], now: datetime, *, lasts: timedelta, since: datetime) -> list[Product]:
    """Claim and begin those of these products, due or not, that are free and were not checked after `since`."""
    keys = list(product_ids)
    # A check in the future means that the clock was set back, not that another process checks.
    products = Product.objects.filter(pk__in=keys).exclude(checked_at__gt=since, checked_at__lte=now)
    return _claim(products.select_related("shop").order_by("pk"), now, len(keys), lasts, uuid.uuid4())


def release(products: Iterable[Product]) -> None:
    """Give claimed products back unchecked. They are free at once."""
    rows = list(products)
    if rows:
        claimed = Product.objects.filter(pk__in=[row.pk for row in rows], claim__in={row.claim for row in rows})
        claimed.update(claim=None, claimed_until=None)


def give_back(claim: Claim) -> None:
    """Give back a claim that no worker has begun."""
    Product.objects.filter(pk__in=claim.product_ids, claim=claim.key).update(claim=None, claimed_until=None)


def waiting_or_running(now: datetime) -> int:
    """How many products are claimed at the moment."""
    return Product.objects.claimed(now).count()


def _claim_for_worker(products: ProductQuerySet, now: datetime, limit: int) -> Claim:
    key = uuid.uuid4()
    claimed = _claim(products.only("pk"), now, limit, QUEUE_LEASE, key)
    return Claim(key, tuple(product.pk for product in claimed))


def _claim(products: ProductQuerySet, now: datetime, limit: int, lasts: timedelta, key: uuid.UUID) -> list[Product]:
    """Claim the first `limit` of `products` that are free. Claims made at the same time skip each other's rows."""
    if limit <= 0:
        return []
    until = now + lasts
    with transaction.atomic():
        claimed = list(products.free(now).select_for_update(skip_locked=True, no_key=True, of=("self",))[:limit])
        Product.objects.filter(pk__in=[product.pk for product in claimed]).update(claim=key, claimed_until=until)
    for product in claimed:
        product.claim, product.claimed_until = key, until
    return claimed
