"""Confirms readings too odd to be believed at once: which ones have rules, which are called again, what that settles.

A batch without odd readings passes unchanged and costs no statement.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from operator import itemgetter

from django.conf import settings

from monitor.doubts import (
    MOST_READINGS,
    PROVIDERS_FAULTS,
    READINGS_PER_ODD_ONE,
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
    """Return the results of a batch to be recorded: odd ones are confirmed, dropped or held in doubt.

    `ask` calls for products once more and returns the results of the calls that were granted. Only readings that a
    rule would fire on are called again; others are held until their next check. A call in the provider's same bad
    minute would prove nothing: if no other product was found on sale since the reading, the product is checked again
    soon instead, as after a first check that found nothing. When many products at once read like a fault of the
    provider, they are held without a call. If a few shops took many products off sale, a few products of each shop are
    called again and decide for the others.
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
        self.new = [(result, _doubt(result)) for result in odd if result.product.doubt is None]
        on_sale = [(result.received_at, result.product.shop_id) for result in results if _is_on_sale(result)]
        # By time alone: a product without a shop cannot be compared with one that has one.
        self.on_sale = sorted(on_sale, key=itemgetter(0))
        self.soon: set[int] = set()
        self.settled: dict[int, Result] = {}
        self.outlook = self._outlook()

    def of(self, ask: Callable[[Sequence[Product]], list[Result]]) -> list[Result]:
        for result, doubt in self.later:
            self.settled[result.product.pk] = _resolved(result, doubt, trusted=self._is_trusted(result, doubt))
        to_ask = self._to_ask()
        again = {new.product.pk: new for new in ask([result.product for result, _ in to_ask])}
        # An interrupted settlement may have called others.
        to_ask += [new for new in self.new if new[0].product.pk in again and new not in to_ask]
        for result, doubt in to_ask:
            self.settled[result.product.pk] = _confirmed(result, doubt, again.get(result.product.pk))
        self._learn([result for result, _ in to_ask])
        for result, doubt in self.new:
            key = result.product.pk
            if key not in self.settled and not self._is_believed(result, doubt):
                self.settled[key] = replace(result, held=replace(doubt, asked=key in self.soon))
        return [self.settled.get(result.product.pk, result) for result in self.results]

    def _is_of_a_wave(self, doubt: Doubt) -> bool:
        return self.outlook.is_wave and _is_fault(doubt)

    def _is_trusted(self, result: Result, doubt: Doubt) -> bool:
        """Return whether a second reading that agrees is believed: the provider has been healthy since the first
        one."""
        is_gone = doubt.reason is DoubtReason.GONE
        if self._is_of_a_wave(doubt) and not (is_gone and self.outlook.may_believe(result.product.shop_id)):
            return False
        if not _is_fault(doubt) or self._is_alone:
            return True
        if self.outlook.on_sale_at is None and not self.on_sale:
            # As when the first products of all are not found.
            return not self.outlook.odd and doubt.readings >= MOST_READINGS
        # A reply that comes sooner may have been on its way before the provider failed.
        since = doubt.seen_at + timedelta(seconds=settings.PROVIDER_TIMEOUT)
        times = [at for at, _ in self.on_sale]
        is_in_batch = bisect_right(times, since) < bisect_left(times, result.received_at)
        return is_in_batch or (self.outlook.on_sale_at is not None and self.outlook.on_sale_at > since)

    @property
    def _is_alone(self) -> bool:
        """Whether there is no other product by which to judge the provider."""
        return self.outlook.odd == 1 and self.outlook.on_sale_at is None and not self.on_sale

    def _is_healthy_after(self, result: Result) -> bool:
        """Return whether more products were found on sale after the result than calls were under way when it came."""
        after = sum(at > result.received_at for at, _ in self.on_sale)
        return after >= settings.PROVIDER_CONCURRENCY or self._is_alone

    def _is_believed(self, result: Result, doubt: Doubt) -> bool:
        """Return whether a product that vanished with many others is believed without a second reading of its own."""
        is_of_many = self._is_of_a_wave(doubt) and doubt.reason is DoubtReason.GONE
        return is_of_many and self.outlook.believes(result.product.shop_id)

    def _to_ask(self) -> list[tuple[Result, Doubt]]:
        """Return the readings to call again: all that rules read or, in a wave, a few of each shop that is not
        believed yet. Those that are better checked `soon` are left out."""
        self.soon = {result.product.pk for result, doubt in self.new if doubt.before is None}
        fields = {result.product.pk: doubt.field for result, doubt in self.new if doubt.before is not None}
        heard = doubts.with_rules(fields) if fields else set()
        left: dict[int | None, int] = {}
        chosen = []
        for result, doubt in self.new:
            if result.product.pk not in heard:
                continue
            shop = result.product.shop_id
            if self._is_of_a_wave(doubt):
                left.setdefault(shop, self.outlook.to_sample(shop) if doubt.reason is DoubtReason.GONE else 0)
                left[shop] -= 1
                if left[shop] < 0:
                    continue
            if _is_fault(doubt) and not self._is_healthy_after(result):
                self.soon.add(result.product.pk)
            else:
                chosen.append((result, doubt))
        return chosen[:MAX_CONFIRMATIONS]

    def _learn(self, asked: Iterable[Result]) -> None:
        """Add the second readings of these results to the outlook."""
        endings = ((result.product.shop_id, self.settled[result.product.pk].ended) for result in asked)
        seen = [OddReadings(shop, 1, ended[1], ended[0].reason is DoubtReason.GONE) for shop, ended in endings if ended]
        self.outlook = replace(self.outlook, seen=[*self.outlook.seen, *seen])

    def _outlook(self) -> DoubtOutlook:
        """Other readings are queried only if this batch has some that read like a fault of the provider."""
        faults = [pair for pair in [*self.new, *self.later] if _is_fault(pair[1])]
        if not any(_suspicion(result) for result, doubt in faults if result.product.doubt or doubt.before is not None):
            return DoubtOutlook()
        known = [pair for pair in faults if pair[1].before is not None]
        before, since = doubts.lately(self.now, besides=[result.product.pk for result, _ in known])
        outlook = DoubtOutlook([*before, *(_seen(*pair) for pair in known)])
        first = min((result.received_at for result, _ in known), default=self.now)
        others = [result.product.pk for result in self.results]
        on_sale, at = doubts.on_sale(min(since or first, first), 1 + READINGS_PER_ODD_ONE * outlook.odd, others)
        on_sale.update(shop for read_at, shop in self.on_sale if read_at > first)
        healthy = {shop for shop in on_sale if shop is not None}
        return replace(outlook, healthy=healthy, on_sale=on_sale.total(), on_sale_at=at)


def _is_fault(doubt: Doubt) -> bool:
    return doubt.reason in PROVIDERS_FAULTS


def _is_on_sale(result: Result) -> bool:
    is_read_so = isinstance(result.answer, Observation) and result.answer.status is Status.ON_SALE
    return is_read_so and _suspicion(result) is None


def _doubt(result: Result) -> Doubt:
    """Return the doubt about a new odd reading."""
    odd, news = _suspicion(result), _news(result)
    assert odd is not None
    assert news is not None
    return Doubt.of(odd, news, result.received_at)


def _seen(result: Result, doubt: Doubt) -> OddReadings:
    """Return a reading of this batch that is odd, or denies one that was."""
    is_denied = result.product.doubt and _verdict(result, doubt) is Verdict.DENIES
    ending = Ending.DROPPED if is_denied else None
    return OddReadings(result.product.shop_id, 1, ending, doubt.reason is DoubtReason.GONE)


def _confirmed(result: Result, doubt: Doubt, again: Result | None) -> Result:
    """Return a new doubt after the call to confirm it, if there was one."""
    if again is None:
        return replace(result, held=doubt)
    if observation_of(again) is None:
        return replace(result, held=replace(doubt, asked=isinstance(again.answer, ProviderError)))
    if _verdict(again, doubt) is Verdict.SILENT:
        return replace(result, held=doubt.held_again())
    return _resolved(again, doubt, trusted=True)


def _resolved(result: Result, doubt: Doubt, *, trusted: bool) -> Result:
    """Return a reading of a product in doubt, with the ending of the doubt. A reading that agrees is believed if
    `trusted`."""
    if observation_of(result) is None:
        return result
    is_old = doubt.is_old(result.received_at)
    is_settled = is_old or (trusted and doubt.readings >= MOST_READINGS)
    said = _verdict(result, doubt)
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
        # The new doubt keeps the age of the dropped one, so it ends at the same time.
        anew = replace(_doubt(result), since=doubt.since, readings=doubt.readings + 1)
        return dropped if is_settled else replace(dropped, held=anew)
    if is_settled and said is Verdict.SILENT:
        return replace(result, ended=(doubt, Ending.PERSISTED))
    return replace(result, held=doubt.held_again())


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
