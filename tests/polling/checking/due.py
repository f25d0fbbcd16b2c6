"""What is due, what a worker would check next, and checks in the thread of a test."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import batched

from django.db import transaction
from django.utils import timezone

from monitor.models import Product
from monitor.polling.budget import ledger
from monitor.polling.checking import backlog, claims
from monitor.polling.checking.batch import Batch, batch_size
from monitor.polling.recording import Recorded
from tests.polling.story import Story

type Clock = Callable[[], datetime]


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


def check_due(clock: Clock = timezone.now) -> dict[str, Recorded]:
    """Check everything that is due, however little the schedule's plan has left."""

    def claim(now: datetime) -> list[Product]:
        limit = min(batch_size(), ledger.left(now).calls)
        return claims.claim(Product.objects.due(now), now, limit)

    return _recorded(backlog.run_batches(iter(lambda: backlog.begin(claim, clock), None), clock))


def check_products(keys: Sequence[int], clock: Clock = timezone.now) -> dict[str, Recorded]:
    """Check these products, due or not, also those that another worker has claimed."""
    checked: dict[str, Recorded] = {}
    for chunk in batched(keys, batch_size()):
        batch = backlog.begin(partial(claims.seize, chunk), clock)
        checked |= _recorded(backlog.run_batches(iter(filter(None, [batch])), clock))
    return checked


def _recorded(batches: Iterable[Batch]) -> dict[str, Recorded]:
    return {check.num_iid: check for batch in batches for check in batch.recorded}
