"""Batch after batch: a worker's task.

The calls of one batch are made while the batch before it is recorded: neither the threads nor the
database wait."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import datetime
from functools import partial

from django.db import DatabaseError, transaction
from django.utils import timezone

from monitor.models import Product
from monitor.polling.budget import ledger
from monitor.polling.checking import claims
from monitor.polling.checking.batch import Batch, asked_batch_size, batch_size
from monitor.polling.retry import is_full, retried

logger = logging.getLogger(__name__)

#: How long a task continues with what is due after its first batch. The settings' task time limit
#: depends on it.
CONTINUE_SECONDS = 20.0
#: A process has `PROVIDER_CONCURRENCY` threads for calls, and a batch needs all of them. So tasks
#: that share a process take turns before they claim anything.
_one_task_at_a_time = threading.Lock()


def work_off(
    wake_another: Callable[[], object], clock: Callable[[], datetime] = timezone.now
) -> None:
    """Check what is due, within the budget and the schedule's plan, for `CONTINUE_SECONDS`: a
    worker's task.

    Calls `wake_another` with each full batch, because there may be work for another worker, and at
    the end if there may be more. If the provider did not answer or calls were refused, the rest
    waits for the next tick."""
    last: Batch | None = None

    def batches() -> Iterator[Batch]:
        ends, was_asked = time.monotonic() + CONTINUE_SECONDS, False
        while batch := begin(partial(claim_next, was_asked=was_asked), clock):
            was_asked = batch.is_asked
            if batch.is_full:
                wake_another()
            yield batch
            if time.monotonic() >= ends:
                return

    with _one_task_at_a_time:
        try:
            for batch in run_batches(batches(), clock):
                last = batch
        except DatabaseError as error:
            if not is_full(error):
                raise
            logger.error(
                "The database's disk is full. Make room on it; checks go on by themselves."
            )
            return
    if last is not None and last.is_full and last.went_through:
        wake_another()


def claim_next(now: datetime, *, was_asked: bool = False) -> list[Product]:
    """Claim the next batch: products that users asked for, else those that cannot wait, else others
    that are due.

    If the schedule's plan has calls left, also products that are due next. Users get their checks
    in turn and, however many they ask for, a batch of theirs is followed by one of the schedule, if
    it needs one. Call it in the transaction that reserves the calls."""
    left, room = ledger.left(now, catches_up=True), batch_size()
    asked = [partial(claims.claim_asked, now, min(room, left.calls, asked_batch_size()))]
    scheduled = [
        partial(claims.claim, claims.cannot_wait(now), now, min(room, left.at_once)),
        partial(claims.claim, Product.objects.due(now), now, min(room, left.of_schedule)),
    ]
    others = [
        partial(_claim_ahead, now),
        partial(claims.claim, claims.early(now), now, min(room, left.early)),
    ]
    attempts = [*(scheduled + asked if was_asked else asked + scheduled), *others]
    return next((claimed for attempt in attempts if (claimed := attempt())), [])


def _claim_ahead(now: datetime) -> list[Product]:
    """Claim products whose last check lies in the future, within a new plan of the day: by now too
    much is spent."""
    by = claims.set_back_by(now)
    if not by:
        return []
    ledger.plan_rest_of_day(now, by)
    return claims.claim(
        Product.objects.ahead(now), now, min(batch_size(), ledger.left(now).of_schedule)
    )


@retried
def begin(
    claim: Callable[[datetime], list[Product]], clock: Callable[[], datetime]
) -> Batch | None:
    """Claim products and reserve the first calls in one transaction, then start the calls; None
    without products."""
    now = clock()
    with transaction.atomic():
        products = claim(now)
        grant = ledger.reserve(len(products), now) if products else None
    return Batch(products, grant, clock) if grant else None


def run_batches(batches: Iterator[Batch], clock: Callable[[], datetime]) -> Iterator[Batch]:
    """Run batches, whose calls have begun when they come, until one does not go through. Yields
    each, recorded.

    Whatever interrupts it, their calls are stopped, and those that were made are recorded. If the
    database's disk is full, all calls rest."""
    batch = running = None
    try:
        running = next(batches, None)
        while running:
            batch, running = running, None
            with batch.named():
                batch.settle()
            running = next(batches, None) if batch.went_through else None
            with batch.named():
                batch.record()
            yield batch
    except DatabaseError as error:
        # If not even this can be written, neither can the ledger, and no call is made without it.
        with suppress(DatabaseError):
            if is_full(error):
                ledger.rest_for_room(clock())
        raise
    finally:
        # The last one first: it has not failed. Whatever happens to it, the other one is ended,
        # too.
        with ExitStack() as stack:
            for begun in filter(None, [batch, running]):
                stack.callback(begun.end)
