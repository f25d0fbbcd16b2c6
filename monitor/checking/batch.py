"""One batch: reserve the calls, fetch, settle, ask again in doubt, record. Nothing is locked while a call runs."""

import logging
import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from django.conf import settings

from monitor.budget import ledger
from monitor.budget.ledger import Grant
from monitor.checking import claims, confirming
from monitor.checking.fetch import HALTING, Fetch, provider_client
from monitor.models import Product
from monitor.provider.codes import Action, Outcome
from monitor.provider.errors import NotFound, ProviderError, WrongProduct
from monitor.provider.observation import Observation
from monitor.recording import Recorded, Result, disk, record

logger = logging.getLogger(__name__)

#: Calls that each thread makes one after another in a batch.
ROUNDS = 64
#: After so many that took all the time they may, a batch ends and gives the rest back; the settings' task time limit
#: counts on it.
SLOW_ROUNDS = 16
LARGEST_BATCH = 500
#: Time for everything in a batch that is not a call, the recording of the batch before it included.
RECORDING_ALLOWANCE = timedelta(minutes=1)
#: Seconds after which a batch whose calls are still being made looks whether an operator has stopped all calls.
LOOK_EVERY = 5.0


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


class Batch:
    """Products of one claim whose calls are being made from now on; then `settle` it, and `record` it."""

    def __init__(self, products: Sequence[Product], clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self._size = len(products)
        with self._remembered():
            self._grant = ledger.reserve(len(products), clock())
        asked, self._denied = products[: self._grant.calls], products[self._grant.calls :]
        self._ends = clock() + timedelta(seconds=_calling_time(len(products)))
        self._fetch = Fetch(asked, provider_client(), clock, self._ends)
        self._results: list[Result] = []
        self.recorded: list[Recorded] = []

    def settle(self) -> None:
        """Wait for the last reply, book the calls, heed what was told, give back what time did not suffice for, and
        ask again for what is too odd to be believed. Raises `NoRoom` where that cannot be written."""
        with self._remembered():
            results = self._finish(self._fetch, self._grant)
            ledger.count_asked(results, self._grant.day)
            claims.release(self._fetch.queue)
            self._results = confirming.settled(results, self._ask_again, self.clock)

    def _finish(self, fetch: Fetch, grant: Grant, *, confirming: bool = False) -> list[Result]:
        while fetch.goes_on_after(LOOK_EVERY):
            if ledger.is_halted():
                fetch.stop()
        results = fetch.finish()
        ledger.settle(results, api=settings.PROVIDER_API, day=grant.day)
        unsent = len(fetch.queue) + sum(isinstance(result.answer, Outcome) for result in results)
        ledger.refund(unsent, grant.day, confirming=confirming)
        self._heed(results, grant)
        return results

    def _ask_again(self, products: Sequence[Product]) -> list[Result]:
        """Call once more, uncached, for as many as budget and time allow: the batch's claim is as long as it was."""
        now = self.clock()
        if self._fetch.halted_by or now >= self._ends:
            return []
        grant = ledger.reserve(len(products), now, confirming=True)
        again = Fetch(products[: grant.calls], provider_client(), self.clock, self._ends, anew=True)
        return self._finish(again, grant, confirming=True)

    @property
    def went_through(self) -> bool:
        """Whether the provider answered and every product was asked for: the next batch may follow at once."""
        every = not (self._denied or self._fetch.queue or self._fetch.halted_by)
        return every and any(map(_answered, self._results))

    def record(self) -> None:
        """Write what was told. What was recorded is in `recorded`; products that were given back are left out. Raises
        `NoRoom` where it cannot be written."""
        denied = [Result(product, self._grant.refused, self.clock()) for product in self._denied]
        with self._remembered():
            self.recorded = record(self._results + denied, now=self.clock())

    def _remembered(self) -> AbstractContextManager[None]:
        return disk.remembered(self._size, self.clock())

    def give_up(self) -> None:
        """End it early, and keep what was answered and paid."""
        self._ends = self.clock()
        self._fetch.stop()
        self.settle()
        self.record()

    def _heed(self, results: Sequence[Result], grant: Grant) -> None:
        """Do what the provider's answers ask of the account: stop, rest, or go on after a trial call."""
        errors = {one.answer.code: one.answer for one in results if isinstance(one.answer, ProviderError)}
        halting = [error for error in errors.values() if error.action in HALTING]
        now = self.clock()
        for error in halting:
            if error.action is not Action.STOP:
                ledger.pause(error, now)
            elif ledger.open_circuit(error, now):
                logger.error("Polling stopped: %s %s", error.code, error)
        answered = any(map(_answered, results))
        if grant.is_probe and answered and not halting and ledger.close_circuit():
            logger.warning("Polling goes on: a trial call was answered.")


def _answered(result: Result) -> bool:
    return isinstance(result.answer, Observation | NotFound | WrongProduct)
