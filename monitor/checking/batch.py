"""One batch: fetch, settle the calls, confirm odd readings, record. Nothing is locked while a call runs."""

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from django.conf import settings

from monitor.budget import charges, ledger
from monitor.budget.ledger import Grant
from monitor.checking import claims, confirming
from monitor.checking.fetch import HALTING, Fetch
from monitor.models import Product
from monitor.provider.codes import Action, Outcome
from monitor.provider.errors import NotFound, ProviderError, WrongProduct
from monitor.provider.observation import Observation
from monitor.recording import Recorded, Result, disk, record

logger = logging.getLogger(__name__)

#: Calls that each thread makes one after another in a batch.
ROUNDS = 64
#: The same for what users ask for: then they soon get another turn.
ASKED_ROUNDS = 8
#: A batch ends after the time of this many calls that time out, and gives the rest back. The settings' task time limit
#: depends on it.
SLOW_ROUNDS = 16
LARGEST_BATCH = 500
#: Time for everything in a batch that is not a call, including the recording of the previous batch.
RECORDING_ALLOWANCE = timedelta(minutes=1)
#: How often a running batch looks whether an operator has stopped all calls, or users wait for checks.
LOOK_SECONDS = 5.0


def batch_size() -> int:
    """Products in a batch: enough calls for each thread that idle threads in the last round hardly matter."""
    return min(LARGEST_BATCH, ROUNDS * settings.PROVIDER_CONCURRENCY)


def asked_batch_size() -> int:
    return min(batch_size(), ASKED_ROUNDS * settings.PROVIDER_CONCURRENCY)


def longest_run(products: int) -> timedelta:
    """The longest time that a batch can take."""
    return _rounds(products) * timedelta(seconds=settings.PROVIDER_TIMEOUT) + RECORDING_ALLOWANCE


def _calling_time(products: int) -> float:
    """Seconds after which no further call of a batch may begin: it could end after the claim."""
    return (_rounds(products) - 1) * settings.PROVIDER_TIMEOUT + RECORDING_ALLOWANCE.total_seconds() / 4


def _rounds(products: int) -> int:
    return min(SLOW_ROUNDS, math.ceil(products / settings.PROVIDER_CONCURRENCY))


class Batch:
    """The products of one claim. Making it starts the calls that were granted; then call `settle` and `record`.

    Both raise `NoRoom` if the database's disk is full. With `gives_way` it ends early when users wait for checks, and
    gives the rest back.
    """

    def __init__(
        self, products: Sequence[Product], grant: Grant, clock: Callable[[], datetime], *, gives_way: bool = False
    ) -> None:
        self.products, self.clock = products, clock
        self._gives_way, self._gave_way = gives_way and not self.is_asked, False
        self._grant = grant
        granted, self._denied = products[: grant.calls], products[grant.calls :]
        self._ends = clock() + timedelta(seconds=_calling_time(len(products)))
        self._fetch = Fetch(granted, clock, self._ends)
        self._results: list[Result] = []
        self.recorded: list[Recorded] = []

    @property
    def is_full(self) -> bool:
        """Whether more products may wait."""
        return len(self.products) >= (asked_batch_size() if self.is_asked else batch_size())

    @property
    def is_asked(self) -> bool:
        """Whether users asked for these checks."""
        return all(product.asked_at for product in self.products)

    def settle(self) -> None:
        """Wait for the last reply, settle the ledger, give back products without a call, and confirm odd readings."""
        with self._notes_full_disk():
            results = self._finish(self._fetch, self._grant)
            ledger.count_asked(results, self._grant.day)
            claims.release(self._fetch.queue)
            self._results = confirming.settled(results, self._ask_again, self.clock)

    def _finish(
        self, fetch: Fetch, grant: Grant, confirming: Mapping[int, Sequence[int]] | None = None
    ) -> list[Result]:
        """`confirming`: for calls that confirm readings, who pays for each product's."""
        while fetch.is_running_after(LOOK_SECONDS):
            if ledger.is_halted():
                fetch.stop()
            elif self._gives_way and claims.users_wait(self.clock()):
                self._gave_way = True
                fetch.stop()
        results = fetch.finish()
        ledger.settle(results, api=settings.PROVIDER_API, day=grant.day)
        charges.charge(results, grant.day, confirming)
        unsent = len(fetch.queue) + sum(isinstance(result.answer, Outcome) for result in results)
        ledger.refund(unsent, grant.day, confirming=confirming is not None)
        self._apply_errors(results, grant)
        return results

    def _ask_again(self, products: Sequence[Product]) -> list[Result]:
        """Call once more, uncached, for as many products as the budget, people's allowances and the batch's time
        permit."""
        now = self.clock()
        if self._fetch.halted_by or now >= self._ends:
            return []
        payers = charges.payers_of_confirmations(products, now)
        products = [product for product in products if product.pk in payers]
        grant = ledger.reserve(len(products), now, confirming=True)
        again = Fetch(products[: grant.calls], self.clock, self._ends, uncached=True)
        return self._finish(again, grant, payers)

    @property
    def went_through(self) -> bool:
        """Whether the provider answered, and every product was called for that did not give way: the next batch may
        follow at once."""
        is_left = self._fetch.queue and not self._gave_way
        is_complete = not (self._denied or is_left or self._fetch.halted_by)
        return is_complete and any(map(_is_answered, self._results))

    def record(self) -> None:
        """Write the results to the database and to `recorded`, except for products that were given back."""
        denied = [Result(product, self._grant.refused, self.clock()) for product in self._denied]
        with self._notes_full_disk():
            self.recorded = record(self._results + denied, now=self.clock())

    def _notes_full_disk(self) -> AbstractContextManager[None]:
        return disk.notes_full_disk(len(self.products), self.clock())

    def give_up(self) -> None:
        """End early, and record the calls that were made."""
        self._ends = self.clock()
        self._fetch.stop()
        self.settle()
        self.record()

    def _apply_errors(self, results: Sequence[Result], grant: Grant) -> None:
        """Stop or pause the account's calls if an error says so; resume them after a trial call that was answered."""
        errors = {result.answer.code: result.answer for result in results if isinstance(result.answer, ProviderError)}
        halting = [error for error in errors.values() if error.action in HALTING]
        now = self.clock()
        for error in halting:
            if error.action is not Action.STOP:
                ledger.pause(error, now)
            elif ledger.open_circuit(error, now):
                logger.error("Polling stopped: %s %s", error.code, error)
        if grant.is_probe and not halting and any(map(_is_answered, results)) and ledger.close_circuit():
            logger.warning("Polling goes on: a trial call was answered.")


def _is_answered(result: Result) -> bool:
    return isinstance(result.answer, Observation | NotFound | WrongProduct)
