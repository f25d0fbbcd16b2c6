"""Months of checks made up for in seconds: the sandbox's past goes through the real parser, detection and recording."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby, pairwise
from typing import NamedTuple

from django.db.models import F
from django.utils import timezone

from monitor.budget.answers import Answer
from monitor.budget.ledger import booked_as
from monitor.checking import claims
from monitor.models import Product, Usage, UsageDay
from monitor.models.usage import provider_day, quota_reset
from monitor.provider.codes import SUCCESS, Action, Billing, Outcome
from monitor.provider.errors import ProviderError
from monitor.provider.parse import parse_item
from monitor.recording import Result, record
from monitor.sandbox.listings import listing_at
from monitor.sandbox.protocol import GatewayCall, failure_reply, reply
from monitor.schedule.limits import Limits
from monitor.schedule.looks import CheckHistory, next_check

HOURLY = timedelta(hours=1)
#: Products that are checked more often than hourly are replayed at their own pace for this long before the end.
AT_OWN_PACE = timedelta(hours=6)
LEASE = timedelta(minutes=5)
FAILURE = "4002"
API = "item_get_app"


class ReplaySpan(NamedTuple):
    start: datetime
    end: datetime

    def __contains__(self, when: object) -> bool:
        return isinstance(when, datetime) and self.start < when < self.end


class ReplayMoment(NamedTuple):
    """One check to be replayed; one that `fails` gets the provider's error instead of a record."""

    when: datetime
    num_iid: str
    fails: bool = False


@dataclass(frozen=True, slots=True)
class ReplayPast:
    """What is replayed: from `start` to `end`, with a while in which nothing was checked and one in which the checks
    of the product called `unlucky` failed. Both last some hours, or less where the whole past is short."""

    start: datetime
    end: datetime
    unlucky: str

    @property
    def asleep(self) -> ReplaySpan:
        return self._span(0.45, timedelta(hours=9))

    @property
    def outage(self) -> ReplaySpan:
        return self._span(0.12, timedelta(hours=20))

    def _span(self, before_end: float, length: timedelta) -> ReplaySpan:
        whole = self.end - self.start
        start = self.end - whole * before_end
        return ReplaySpan(start, start + min(length, whole * 0.06))

    def moments(self, num_iid: str, interval: timedelta) -> list[ReplayMoment]:
        """The checks of one product, in order: those that show something new, and both ends of every silence."""
        times = telling_times(num_iid, self.start, self.end, HOURLY)
        if interval < HOURLY:
            times |= telling_times(num_iid, max(self.start, self.end - AT_OWN_PACE), self.end, interval)
        silences = [self.asleep, *([self.outage] if num_iid == self.unlucky else [])]
        for silence in silences:
            times = {when for when in times if when not in silence} | {silence.start, silence.end}
        checks = [ReplayMoment(when, num_iid) for when in times]
        if num_iid == self.unlucky:
            checks += [ReplayMoment(when, num_iid, fails=True) for when in _retries(self.outage, interval)]
        return sorted(checks)


def telling_times(num_iid: str, start: datetime, end: datetime, every: timedelta) -> set[datetime]:
    """Of one check every so often from `start` to `end`: those that see something new, each with the check before it,
    which saw the old, and the first and the last."""
    times = [start + every * number for number in range((end - start) // every + 1)]
    listings = [listing_at(num_iid, int(when.timestamp())) for when in times]
    telling = {times[0], times[-1]}
    for (earlier, before), (later, after) in pairwise(zip(times, listings, strict=True)):
        if before != after:
            telling |= {earlier, later}
    return telling


def _retries(outage: ReplaySpan, interval: timedelta) -> Iterator[datetime]:
    """When a product is looked at while every check fails: as the schedule has it."""
    when, failures = outage.start + interval, 1
    while when in outage:
        yield when
        when = next_check(CheckHistory(when, Outcome.PROVIDER_ERROR, Action.RETRY, failures), Limits(interval))
        failures += 1


def pace(product: Product) -> timedelta:
    """How often a product of the past was looked at: what may be looked at more seldom was so about once an hour."""
    return min(product.interval or HOURLY, HOURLY)


def planned(products: Iterable[Product], past: ReplayPast) -> list[ReplayMoment]:
    """The checks of `products` to be replayed, in the order of time.

    Those no later than a product's last check are left out, so that a replay that was interrupted goes on where it
    stopped.
    """
    return sorted(
        moment
        for product in products
        for moment in past.moments(product.num_iid, pace(product))
        if product.checked_at is None or moment.when > product.checked_at
    )


def replay(moments: Iterable[ReplayMoment], keys: Mapping[str, int], advance: Callable[[int], None]) -> None:
    """Record what the checks would have told. `keys` are the products' primary keys by ID, `moments` in order.

    Alerts are written as told already. The ledger gets the calls that past days would have had; today's are left
    out, for no call is made.
    """
    for day, of_day in groupby(moments, key=lambda moment: provider_day(moment.when)):
        calls: Counter[tuple[str, str]] = Counter()
        for when, together in groupby(of_day, key=lambda moment: moment.when):
            batch = list(together)
            calls.update(_record(batch, when, keys))
            advance(len(batch))
        if day < provider_day(timezone.now()):
            _book(day, calls)


def fill_ledger(past: ReplayPast, intervals: Sequence[timedelta]) -> None:
    """Book the checks that saw nothing new: they are not replayed, yet past days would have paid for them.

    `intervals` are those of the products. Each day before today gets what it lacks of a check an interval.
    """
    begin = past.start
    while provider_day(begin) < provider_day(past.end):
        end = quota_reset(begin)
        asleep = max(timedelta(), min(end, past.asleep.end) - max(begin, past.asleep.start))
        scheduled = sum(int((end - begin - asleep) / interval) for interval in intervals)
        day = provider_day(begin)
        booked = UsageDay.objects.filter(day=day).values_list("reserved", flat=True).first() or 0
        if scheduled > booked:
            _book(day, Counter({(SUCCESS, Billing.BILLED.value): scheduled - booked}))
        begin = end


def _book(day: date, calls: Counter[tuple[str, str]]) -> None:
    """Add a day's calls, by code and billing, to what the ledger has of it."""
    UsageDay.objects.get_or_create(day=day)
    UsageDay.objects.filter(day=day).update(reserved=F("reserved") + calls.total())
    for (code, billing), count in calls.items():
        row, _ = Usage.objects.get_or_create(day=day, api=API, code=code, defaults={"billing": billing})
        Usage.objects.filter(pk=row.pk).update(calls=F("calls") + count)


def _record(batch: Sequence[ReplayMoment], when: datetime, keys: Mapping[str, int]) -> list[tuple[str, str]]:
    """Record one moment's checks; return as what each call is booked."""
    claimed = claims.seize([keys[moment.num_iid] for moment in batch], when, lasts=LEASE)
    fails = {moment.num_iid: moment.fails for moment in batch}
    results = [Result(product, _answer(product.num_iid, when, fails[product.num_iid]), when) for product in claimed]
    record(results, now=when, deliver=False)
    return [booked_as(result) for result in results]


def _answer(num_iid: str, when: datetime, fails: bool) -> Answer:
    call = GatewayCall(API, {"num_iid": num_iid, "cache": "no"}, when)
    payload = failure_reply(call, FAILURE) if fails else reply(call, is_faultless=True)
    try:
        return parse_item(payload, num_iid, when)
    except ProviderError as error:
        return error
