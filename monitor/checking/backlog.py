"""Batch after batch: a worker's task, and checks that a user asks for.

The calls of one batch are made while the batch before it is recorded: neither the threads nor the database wait.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils import timezone

from monitor.budget import ledger
from monitor.checking import claims
from monitor.checking.batch import Batch, asked_batch_size, batch_size, longest_run
from monitor.models import Product
from monitor.recording import Recorded, disk

logger = logging.getLogger(__name__)

#: How long a task continues with what is due after its first batch. The settings' task time limit depends on it.
CONTINUE_SECONDS = 20.0
#: A process has `PROVIDER_CONCURRENCY` threads for calls, and the length of a claim assumes all of them. So tasks that
#: share a process take turns before they claim anything.
_one_task_at_a_time = threading.Lock()


def work_off(wake_another: Callable[[], object], clock: Callable[[], datetime] = timezone.now) -> None:
    """Check what is due, within the budget and the schedule's plan, for `CONTINUE_SECONDS`: a worker's task.

    Calls `wake_another` with each full batch, because there may be work for another worker, and at the end if there may
    be more. If the provider did not answer or calls were refused, the rest waits for the next tick.
    """
    last: Batch | None = None

    def batches() -> Iterator[Batch]:
        ends, was_asked = time.monotonic() + CONTINUE_SECONDS, False
        while batch := begin(
            partial(claim_next, was_asked=was_asked), clock, disk.room_for(batch_size()), gives_way=True
        ):
            was_asked = batch.is_asked
            if batch.is_full:
                wake_another()
            yield batch
            if time.monotonic() >= ends:
                return

    with _one_task_at_a_time:
        try:
            for batch in _run_batches(batches()):
                last = batch
        except disk.NoRoom as error:
            logger.error("%s", error)  # noqa: TRY400 - The message says what to do; a traceback adds nothing.
            return
    if last is None and disk.is_short():
        logger.error("%s", disk.NoRoom())
    if last is not None and last.is_full and last.went_through:
        wake_another()


def claim_next(now: datetime, room: int, *, was_asked: bool = False) -> list[Product]:
    """Claim the next batch: products that users asked for, else those that cannot wait, else others that are due.

    If the schedule's plan has calls left, also products that are due next. Users get their checks in turn and, however
    many they ask for, a batch of theirs is followed by one of the schedule, if it needs one. Call it in the transaction
    that reserves the calls.
    """
    left, lasts = ledger.left(now, catches_up=True), longest_run(room)
    asked = [partial(claims.claim_asked, now, min(room, left.calls, asked_batch_size()))]
    scheduled = [
        partial(claims.claim, claims.strict(now), now, min(room, left.strict)),
        partial(claims.claim, claims.due(now), now, min(room, left.of_schedule)),
    ]
    early = [partial(claims.claim, claims.early(now), now, min(room, left.early))]
    for attempt in [*(scheduled + asked if was_asked else asked + scheduled), *early]:
        if claimed := attempt(lasts=lasts):
            return claimed
    return []


def check_due(clock: Callable[[], datetime] = timezone.now) -> Iterator[list[Recorded]]:
    """Check everything that is due, batch by batch, in this process, until budget or disk are used up.

    A user asks for it, so it may spend more than the schedule's share of the day.
    """

    def claim(now: datetime, room: int) -> list[Product]:
        return claims.claim(claims.due(now), now, min(room, ledger.calls_left(now)), lasts=longest_run(room))

    def batches() -> Iterator[Batch]:
        while batch := begin(claim, clock, disk.room_for(batch_size())):
            yield batch

    is_over = False
    while not is_over:
        is_over = True
        for batch in _run_batches(batches()):
            is_over = False
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
    waiting, since = deque(product_ids), clock() if left is not None else None
    while room := disk.room_for(min(batch_size(), len(waiting))):
        chunk = [waiting.popleft() for _ in range(room)]
        batch = begin(partial(_claim_these, chunk, since), clock, room)
        products = batch.products if batch else []
        if left is not None:
            left += set(chunk) - {product.pk for product in products}
        recorded = [check for done in _run_batches(iter([batch] if batch else [])) for check in done.recorded]
        if recorded:
            checked = {check.num_iid for check in recorded}
            waiting.extend(product.pk for product in products if product.num_iid not in checked)
        yield recorded


def _claim_these(chunk: Sequence[int], since: datetime | None, now: datetime, room: int) -> list[Product]:
    lasts = longest_run(room)
    if since is None:
        return claims.seize(chunk, now, lasts=lasts)
    return claims.claim_free(chunk, now, lasts=lasts, since=since)


def begin(
    claim: Callable[[datetime, int], list[Product]],
    clock: Callable[[], datetime],
    room: int,
    *,
    gives_way: bool = False,
) -> Batch | None:
    """Claim products and reserve their calls in one transaction, then start the calls; None without products."""
    if not room:
        return None
    now = clock()
    with disk.notes_full_disk(room, now), transaction.atomic():
        products = claim(now, room)
        grant = ledger.reserve(len(products), now) if products else None
    return Batch(products, grant, clock, gives_way=gives_way) if grant else None


def _run_batches(batches: Iterator[Batch]) -> Iterator[Batch]:
    """Run batches, whose calls have begun when they come, until one does not go through. Yields each, recorded."""
    running = next(batches, None)
    try:
        while running:
            batch, running = running, None
            batch.settle()
            try:
                running = next(batches, None) if batch.went_through else None
            finally:
                batch.record()
            yield batch
    finally:
        if running:
            running.give_up()
