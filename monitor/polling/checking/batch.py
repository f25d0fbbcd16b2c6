"""One batch: fetch, settle the calls, confirm odd answers, record. Nothing is locked while a call
runs."""

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from structlog.contextvars import bound_contextvars

from monitor.models import Product
from monitor.polling.budget import charges, ledger
from monitor.polling.budget.ledger import Grant
from monitor.polling.checking import claims, confirming
from monitor.polling.checking.fetch import HALTING, Fetch
from monitor.polling.recording import Recorded, Result, record
from monitor.polling.retry import retried
from monitor.provider.codes import Action, Outcome
from monitor.provider.errors import NotFound, ProviderError, WrongProduct
from monitor.provider.observation import Observation

logger = logging.getLogger(__name__)

#: Calls that each thread makes one after another in a batch. Of a killed worker, those that it had
#: not made stay counted.
ROUNDS = 32
#: The same for what users ask for: then they soon get another turn.
ASKED_ROUNDS = 8
LARGEST_BATCH = 500
#: After this time a batch begins no further call, and gives the rest back: what it has found must
#: not wait. The settings' task time limit depends on it.
CALLING_TIME = timedelta(minutes=2)
#: How often a running batch renews its claim, and looks whether an operator has stopped all calls,
#: or users wait for checks.
LOOK_SECONDS = 5.0


def batch_size() -> int:
    """Return the number of products in a batch. Threads are idle only in its last round."""
    return min(LARGEST_BATCH, ROUNDS * settings.PROVIDER_CONCURRENCY)


def asked_batch_size() -> int:
    return min(batch_size(), ASKED_ROUNDS * settings.PROVIDER_CONCURRENCY)


@dataclass
class CallsUnderWay:
    """Calls under way, and what was granted for them.

    `payers`: for calls that confirm answers, the keys of the users who pay, by product.
    """

    fetch: Fetch
    grant: Grant
    payers: Mapping[int, Sequence[int]] | None = None
    is_settled: bool = False


class Batch:
    """The products of one claim. Making it starts the calls that were granted; then call `settle`
    and `record`.

    Whatever interrupts them, they can be called again: no call is made or counted twice. A
    batch of the schedule ends early when users wait for checks, and gives the rest back."""

    def __init__(
        self,
        products: Sequence[Product],
        grant: Grant,
        clock: Callable[[], datetime],
    ) -> None:
        self.products, self.clock = products, clock
        #: Whether users asked for these checks before they were claimed.
        self.is_asked = all(product.asked_at for product in products)
        self._gave_way = False
        self._denied = products[grant.calls :]
        self._ends = clock() + CALLING_TIME
        with self.named():
            self._fetch = Fetch(products[: grant.calls], clock, self._ends)
        self._calls = CallsUnderWay(self._fetch, grant)
        #: The calls that confirm answers, once they have begun.
        self._confirming: CallsUnderWay | None = None
        self._results: list[Result] = []
        self.recorded: list[Recorded] = []
        self._is_recorded = False

    def named(self) -> AbstractContextManager[None]:
        """Name the batch to the log, by its claim."""
        return bound_contextvars(batch=str(self.products[0].claim))

    @property
    def is_full(self) -> bool:
        """Whether more products may wait."""
        return len(self.products) >= (asked_batch_size() if self.is_asked else batch_size())

    @retried
    def settle(self) -> None:
        """Wait for the last reply, settle the ledger, give back products without a call, and
        confirm odd answers."""
        results = self._finish(self._calls)
        claims.release(self._fetch.queue)
        self._results = confirming.settled(results, self._ask_again)

    def _finish(self, calls: CallsUnderWay) -> list[Result]:
        look_at = time.monotonic() + LOOK_SECONDS
        while calls.fetch.is_running_after(look_at - time.monotonic()):
            look_at += LOOK_SECONDS
            if self._must_stop():
                calls.fetch.stop()
        results = calls.fetch.finish()
        if not calls.is_settled:
            self._settle(calls, results)
            calls.is_settled = True
        apply_errors((result.answer for result in results), self.clock())
        return results

    @transaction.atomic
    def _settle(self, calls: CallsUnderWay, results: Sequence[Result]) -> None:
        day, is_confirming = calls.grant.day, calls.payers is not None
        sent = [result for result in results if not isinstance(result.answer, Outcome)]
        ledger.settle(sent, api=settings.PROVIDER_API, day=day)
        charges.charge(sent, day, calls.payers)
        asked = 0 if is_confirming else sum(result.product.asked_at is not None for result in sent)
        ledger.refund(calls.grant.calls - len(sent), day, confirming=is_confirming, asked=asked)

    def _must_stop(self) -> bool:
        """Renew the claim; return whether no further call may begin."""
        now = self.clock()
        self._gave_way = self._gave_way or (not self.is_asked and claims.users_wait(now))
        return not claims.renew(self.products, now) or ledger.is_halted() or self._gave_way

    def _ask_again(self, products: Sequence[Product]) -> list[Result]:
        """Call once more, uncached, for as many products as the budget, people's allowances and the
        batch's time permit."""
        now = self.clock()
        if self._confirming is None:
            if not products or self._fetch.halted_by or now >= self._ends:
                return []
            payers = charges.payers_of_confirmations(products, now)
            products = [product for product in products if product.pk in payers]
            grant = ledger.reserve(len(products), now, confirming=True)
            products = products[: grant.calls]
            again = Fetch(products, self.clock, self._ends, uncached=True)
            self._confirming = CallsUnderWay(again, grant, payers)
        return self._finish(self._confirming)

    @property
    def went_through(self) -> bool:
        """Whether the next batch may follow at once: the provider answered, and every product was
        called, except those that were given back because users wait."""
        is_left = self._fetch.queue and not self._gave_way
        is_complete = not (self._denied or is_left or self._fetch.halted_by)
        return is_complete and any(map(_is_answered, self._results))

    def record(self) -> None:
        """Write the results to the database and to `recorded`, except for products that were given
        back.

        A trial call that was answered resumes the account's calls, once it is recorded.
        """
        grant = self._calls.grant
        denied = [Result(product, grant.refused, self.clock()) for product in self._denied]
        self.recorded = record(self._results + denied, now=self.clock())
        self._is_recorded = True
        is_answered = not self._fetch.halted_by and any(map(_is_answered, self._results))
        if grant.is_probe and is_answered and ledger.end_trial(self.clock()):
            logger.warning("Polling goes on: a trial call was answered.")

    def end(self) -> None:
        """Stop its calls, and record those that were made, unless it is recorded."""
        if not self._is_recorded:
            self._ends = self.clock()
            for calls in filter(None, [self._calls, self._confirming]):
                calls.fetch.stop()
            self.settle()
            self.record()


def apply_errors(answers: Iterable[object], now: datetime) -> None:
    """Stop or pause the account's calls if an error among the answers says so."""
    errors = {answer.code: answer for answer in answers if isinstance(answer, ProviderError)}
    for error in (error for error in errors.values() if error.action in HALTING):
        if error.action is not Action.STOP:
            ledger.pause(error, now)
        elif ledger.open_circuit(error, now):
            logger.error("Polling stopped: %s %s", error.code, error)


def _is_answered(result: Result) -> bool:
    return isinstance(result.answer, Observation | NotFound | WrongProduct)
