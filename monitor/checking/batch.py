"""One batch: reserve the calls, fetch, settle, record. Nothing is locked while a call runs."""

import logging
import math
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from monitor.checking import claims
from monitor.checking.claims import Claim
from monitor.checking.fetch import HALTING, Fetch, provider_client
from monitor.models import Product
from monitor.provider.codes import ANSWERED, NOT_CALLED, Action, Outcome
from monitor.provider.errors import NotFound, ProviderError, WrongProduct
from monitor.provider.observation import Observation
from monitor.recording import Recorded, Result, ledger, record

logger = logging.getLogger(__name__)

#: Calls that each thread makes one after another in a batch.
ROUNDS = 64
#: After so many that took all the time they may, a batch ends and gives the rest back; the settings' task time limit
#: counts on it.
SLOW_ROUNDS = 16
LARGEST_BATCH = 500
#: Batches claimed and not yet recorded, by all workers together: enough to keep them busy, few enough that seldom
#: one waits its claim out. Each finished batch hands out the next, so the tick's period limits nothing.
BATCHES_IN_QUEUE = 8
#: Time for everything in a batch that is not a call.
RECORDING_ALLOWANCE = timedelta(minutes=1)
#: A process has `PROVIDER_CONCURRENCY` threads for calls. A worker that runs tasks in threads lets its batches take
#: turns with them, before they take their claims: a running claim's length is reckoned for all of the threads.
_one_batch_at_a_time = threading.Lock()


def batch_size() -> int:
    """Products in a batch: `ROUNDS` calls for each thread, so that idle threads in the last round don't count."""
    return min(LARGEST_BATCH, ROUNDS * settings.PROVIDER_CONCURRENCY)


def longest_run(products: int) -> timedelta:
    """How long a batch can take at most."""
    return _rounds(products) * timedelta(seconds=settings.PROVIDER_TIMEOUT) + RECORDING_ALLOWANCE


def _calling_time(products: int) -> float:
    """Seconds after which no further call of a batch may begin, lest it end after the claim."""
    return (_rounds(products) - 1) * settings.PROVIDER_TIMEOUT + RECORDING_ALLOWANCE.total_seconds() / 4


def _rounds(products: int) -> int:
    return min(SLOW_ROUNDS, math.ceil(products / settings.PROVIDER_CONCURRENCY))


def claim_batches(now: datetime) -> Iterator[Claim]:
    """Claim what is due in batches, as long as the budget lasts and the workers' queue is short."""
    waiting = claims.waiting_or_running(now)
    room = min(BATCHES_IN_QUEUE * batch_size() - waiting, ledger.calls_left(now))
    while room > 0 and (claim := claims.claim_due(now, min(room, batch_size()))).product_ids:
        room -= len(claim.product_ids)
        yield claim


def claim_another(finished: Sequence[Recorded], now: datetime) -> Iterator[Claim]:
    """Claim the batch that follows a finished one. Where none was answered or some not sent, the next tick sees."""
    outcomes = {one.outcome for one in finished}
    if outcomes & ANSWERED and not outcomes & NOT_CALLED:
        claim = claims.claim_due(now, batch_size())
        if claim.product_ids:
            yield claim


def check_claimed(claim: Claim, clock: Callable[[], datetime] = timezone.now) -> list[Recorded]:
    """Check the products of a claim that are still its own: the body of a worker's task."""
    with _one_batch_at_a_time:
        now = clock()
        return _check(claims.take(claim, now, lasts=longest_run(len(claim.product_ids))), clock)


def check_due(clock: Callable[[], datetime] = timezone.now) -> Iterator[list[Recorded]]:
    """Check everything that is due, batch by batch, in this process; stops when the budget does."""
    while (claim := claims.claim_due(clock(), min(batch_size(), ledger.calls_left(clock())))).product_ids:
        yield check_claimed(claim, clock)


def check_products(
    product_ids: Sequence[int], clock: Callable[[], datetime] = timezone.now
) -> Iterator[list[Recorded]]:
    """Check these products now, due or not, batch by batch, in this process."""
    waiting = deque(product_ids)
    while waiting:
        chunk = [waiting.popleft() for _ in range(min(batch_size(), len(waiting)))]
        products = claims.seize(chunk, clock(), lasts=longest_run(len(chunk)))
        recorded = _check(products, clock)
        done = {one.num_iid for one in recorded}
        if recorded:
            waiting.extend(product.pk for product in products if product.num_iid not in done)
        yield recorded


def _check(products: list[Product], clock: Callable[[], datetime]) -> list[Recorded]:
    """What was recorded. Products that time did not suffice for are given back, due, and left out."""
    if not products:
        return []
    grant = ledger.reserve(len(products), clock())
    asked, denied = products[: grant.calls], products[grant.calls :]
    fetch = Fetch(asked, provider_client(), clock, seconds=_calling_time(len(products)))
    results = fetch.run() if asked else []
    ledger.settle(results, api=settings.PROVIDER_API, day=grant.day)
    unsent = len(fetch.queue) + sum(isinstance(result.answer, Outcome) for result in results)
    ledger.refund(unsent, grant.day)
    _heed(results, grant, clock)
    results += [Result(product, grant.refused, clock()) for product in denied]
    claims.release(fetch.queue, clock())
    return record(results, lease=products[0].lease, now=clock())


def _heed(results: Sequence[Result], grant: ledger.Grant, clock: Callable[[], datetime]) -> None:
    """Do what the provider's answers ask of the account: stop, rest, or go on after a trial call."""
    errors = {result.answer.code: result.answer for result in results if isinstance(result.answer, ProviderError)}
    halting = [error for error in errors.values() if error.action in HALTING]
    now = clock()
    for error in halting:
        if error.action is not Action.STOP:
            ledger.pause(error, now)
        elif ledger.open_circuit(error, now):
            logger.error("Polling stopped: %s %s", error.code, error)
    answered = any(isinstance(result.answer, Observation | NotFound | WrongProduct) for result in results)
    if grant.is_probe and answered and not halting and ledger.close_circuit():
        logger.warning("Polling goes on: a trial call was answered.")
