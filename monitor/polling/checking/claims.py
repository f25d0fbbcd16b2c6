"""Claims: which products a worker may check, and until when.

A claim is two columns of each of its products. It is short, and renewed while its batch runs. The
claim of a worker that dies runs out, and its products are claimed again. A worker that comes back
late finds another claim on its products and records nothing."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, Window
from django.db.models.functions import RowNumber

from monitor.models import Product
from monitor.models.catalog import LOOK_AHEAD, ProductQuerySet
from monitor.models.clock import future_from
from monitor.models.polled import CLAIM_LASTS, Polled, PolledQuerySet
from monitor.people.allowances import payer
from monitor.provider.observation import GONE


def cannot_wait(now: datetime) -> ProductQuerySet:
    """Return the due products that were put off until nearly their longest interval."""
    return Product.objects.due(now).filter(cannot_wait=True)


def users_wait(now: datetime) -> bool:
    """Return whether a check that a user asked for is due, and no worker makes it."""
    return Product.objects.asked(now).free(now).exists()


def claim_asked(now: datetime, limit: int) -> list[Product]:
    """Claim up to `limit` due products that users asked for, one of each payer in turn. Call it in
    a transaction."""
    if limit <= 0:
        return []
    waiting = Product.objects.asked(now).free(now).order_by()
    turn = Window(
        RowNumber(), partition_by=payer("asked_by__", now), order_by=("next_check_at", "pk")
    )
    # A statement of its own: PostgreSQL locks no rows of a query with a window.
    in_turn = (
        waiting.annotate(turn=turn)
        .order_by("turn", "next_check_at", "pk")
        .values_list("pk", flat=True)
    )
    place = {key: number for number, key in enumerate(in_turn[:limit])}
    claimed = claim(Product.objects.asked(now).filter(pk__in=place), now, limit)
    return sorted(claimed, key=lambda product: place[product.pk])


def set_back_by(now: datetime) -> timedelta:
    """Return how far the last check lies in the future; zero if it does not. Reads one row of an
    index."""
    last = Product.objects.watched().by_last_check().values_list("checked_at", flat=True).first()
    return last - now if last and last > future_from(now) else timedelta()


def early(now: datetime) -> ProductQuerySet:
    """Return the products that are due next, of those that may be checked before they are due.

    These are products that were never checked, and those whose shortest interval is over. Products
    at a fixed interval, and products that fail, are in doubt or gone, wait until they
    are due."""
    upcoming = Product.objects.filter(next_check_at__gt=now).order_by("next_check_at")
    may_be_early = Q(checked_at__isnull=True) | Q(
        soonest__lt=F("interval"), checked_at__lte=now - F("soonest")
    )
    products = Product.objects.filter(
        may_be_early,
        pk__in=upcoming.values("pk")[:LOOK_AHEAD],
        failing_since__isnull=True,
        doubted_at__isnull=True,
    ).exclude(status__in=[status.value for status in GONE])
    return products.order_by("next_check_at")


def claim[Row: Polled](rows: PolledQuerySet[Row], now: datetime, limit: int) -> list[Row]:
    """Claim the first `limit` of `rows` that are free. Claims made at the same time skip each
    other's rows.

    Call it in a transaction.
    """
    if limit <= 0:
        return []
    key, until = uuid.uuid4(), now + CLAIM_LASTS
    free = rows.free(now).select_related("shop")
    claimed = list(free.select_for_update(skip_locked=True, no_key=True, of=("self",))[:limit])
    if claimed:
        rows.model._default_manager.filter(pk__in=[row.pk for row in claimed]).update(
            claim=key, claimed_until=until
        )
    for row in claimed:
        row.claim, row.claimed_until = key, until
    return claimed


def seize(product_ids: Sequence[int], now: datetime) -> list[Product]:
    """Claim these products, due or not, also those that another worker has claimed."""
    key = uuid.uuid4()
    _update_in_order(
        Product.objects.filter(pk__in=product_ids), claim=key, claimed_until=now + CLAIM_LASTS
    )
    return list(
        Product.objects.filter(pk__in=product_ids, claim=key).select_related("shop").order_by("pk")
    )


def held(products: Collection[Product]) -> ProductQuerySet:
    """Return those of one claim's products that it still holds."""
    claim = {product.claim for product in products}
    return Product.objects.filter(pk__in=[product.pk for product in products], claim__in=claim)


def renew(products: Collection[Product], now: datetime) -> bool:
    """Make the claim of these products last from now on; return whether it still holds any.

    Rows that a transaction has locked are left to the next renewal: the calls' results must not
    wait for it."""
    renewed = _update_in_order(held(products), skip_locked=True, claimed_until=now + CLAIM_LASTS)
    return bool(renewed) or held(products).exists()


def release(products: Collection[Product]) -> None:
    """Give products of one claim back unchecked. They are free at once."""
    _update_in_order(held(products), claim=None, claimed_until=None)


@transaction.atomic(savepoint=False)
def _update_in_order(
    products: ProductQuerySet, *, skip_locked: bool = False, **columns: object
) -> int:
    """Update these rows, locked in the order of their keys, as everywhere: no deadlock. Return how
    many."""
    locked = products.order_by("pk").select_for_update(skip_locked=skip_locked, no_key=True)
    return Product.objects.filter(pk__in=locked.values("pk")).update(**columns)
