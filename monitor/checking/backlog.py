"""Batch after batch: what the tick hands out, what a worker goes on with, and checks that a person asks for.

The calls of a batch are made while the one before it is recorded, so neither the threads nor the database wait.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from django.db import DatabaseError
from django.utils import timezone

from monitor.budget import ledger
from monitor.checking import claims
from monitor.checking.batch import Batch, batch_size, longest_run
from monitor.checking.claims import Claim
from monitor.models import Product
from monitor.recording import Recorded, disk

logger = logging.getLogger(__name__)

#: Batches claimed and not yet recorded, by all workers together: enough to keep them busy, few enough that seldom
#: one waits its claim out. A worker that finished one goes on with the next, so the tick's period limits nothing.
BATCHES_IN_QUEUE = 8
#: Seconds for which a task goes on with what is due besides its own batch; the settings' task time limit counts on it.
GOES_ON_FOR = 20.0
#: A process has `PROVIDER_CONCURRENCY` threads for calls. A worker that runs tasks in threads lets its batches take
#: turns with them, before they take their claims: a running claim's length is reckoned for all of the threads.
_one_task_at_a_time = threading.Lock()


def claim_batches(now: datetime) -> Iterator[Claim]:
    """Claim what is due in batches, as long as the budget lasts and the workers' queue is short: what people asked for
    first, then no more than the schedule may have spent of the day's calls by now, or a little more for what cannot
    wait; where its plan has calls left, also what is due next."""
    fitting = disk.room_for(BATCHES_IN_QUEUE * batch_size())
    if not fitting:
        logger.error("%s", disk.NoRoom())
        return
    waiting = claims.waiting_or_running(now)
    left = ledger.left(now, catches_up=True)
    room = min(BATCHES_IN_QUEUE * batch_size() - waiting, left.calls, fitting)
    taken = 0

    def batches(claim: Callable[[datetime, int], Claim], most: int) -> Iterator[Claim]:
        nonlocal taken
        while (limit := min(most, room - taken, batch_size())) > 0:
            one = claim(now, limit)
            if not one.product_ids:
                return
            taken += len(one.product_ids)
            most -= len(one.product_ids)
            yield one

    # However much is asked for at once, half of the queue is the schedule's if it needs it.
    yield from batches(claims.claim_asked, max(room // 2, batch_size()))
    yield from batches(claims.claim_strict, left.strict - waiting - taken)
    yield from batches(claims.claim_due, left.of_schedule - waiting - taken)
    yield from batches(claims.claim_asked, room)
    yield from batches(claims.claim_early, left.early - waiting - taken)


def check_claimed(claim: Claim, clock: Callable[[], datetime] = timezone.now) -> list[Recorded]:
    """Check the products of a claim that are still its own."""
    return [one for batch in _one_after_another(_take(claim, clock), clock, list) for one in batch.recorded]


def work_off(claim: Claim, clock: Callable[[], datetime] = timezone.now) -> Claim:
    """Check the products of a claim, then what else is due, for some time: the body of a worker's task.

    Returns the claim of a batch that is to follow when time is up before the work is done, or an empty one. Where the
    provider did not answer or calls were refused, the rest is left to the next tick.
    """
    ends = time.monotonic() + GOES_ON_FOR
    last: Batch | None = None

    def take() -> list[Product]:
        return _take_due(_of_schedule(clock()), clock) if time.monotonic() < ends else []

    with _one_task_at_a_time:
        try:
            for batch in _one_after_another(_take(claim, clock), clock, take):
                last = batch
        except disk.NoRoom as error:
            logger.error("%s", error)  # noqa: TRY400 - It says what to do, and there is nothing to trace.
            return Claim(claim.key)
    now = clock()
    return claims.claim_due(now, disk.room_for(_of_schedule(now)) if last and last.went_through else 0)


def check_due(clock: Callable[[], datetime] = timezone.now) -> Iterator[list[Recorded]]:
    """Check everything that is due, batch by batch, in this process; stops when the budget does, or room on the disk.

    A person asks for it, so it need not keep to the even share of the day.
    """

    def take() -> list[Product]:
        return _take_due(min(batch_size(), ledger.calls_left(clock())), clock)

    while products := take():
        for batch in _one_after_another(products, clock, take):
            yield batch.recorded


def check_products(
    product_ids: Sequence[int],
    clock: Callable[[], datetime] = timezone.now,
    *,
    left: list[int] | None = None,
) -> Iterator[list[Recorded]]:
    """Check these products now, due or not, batch by batch, in this process, also those that another worker has
    claimed. Stops when there is no more room on the disk.

    With a list `left`, those that another process is checking are left to it, and their keys are put there.
    """
    waiting, since = deque(product_ids), clock()
    while room := disk.room_for(min(batch_size(), len(waiting))):
        chunk = [waiting.popleft() for _ in range(room)]
        now, lasts = clock(), longest_run(len(chunk))
        if left is None:
            products = claims.seize(chunk, now, lasts=lasts)
        else:
            products = claims.take_free(chunk, now, lasts=lasts, since=since)
            left += set(chunk) - {product.pk for product in products}
        recorded = [one for batch in _one_after_another(products, clock, list) for one in batch.recorded]
        done = {one.num_iid for one in recorded}
        if recorded:
            waiting.extend(product.pk for product in products if product.num_iid not in done)
        yield recorded


def _take(claim: Claim, clock: Callable[[], datetime]) -> list[Product]:
    """The products of a claim. Where there is no longer room for all of them, none: the claim is given back."""
    count = len(claim.product_ids)
    if disk.room_for(count) < count:
        claims.give_back(claim)
        return []
    return claims.take(claim, clock(), lasts=longest_run(count))


def _of_schedule(now: datetime) -> int:
    """How many products a batch that nobody asked for may have now.

    Claims of others count as spent: those that wait will be, and which have been already is not told.
    """
    left = ledger.left(now, catches_up=True).of_schedule
    return min(batch_size(), max(0, left - claims.waiting_or_running(now)))


def _take_due(wanted: int, clock: Callable[[], datetime]) -> list[Product]:
    limit = disk.room_for(wanted)
    return claims.take_due(clock(), limit, lasts=longest_run(limit))


def _one_after_another(
    products: list[Product], clock: Callable[[], datetime], take: Callable[[], list[Product]]
) -> Iterator[Batch]:
    """Check `products`, then whatever `take` takes, until a batch did not go through; each batch comes recorded."""
    running = _begun(products, clock)
    try:
        while running:
            batch, running = running, None
            batch.settle()
            if batch.went_through:
                running = _begun(take(), clock)
            batch.record()
            yield batch
    finally:
        if running:
            running.give_up()


def _begun(products: list[Product], clock: Callable[[], datetime]) -> Batch | None:
    """The batch whose calls are being made, or None where there are no products."""
    try:
        return Batch(products, clock) if products else None
    except (DatabaseError, disk.NoRoom):
        claims.release(products)  # No call was made, so the next tick may claim them.
        raise
