"""What is due, and what a worker would check next."""

from datetime import datetime, timedelta

from django.db import transaction

from monitor.models import Product
from monitor.polling.budget import ledger
from monitor.polling.checking import backlog, claims
from tests.polling.story import Story


def due_since(story: Story, number: int, minutes: int, *, cannot_wait: bool = False) -> int:
    """Make a product of the story due since `minutes` ago and return its key."""
    rows = Product.objects.filter(num_iid=story.num_iids[number])
    rows.update(next_check_at=story.now - timedelta(minutes=minutes), cannot_wait=cannot_wait)
    return rows.get().pk


@transaction.atomic
def claim_due(now: datetime, limit: int) -> list[Product]:
    """Claim due products, as a worker does."""
    return claims.claim(Product.objects.due(now), now, limit)


def begin_batch(now: datetime, *, was_asked: bool = False) -> list[int]:
    """Claim a worker's next batch and reserve its calls; return the keys of the products."""
    with transaction.atomic():
        products = backlog.claim_next(now, was_asked=was_asked)
        if products:
            ledger.reserve(len(products), now)
    return [product.pk for product in products]


def begin_all(now: datetime) -> list[int]:
    """Claim and reserve batches until the workers would find nothing more; return the keys of the
    products."""
    keys: list[int] = []
    while begun := begin_batch(now):
        keys += begun
    return keys


def wakes_nobody() -> None:
    """Wake no other worker: for `work_off`."""
