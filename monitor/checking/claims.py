"""Claims: which products a worker may check, and until when.

A claim is two columns of each of its products. The claim of a worker that dies runs out, and its products are claimed
again. A worker that comes back late finds another claim on its products and records nothing.
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db.models import F, Q, Window
from django.db.models.functions import RowNumber

from monitor.models import Product
from monitor.models.catalog import ProductQuerySet
from monitor.provider.observation import GONE

#: How many of the products that are due next are searched for products that may be checked early.
LOOK_AHEAD = 2000


def due(now: datetime) -> ProductQuerySet:
    """Due products, the longest waiting first."""
    return Product.objects.due(now)


def strict(now: datetime) -> ProductQuerySet:
    """Due products that were put off until nearly their longest interval."""
    return due(now).filter(cannot_wait=True)


def users_wait(now: datetime) -> bool:
    """Whether a check that a user asked for is due, and no worker makes it."""
    return due(now).free(now).filter(asked_at__isnull=False).exists()


def claim_asked(now: datetime, limit: int, *, lasts: timedelta) -> list[Product]:
    """Claim up to `limit` due products that users asked for, one of each user in turn. Call it in a transaction."""
    if limit <= 0:
        return []
    waiting = due(now).free(now).filter(asked_at__isnull=False).order_by()
    turn = Window(RowNumber(), partition_by="asked_by", order_by=("next_check_at", "pk"))
    # A statement of its own: PostgreSQL locks no rows of a query with a window.
    in_turn = waiting.annotate(turn=turn).order_by("turn", "next_check_at", "pk").values_list("pk", flat=True)
    place = {key: number for number, key in enumerate(in_turn[:limit])}
    claimed = claim(due(now).filter(pk__in=place), now, limit, lasts=lasts)
    return sorted(claimed, key=lambda product: place[product.pk])


def early(now: datetime) -> ProductQuerySet:
    """Products that are due next, of those that may be checked before they are due.

    These are products that were never checked, and those whose shortest interval is over. Products at a fixed interval
    or with hours, and products that fail, are in doubt or gone, wait until they are due.
    """
    upcoming = Product.objects.filter(next_check_at__gt=now).order_by("next_check_at")
    may_be_early = Q(checked_at__isnull=True) | Q(soonest__lt=F("interval"), checked_at__lte=now - F("soonest"))
    products = Product.objects.filter(
        may_be_early,
        pk__in=upcoming.values("pk")[:LOOK_AHEAD],
        hours__isnull=True,
        failing_since__isnull=True,
        doubted_at__isnull=True,
    ).exclude(status__in=[status.value for status in GONE])
    return products.order_by("next_check_at")


def claim(products: ProductQuerySet, now: datetime, limit: int, *, lasts: timedelta) -> list[Product]:
    """Claim the first `limit` of `products` that are free. Claims made at the same time skip each other's rows.

    Call it in a transaction.
    """
    if limit <= 0:
        return []
    key, until = uuid.uuid4(), now + lasts
    free = products.free(now).select_related("shop")
    claimed = list(free.select_for_update(skip_locked=True, no_key=True, of=("self",))[:limit])
    if claimed:
        Product.objects.filter(pk__in=[product.pk for product in claimed]).update(claim=key, claimed_until=until)
    for product in claimed:
        product.claim, product.claimed_until = key, until
    return claimed


def seize(product_ids: Sequence[int], now: datetime, *, lasts: timedelta) -> list[Product]:
    """Claim these products, due or not, also those that another worker has claimed."""
    key = uuid.uuid4()
    Product.objects.filter(pk__in=product_ids).update(claim=key, claimed_until=now + lasts)
    return list(Product.objects.filter(pk__in=product_ids, claim=key).select_related("shop").order_by("pk"))


def claim_free(product_ids: Iterable[int], now: datetime, *, lasts: timedelta, since: datetime) -> list[Product]:
    """Claim those of these products, due or not, that are free and were not checked after `since`."""
    keys = list(product_ids)
    # A check in the future means that the clock was set back, not that another process checks.
    products = Product.objects.filter(pk__in=keys).exclude(checked_at__gt=since, checked_at__lte=now)
    return claim(products.order_by("pk"), now, len(keys), lasts=lasts)


def release(products: Iterable[Product]) -> None:
    """Give claimed products back unchecked. They are free at once."""
    rows = list(products)
    if rows:
        claimed = Product.objects.filter(pk__in=[row.pk for row in rows], claim__in={row.claim for row in rows})
        claimed.update(claim=None, claimed_until=None)
