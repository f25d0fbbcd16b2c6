"""Batch after batch: the tick's claims, a worker's task, and checks that a user asks for.

The calls of one batch are made while the batch before it is recorded: neither the threads nor the database wait.
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

#: Batches claimed and not yet recorded, of all workers together: enough to keep them busy, few enough that a claim
#: rarely runs out in the queue. A worker continues with the next batch by itself, so the tick's period limits nothing.
BATCHES_IN_QUEUE = 8
#: How long a task continues with what is due after its own batch. The settings' task time limit depends on it.
CONTINUE_SECONDS = 20.0
#: A process has `PROVIDER_CONCURRENCY` threads for calls, and the length of a running claim assumes all of them. So
#: tasks that share a process take turns before they take their claims.
_one_task_at_a_time = threading.Lock()


def claim_batches(now: datetime) -> Iterator[Claim]:
    """Claim due products in batches, within the budget and the room in the workers' queue.

    First products that users asked for, then those that cannot wait, then others, as far as the schedule may have
    spent the day's calls by now. If its plan has calls left, also products that are due next.
    """
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
            batch = claim(now, limit)
            if not batch.product_ids:
                return
            taken += len(batch.product_ids)
            most -= len(batch.product_ids)
            yield batch

    # However much users ask for at once, half of the queue is left for the schedule if it needs it.
    yield from batches(claims.claim_asked, max(room // 2, batch_size()))
    yield from batches(claims.claim_strict, left.strict - waiting - taken)
    yield from batches(claims.claim_due, left.of_schedule - waiting - taken)
    yield from batches(claims.claim_asked, room)
    yield from batches(claims.claim_early, left.early - waiting - taken)


def check_claimed(claim: Claim, clock: Callable[[], datetime] = timezone.now) -> list[Recorded]:
    """Check the products that a claim still holds."""
    return [check for batch in _run_batches(_take(claim, clock), clock, list) for check in batch.recorded]


def work_off(claim: Claim, clock: Callable[[], datetime] = timezone.now) -> Claim:
    """Check the products of a claim, then other due products, for `CONTINUE_SECONDS`: the body of a worker's task.

    Returns the claim of the next batch if time is up before the work is done, else an empty one. If the provider did
    not answer or calls were refused, the rest waits for the next tick.
    """
    ends = time.monotonic() + CONTINUE_SECONDS
    last: Batch | None = None

    def take() -> list[Product]:
        return _take_due(_of_schedule(clock()), clock) if time.monotonic() < ends else []

    with _one_task_at_a_time:
        try:
            for batch in _run_batches(_take(claim, clock), clock, take):
                last = batch
        except disk.NoRoom as error:
            logger.error("%s", error)  # noqa: TRY400 - The message says what to do; a traceback adds nothing.
            return Claim(claim.key)
    now = clock()
    return claims.claim_due(now, disk.room_for(_of_schedule(now)) if last and last.went_through else 0)


def check_due(clock: Callable[[], datetime] = timezone.now) -> Iterator[list[Recorded]]:
    """Check everything that is due, batch by batch, in this process, until budget or disk are used up.

    A user asks for it, so it may spend more than the schedule's share of the day.
    """

    def take() -> list[Product]:
        return _take_due(min(batch_size(), ledger.calls_left(clock())), clock)

    while products := take():
        for batch in _run_batches(products, clock, take):
            yield batch.recorded


def check_products(
    product_ids: Sequence[int],
    clock: Callable[[], datetime] = timezone.now,
    *,
    left: list[int] | None = None,
) -> Iterator[list[Recorded]]:
    """Check these products now, due or not, batch by batch, in this process. Stops when the disk is full.

    Takes over products that another worker has claimed. With a list `left`, leaves them to it, and adds their keys.
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
        recorded = [check for batch in _run_batches(products, clock, list) for check in batch.recorded]
        done = {check.num_iid for check in recorded}
        if recorded:
            waiting.extend(product.pk for product in products if product.num_iid not in done)
        yield recorded


def _take(claim: Claim, clock: Callable[[], datetime]) -> list[Product]:
    """The products of a claim. If the disk has no room for all of them, none: the claim is given back."""
    count = len(claim.product_ids)
    if disk.room_for(count) < count:
        claims.give_back(claim)
        return []
    return claims.take(claim, clock(), lasts=longest_run(count))


def _of_schedule(now: datetime) -> int:
    """How many products the schedule's next batch may have now. Calls of all claims count as spent."""
    left = ledger.left(now, catches_up=True).of_schedule
    return min(batch_size(), max(0, left - claims.waiting_or_running(now)))


def _take_due(wanted: int, clock: Callable[[], datetime]) -> list[Product]:
    limit = disk.room_for(wanted)
    return claims.take_due(clock(), limit, lasts=longest_run(limit))


def _run_batches(
    products: list[Product], clock: Callable[[], datetime], take: Callable[[], list[Product]]
) -> Iterator[Batch]:
    """Check `products`, then what `take` returns, until a batch does not go through. Yields each batch recorded."""
    running = _begin(products, clock)
    try:
        while running:
            batch, running = running, None
            batch.settle()
            if batch.went_through:
                running = _begin(take(), clock)
            batch.record()
            yield batch
    finally:
        if running:
            running.give_up()


def _begin(products: list[Product], clock: Callable[[], datetime]) -> Batch | None:
    """Start the calls of a batch; None without products."""
    try:
        return Batch(products, clock) if products else None
    except (DatabaseError, disk.NoRoom):
        claims.release(products)  # No call was made: the next tick may claim them.
        raise
