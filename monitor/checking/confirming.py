"""Confirms readings too odd to be believed at once: which ones have rules, which are called again, what that settles.

A batch without odd readings passes unchanged and costs no statement.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from monitor.budget.limit import daily_calls
from monitor.doubts import (
    MOST_READINGS,
    PROVIDERS_FAULTS,
    Doubt,
    DoubtOutlook,
    DoubtReason,
    Ending,
    OddReadings,
    Suspicion,
    Verdict,
    suspicion,
    verdict,
)
from monitor.models import Product
from monitor.provider.errors import ProviderError
from monitor.provider.observation import Observation, Status
from monitor.recording import Result, doubts
from monitor.recording.plan import observation_of

#: Confirming calls of one batch.
MAX_CONFIRMATIONS = 50


def settled(
    results: list[Result], ask: Callable[[Sequence[Product]], list[Result]], clock: Callable[[], datetime]
) -> list[Result]:
    """The results of a batch to be recorded: odd ones are confirmed, dropped or held in doubt.

    `ask` calls for products once more and returns the results of the calls that were granted. Only readings that a
    rule would fire on are called again. When many products at once read like a fault of the provider, a fault is more
    likely: they are held without a call until their next check. If a few shops took many products off sale, a
    few products of each shop are called again and decide for the others.
    """
    odd = [result for result in results if result.product.doubt is not None or _suspicion(result)]
    if not odd:
        return results
    return _Settlement(results, odd, clock()).of(ask)


class _Settlement:
    """Settles the odd results of one batch."""

    def __init__(self, results: Sequence[Result], odd: Sequence[Result], now: datetime) -> None:
        self.results, self.now = results, now
        self.later = [(result, doubt) for result in odd if (doubt := result.product.reading_in_doubt)]
        self.new = _with_rules([result for result in odd if result.product.doubt is None], now)
        self.settled: dict[int, Result] = {}
        self.outlook = self._outlook()

    def of(self, ask: Callable[[Sequence[Product]], list[Result]]) -> list[Result]:
        for result, doubt in self.later:
            self._keep(_resolved(result, doubt, trusted=self._is_trusted(result, doubt)))
        to_ask = self._to_ask()
        again = {new.product.pk: new for new in ask([result.product for result, _ in to_ask])} if to_ask else {}
        for result, doubt in to_ask:
            self._keep(_confirmed(result, doubt, again.get(result.product.pk)))
        self._learn([result for result, _ in to_ask])
        for result, doubt in self.new:
            if result.product.pk not in self.settled and not self._is_believed(result, doubt):
                self._keep(replace(result, held=doubt))
        return [self.settled.get(result.product.pk, result) for result in self.results]

    def _keep(self, result: Result) -> None:
        self.settled[result.product.pk] = result

    def _is_of_a_wave(self, doubt: Doubt) -> bool:
        return self.outlook.is_wave and doubt.reason in PROVIDERS_FAULTS

    def _is_trusted(self, result: Result, doubt: Doubt) -> bool:
        """Whether a second reading that agrees is believed."""
        is_gone = doubt.reason is DoubtReason.GONE
        return not self._is_of_a_wave(doubt) or (is_gone and self.outlook.may_believe(result.product.shop_id))

    def _is_believed(self, result: Result, doubt: Doubt) -> bool:
        """Whether a product that vanished with many others is believed without a second reading of its own."""
        is_of_many = self._is_of_a_wave(doubt) and doubt.reason is DoubtReason.GONE
        return is_of_many and self.outlook.believes(result.product.shop_id)

    def _to_ask(self) -> list[tuple[Result, Doubt]]:
        """The readings to call again: all or, in a wave, a few of each shop that is not believed yet."""
        left: dict[int | None, int] = {}
        chosen = []
        for result, doubt in self.new:
            shop = result.product.shop_id
            if self._is_of_a_wave(doubt):
                left.setdefault(shop, self.outlook.to_sample(shop) if doubt.reason is DoubtReason.GONE else 0)
                left[shop] -= 1
                if left[shop] < 0:
                    continue
            chosen.append((result, doubt))
        return chosen[:MAX_CONFIRMATIONS]

    def _learn(self, asked: Iterable[Result]) -> None:
        """Add the second readings of these results to the outlook."""
        endings = ((result.product.shop_id, self.settled[result.product.pk].ended) for result in asked)
        seen = [OddReadings(shop, 1, ended[1], ended[0].reason is DoubtReason.GONE) for shop, ended in endings if ended]
        self.outlook = replace(self.outlook, seen=[*self.outlook.seen, *seen])

    def _outlook(self) -> DoubtOutlook:
        """Earlier odd readings are queried only if this batch has some that read like a fault of the provider, and
        healthy shops only in a wave."""
        doubtful = {result.product.pk: result.product.shop_id for result, doubt in self.new if _is_fault(doubt)}
        for result, doubt in self.later:
            again = _suspicion(result)
            if again and _is_fault(doubt) and again.field == doubt.field:
                doubtful[result.product.pk] = result.product.shop_id
        if not doubtful:
            return DoubtOutlook((), (), doubts.most_at_once(daily_calls(self.now)))
        before, since, most = doubts.lately(self.now, besides=doubtful)
        outlook = DoubtOutlook([*before, *map(OddReadings, doubtful.values())], self._healthy(), most)
        if outlook.is_wave and since is not None and not outlook.is_confined:
            outlook = replace(outlook, healthy={*outlook.healthy, *doubts.healthy_shops(since, most)})
        return outlook

    def _healthy(self) -> set[int]:
        """The shops with a product that this batch reads as on sale."""
        on_sale = (result.product for result in self.results if _reads_as_on_sale(result))
        return {product.shop_id for product in on_sale if product.shop_id is not None}


def _is_fault(doubt: Doubt) -> bool:
    return doubt.reason in PROVIDERS_FAULTS


def _reads_as_on_sale(result: Result) -> bool:
    return isinstance(result.answer, Observation) and result.answer.status is Status.ON_SALE


def _with_rules(odd: Sequence[Result], now: datetime) -> list[tuple[Result, Doubt]]:
    """The odd results that a rule would fire on, each with its doubt. Two statements, if there are any."""
    suspicions = {result.product.pk: odd_field for result in odd if (odd_field := _suspicion(result))}
    fields = {pk: odd_field.field for pk, odd_field in suspicions.items()}
    keys = doubts.with_rules(fields, now) if fields else ()
    return [
        (result, Doubt.of(suspicions[result.product.pk], _reading(result), result.received_at))
        for result in odd
        if result.product.pk in keys
    ]


def _confirmed(result: Result, doubt: Doubt, again: Result | None) -> Result:
    """A new doubt after the call to confirm it, if there was one."""
    if again is None:
        return replace(result, held=doubt)
    observation = observation_of(again)
    if observation is None:
        return replace(result, held=replace(doubt, asked=isinstance(again.answer, ProviderError)))
    if _verdict(again, doubt, observation) is Verdict.SILENT:
        return replace(result, held=doubt.held_again())
    return _resolved(again, doubt, trusted=True)


def _resolved(result: Result, doubt: Doubt, *, trusted: bool) -> Result:
    """A reading of a product in doubt, with the ending of the doubt. A reading that agrees is believed if `trusted`."""
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
        # An old copy or a thin record: it says nothing about the field in doubt.
        return replace(result, ended=(doubt, Ending.DROPPED)) if is_old else result
    if said is Verdict.DIFFERS:
        dropped = replace(result, ended=(doubt, Ending.DROPPED))
        return dropped if is_settled else _doubted_otherwise(dropped, doubt, odd, observation)
    if is_settled and said is Verdict.SILENT:
        return replace(result, ended=(doubt, Ending.PERSISTED))
    return replace(result, held=doubt.held_again())


def _verdict(result: Result, doubt: Doubt, observation: Observation) -> Verdict:
    """The verdict on the doubt. Data older than the known ones say nothing."""
    is_news = _is_news(result.product, observation)
    return verdict(doubt, result.product, observation) if is_news else Verdict.SILENT


def _doubted_otherwise(result: Result, doubt: Doubt, odd: Suspicion, observation: Observation) -> Result:
    """Odd in another way: the new doubt keeps the age of the dropped one, so it ends at the same time."""
    new = Doubt.of(odd, observation, result.received_at)
    return replace(result, held=replace(new, since=doubt.since, readings=doubt.readings + 1))


def _reading(result: Result) -> Observation:
    observation = observation_of(result)
    assert observation is not None
    return observation


def _is_news(product: Product, observation: Observation) -> bool:
    """Whether the observation will be recorded: older data than the known ones are not."""
    return product.data_time is None or observation.data_time > product.data_time


def _suspicion(result: Result) -> Suspicion | None:
    observation = observation_of(result)
    if observation is None or not _is_news(result.product, observation):
        return None
    return suspicion(result.product, observation)
