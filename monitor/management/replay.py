"""Replays months of checks of the sandbox in seconds, through the real parsing, change detection and recording."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
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
from monitor.provider.codes import SUCCESS, Billing
from monitor.provider.errors import ProviderError
from monitor.provider.parse import parse_item
from monitor.recording import Result, record
from monitor.sandbox.listings import listing_at
from monitor.sandbox.protocol import GatewayCall, failure_reply, reply

HOURLY = timedelta(hours=1)
#: For this long before the end, products that are checked more often than hourly are replayed at their own interval.
AT_OWN_INTERVAL = timedelta(hours=6)
LEASE = timedelta(minutes=5)
FAILURE = "4002"
API = "item_get_app"


class ReplaySpan(NamedTuple):
    start: datetime
    end: datetime

    def __contains__(self, when: object) -> bool:
        return isinstance(when, datetime) and self.start < when < self.end


class ReplayMoment(NamedTuple):
    """One check to replay. If it `fails`, the provider answers with an error."""

    when: datetime
    num_iid: str
    fails: bool = False


@dataclass(frozen=True, slots=True)
class ReplayPast:
    """The time to replay. Nothing was checked while it was `asleep`, and checks of the product `unlucky` failed in the
    `outage`. Both last some hours, or less if the whole past is short."""

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
        """The checks of one product: those that show something new, and those at both ends of every gap."""
        times = times_of_changes(num_iid, self.start, self.end, HOURLY)
        if interval < HOURLY:
            times |= times_of_changes(num_iid, max(self.start, self.end - AT_OWN_INTERVAL), self.end, interval)
        gaps = [self.asleep, *([self.outage] if num_iid == self.unlucky else [])]
        for gap in gaps:
            times = {when for when in times if when not in gap} | {gap.start, gap.end}
        checks = [ReplayMoment(when, num_iid) for when in times]
        if num_iid == self.unlucky:
            failing = [when for when in _times(*self.outage, interval) if when in self.outage]
            checks += [ReplayMoment(when, num_iid, fails=True) for when in failing]
        return checks


def _times(start: datetime, end: datetime, every: timedelta) -> list[datetime]:
    return [start + every * number for number in range((end - start) // every + 1)]


def times_of_changes(num_iid: str, start: datetime, end: datetime, every: timedelta) -> set[datetime]:
    """Of regular checks from `start` to `end`: the first, the last, and those on both sides of each change."""
    times = _times(start, end, every)
    listings = [listing_at(num_iid, int(when.timestamp())) for when in times]
    chosen = {times[0], times[-1]}
    for (earlier, before), (later, after) in pairwise(zip(times, listings, strict=True)):
        if before != after:
            chosen |= {earlier, later}
    return chosen


def planned(products: Iterable[Product], past: ReplayPast) -> list[ReplayMoment]:
    """The checks of `products` to replay, in the order of time.

    It leaves out checks no later than a product's last one: an interrupted replay goes on where it stopped.
    """
    return sorted(
        moment
        for product in products
        for moment in past.moments(product.num_iid, min(product.interval or HOURLY, HOURLY))
        if product.checked_at is None or moment.when > product.checked_at
    )


def replay(moments: Iterable[ReplayMoment], keys: Mapping[str, int], advance: Callable[[int], None]) -> None:
    """Record what the checks would have found. `keys` are the products' primary keys by ID; `moments` are in order.

    Alerts are written as delivered. The ledger gets the calls of past days, but none of today: no call is made.
    """
    for day, moments_of_day in groupby(moments, key=lambda moment: provider_day(moment.when)):
        calls: Counter[tuple[str, str]] = Counter()
        for when, simultaneous in groupby(moments_of_day, key=lambda moment: moment.when):
            batch = list(simultaneous)
            calls.update(_record(batch, when, keys))
            advance(len(batch))
        if day < provider_day(timezone.now()):
            _book(day, calls)


def fill_ledger(past: ReplayPast, products: int) -> None:
    """Book the hourly checks that found nothing new: they were not replayed, but past days would have paid for them."""
    begin = past.start
    while provider_day(begin) < provider_day(past.end):
        end = quota_reset(begin)
        asleep = max(timedelta(), min(end, past.asleep.end) - max(begin, past.asleep.start))
        scheduled = products * int((end - begin - asleep) / HOURLY)
        day = provider_day(begin)
        booked = UsageDay.objects.filter(day=day).values_list("reserved", flat=True).first() or 0
        if scheduled > booked:
            _book(day, Counter({(SUCCESS, Billing.BILLED.value): scheduled - booked}))
        begin = end


def _book(day: date, calls: Counter[tuple[str, str]]) -> None:
    """Add calls, by code and billing, to a day of the ledger."""
    UsageDay.objects.get_or_create(day=day)
    UsageDay.objects.filter(day=day).update(reserved=F("reserved") + calls.total())
    for (code, billing), count in calls.items():
        row, _ = Usage.objects.get_or_create(day=day, api=API, code=code, defaults={"billing": billing})
        Usage.objects.filter(pk=row.pk).update(calls=F("calls") + count)


def _record(batch: Sequence[ReplayMoment], when: datetime, keys: Mapping[str, int]) -> list[tuple[str, str]]:
    """Record the checks of one moment; return the code and billing of each call."""
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
