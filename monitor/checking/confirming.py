"""Readings too odd to be believed at once: who would hear of them, which are asked for again, and what that settles.

A batch without any passes through here untouched, and costs no statement.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from monitor.doubts import MOST_READINGS, PROVIDERS_FAULTS, Doubt, Ending, Suspicion, Verdict, suspicion, verdict
from monitor.models import Product
from monitor.provider.errors import ProviderError
from monitor.provider.observation import Observation
from monitor.recording import Result, doubts
from monitor.recording.plan import observation_of

#: Readings of one batch that are asked for again at once.
MOST_AT_ONCE = 50


def settled(
    results: list[Result], ask: Callable[[Sequence[Product]], list[Result]], clock: Callable[[], datetime]
) -> list[Result]:
    """The results of a batch as they are to be recorded: the odd ones confirmed, dropped or held in doubt.

    `ask` calls for products once more, and returns what came of those that it was granted. Only what a rule would
    hear of is asked for again. Where so many products at once are read as the provider's faults have it that one is
    likelier, they are held without a call until they are due: neither their calls nor their alerts go out at once.
    """
    odd = [result for result in results if result.product.doubt is not None or _suspicion(result)]
    if not odd:
        return results
    return _Settlement(odd, clock()).of(results, ask)


class _Settlement:
    """What becomes of the odd results of one batch."""

    def __init__(self, odd: Sequence[Result], now: datetime) -> None:
        self.now = now
        self.later = [(result, doubt) for result in odd if (doubt := result.product.reading_in_doubt)]
        self.new = _heard([result for result in odd if result.product.doubt is None], now)
        self.settled: dict[int, Result] = {}
        self.is_wave = self._is_wave()

    def of(self, results: Sequence[Result], ask: Callable[[Sequence[Product]], list[Result]]) -> list[Result]:
        for result, doubt in self.later:
            self._keep(_resolved(result, doubt, trusted=not self._is_of_a_wave(doubt)))
        to_ask = [(result, doubt) for result, doubt in self.new if not self._is_of_a_wave(doubt)][:MOST_AT_ONCE]
        again = {one.product.pk: one for one in ask([result.product for result, _ in to_ask])} if to_ask else {}
        for result, doubt in self.new:
            self._keep(_confirmed(result, doubt, again.get(result.product.pk)))
        return [self.settled.get(result.product.pk, result) for result in results]

    def _keep(self, result: Result) -> None:
        self.settled[result.product.pk] = result

    def _is_of_a_wave(self, doubt: Doubt) -> bool:
        return self.is_wave and doubt.reason in PROVIDERS_FAULTS

    def _is_wave(self) -> bool:
        """Whether so many products are read as gone or given away that the provider is the likelier reason."""
        doubtful = {result.product.pk for result, doubt in self.new if doubt.reason in PROVIDERS_FAULTS}
        for result, doubt in self.later:
            again = _suspicion(result)
            if again and doubt.reason in PROVIDERS_FAULTS and again.field == doubt.field:
                doubtful.add(result.product.pk)
        return bool(doubtful) and len(doubtful) + doubts.lately(self.now, besides=doubtful) > doubts.most_at_once()


def _heard(odd: Sequence[Result], now: datetime) -> list[tuple[Result, Doubt]]:
    """Those that a rule would hear of, each with the doubt about it. One statement, if there are any."""
    found = {result.product.pk: odd_one for result in odd if (odd_one := _suspicion(result))}
    heard = doubts.heard({pk: one.field for pk, one in found.items()}, now) if found else ()
    return [
        (result, Doubt.of(found[result.product.pk], _reading(result), result.received_at))
        for result in odd
        if result.product.pk in heard
    ]


def _confirmed(result: Result, doubt: Doubt, again: Result | None) -> Result:
    """A new doubt, with what came of the call to confirm it, if there was one."""
    if again is None:
        return replace(result, held=doubt)
    observation = observation_of(again)
    if observation is None:
        return replace(result, held=replace(doubt, asked=isinstance(again.answer, ProviderError)))
    if _verdict(again, doubt, observation) is Verdict.SILENT:
        return replace(result, held=doubt.held_again())
    return _resolved(again, doubt, trusted=True)


def _resolved(result: Result, doubt: Doubt, *, trusted: bool) -> Result:
    """A reading of a product in doubt, and what becomes of the doubt. What agrees is believed if it is `trusted`."""
    observation = observation_of(result)
    if observation is None:
        return result
    is_old = doubt.is_old(result.received_at)
    is_settled = is_old or doubt.readings >= MOST_READINGS
    said = _verdict(result, doubt, observation)
    odd = _suspicion(result)
    if said is Verdict.DENIES:
        return replace(result, ended=(doubt, Ending.DROPPED))
    if said is Verdict.AGREES and (trusted or is_old):
        return replace(result, ended=(doubt, Ending.CONFIRMED if trusted else Ending.PERSISTED))
    if odd is None:
        # It says nothing of it: an old copy, or a thin record.
        return replace(result, ended=(doubt, Ending.DROPPED)) if is_old else result
    if said is Verdict.DIFFERS:
        dropped = replace(result, ended=(doubt, Ending.DROPPED))
        return dropped if is_settled else _doubted_otherwise(dropped, doubt, odd, observation)
    if is_settled and said is Verdict.SILENT:
        return replace(result, ended=(doubt, Ending.PERSISTED))
    return replace(result, held=doubt.held_again())


def _verdict(result: Result, doubt: Doubt, observation: Observation) -> Verdict:
    """Data that are older than known say nothing."""
    is_news = _is_news(result.product, observation)
    return verdict(doubt, result.product, observation) if is_news else Verdict.SILENT


def _doubted_otherwise(result: Result, doubt: Doubt, odd: Suspicion, observation: Observation) -> Result:
    """Odd in another way: the new doubt is as old as the one that is dropped, so that it ends as soon."""
    new = Doubt.of(odd, observation, result.received_at)
    return replace(result, held=replace(new, since=doubt.since, readings=doubt.readings + 1))


def _reading(result: Result) -> Observation:
    observation = observation_of(result)
    assert observation is not None
    return observation


def _is_news(product: Product, observation: Observation) -> bool:
    """Whether it will be recorded: older data than known are not, however odd."""
    return product.data_time is None or observation.data_time > product.data_time


def _suspicion(result: Result) -> Suspicion | None:
    observation = observation_of(result)
    if observation is None or not _is_news(result.product, observation):
        return None
    return suspicion(result.product, observation)
