"""Confirms answers too odd to be believed at once: which ones have rules, which are called again,
what that settles.

A batch without odd answers passes unchanged and costs no statement.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property

from monitor.judging.doubts import (
    FEW,
    LAST_ANSWERS,
    Doubt,
    Resolution,
    Suspicion,
    Verdict,
    suspicion,
    verdict,
)
from monitor.judging.schedule.next_check import SECOND_AFTER
from monitor.models import Product
from monitor.polling.recording import Result, doubts
from monitor.polling.recording.updates import observation_of
from monitor.provider.errors import ProviderError
from monitor.provider.observation import GONE, Observation

#: Confirming calls of one batch.
MAX_CONFIRMATIONS = 50


def settled(
    results: list[Result], ask: Callable[[Sequence[Product]], list[Result]]
) -> list[Result]:
    """Return the results of a batch to be recorded: odd ones are confirmed, dropped or held in
    doubt.

    `ask` calls for products once more and returns the results of the calls that were granted. Only
    halved prices that a rule would fire on are called again. A call in the provider's same bad
    minute would prove nothing: what may be its fault is held, and checked again in half an hour if
    a rule would fire on it or nothing was known before."""
    odd = [result for result in results if result.product.doubt is not None or _suspicion(result)]
    return _Settlement(results, odd).of(ask) if odd else results


class _Settlement:
    """Settles the odd results of one batch."""

    def __init__(self, results: Sequence[Result], odd: Sequence[Result]) -> None:
        self.results = results
        self.later = [(result, doubt) for result in odd if (doubt := result.product.open_doubt)]
        self.new = [(result, _doubt(result)) for result in odd if result.product.doubt is None]
        self.settled: dict[int, Result] = {}

    def of(self, ask: Callable[[Sequence[Product]], list[Result]]) -> list[Result]:
        for result, doubt in self.later:
            self.settled[result.product.pk] = _resolved(
                result, doubt, trusted=self._is_trusted(result, doubt)
            )
        known = {
            result.product.pk: doubt.field for result, doubt in self.new if doubt.before is not None
        }
        heard = doubts.with_rules(known) if known else set()
        to_ask = [
            new for new in self.new if new[0].product.pk in heard and not new[1].may_be_a_fault
        ]
        again = {
            new.product.pk: new
            for new in ask([result.product for result, _ in to_ask[:MAX_CONFIRMATIONS]])
        }
        for result, doubt in self.new:
            key = result.product.pk
            if key in again:
                self.settled[key] = _confirmed(result, doubt, again[key])
            else:
                is_soon = doubt.may_be_a_fault and (doubt.before is None or key in heard)
                self.settled[key] = replace(result, held=replace(doubt, asked=is_soon))
        return [self.settled.get(result.product.pk, result) for result in self.results]

    def _is_trusted(self, result: Result, doubt: Doubt) -> bool:
        """Return whether a second answer that agrees is believed."""
        is_later = result.received_at - doubt.seen_at >= SECOND_AFTER
        return not doubt.may_be_a_fault or (is_later and not self._is_failing)

    @cached_property
    def _is_failing(self) -> bool:
        """Whether many of the last answers, about products that were there before, look like the
        provider's fault."""
        there = [
            result
            for result in self.results
            if _was_there(result.product) and observation_of(result)
        ]
        last = sorted(there, key=lambda result: result.received_at)[-LAST_ANSWERS:]
        odd = sum(bool((found := _suspicion(result)) and found.may_be_a_fault) for result in last)
        others = [result.product.pk for result in self.results]
        return odd + doubts.odd_among(LAST_ANSWERS - len(last), others) > FEW


def _was_there(product: Product) -> bool:
    return product.data_time is not None and product.status not in GONE


def _doubt(result: Result) -> Doubt:
    """Return the doubt about a new odd answer."""
    odd, news = _suspicion(result), _news(result)
    assert odd is not None
    assert news is not None
    return Doubt.of(odd, news, result.received_at)


def _confirmed(result: Result, doubt: Doubt, again: Result) -> Result:
    """Return a new doubt after the call to confirm it."""
    if observation_of(again) is None:
        return replace(result, held=replace(doubt, asked=isinstance(again.answer, ProviderError)))
    if _verdict(again, doubt) is Verdict.SILENT:
        return replace(result, held=doubt)
    return _resolved(again, doubt, trusted=True)


def _resolved(result: Result, doubt: Doubt, *, trusted: bool) -> Result:
    """Return an answer of a product in doubt, with the resolution of the doubt. An answer that
    agrees is believed if `trusted`."""
    if observation_of(result) is None:
        return result
    is_old = doubt.is_old(result.received_at)
    said = _verdict(result, doubt)
    odd = _suspicion(result)
    if said is Verdict.DENIES:
        return replace(result, resolved=(doubt, Resolution.DROPPED))
    if said is Verdict.AGREES and (trusted or is_old):
        return replace(
            result, resolved=(doubt, Resolution.CONFIRMED if trusted else Resolution.PERSISTED)
        )
    if odd is None:
        # An old copy or a thin record: it says nothing about the field in doubt.
        return replace(result, resolved=(doubt, Resolution.DROPPED)) if is_old else result
    if said is Verdict.DIFFERS:
        dropped = replace(result, resolved=(doubt, Resolution.DROPPED))
        # The new doubt keeps the age of the dropped one, so it ends at the same time.
        anew = replace(_doubt(result), since=doubt.since)
        return dropped if is_old else replace(dropped, held=anew)
    if is_old and said is Verdict.SILENT:
        return replace(result, resolved=(doubt, Resolution.PERSISTED))
    return replace(result, held=doubt)


def _verdict(result: Result, doubt: Doubt) -> Verdict:
    """Return the verdict on the doubt. Data older than the known ones say nothing."""
    news = _news(result)
    return Verdict.SILENT if news is None else verdict(doubt, result.product, news)


def _news(result: Result) -> Observation | None:
    """Return the observation, if it will be recorded: older data than the known ones are not."""
    observation, known = observation_of(result), result.product.data_time
    return observation if observation and (known is None or observation.data_time > known) else None


def _suspicion(result: Result) -> Suspicion | None:
    news = _news(result)
    return None if news is None else suspicion(result.product, news)
