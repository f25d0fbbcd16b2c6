"""Replays months of checks of the sandbox in seconds, through the real parsing, change detection and recording."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby, pairwise
from operator import itemgetter
from typing import NamedTuple

from django.db.models import F
from django.utils import timezone

from monitor.budget.answers import Answer
from monitor.budget.ledger import booked_as
from monitor.checking import claims
from monitor.models import Charge, Product, Usage, UsageDay, Watchlist
from monitor.models.usage import PARTS, provider_day, quota_reset
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

    def cut_from(self, times: set[datetime]) -> set[datetime]:
        """Returns the times that are not within, and both ends."""
        return {when for when in times if not self.start < when < self.end} | {*self}


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

    def times(self, num_iid: str, interval: timedelta) -> set[datetime]:
        """The checks of one product: those that show something new or fail, and those at both ends of every gap."""
        times = times_of_changes(num_iid, self.start, self.end, HOURLY)
        if interval < HOURLY:
            times |= times_of_changes(num_iid, max(self.start, self.end - AT_OWN_INTERVAL), self.end, interval)
        times = self.asleep.cut_from(times)
        return self.outage.cut_from(times) | {*_times(*self.outage, interval)} if num_iid == self.unlucky else times

    def answer(self, num_iid: str, when: datetime) -> Answer:
        """What the sandbox's provider answered at that time."""
        call = GatewayCall(API, {"num_iid": num_iid, "cache": "no"}, when)
        fails = num_iid == self.unlucky and self.outage.start < when < self.outage.end
        payload = failure_reply(call, FAILURE) if fails else reply(call, is_faultless=True)
        try:
            return parse_item(payload, num_iid, when)
        except ProviderError as error:
            return error


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


def planned(products: Iterable[Product], past: ReplayPast) -> list[tuple[datetime, int]]:
    """The checks to replay: their times and the products' primary keys, in the order of time.

    It leaves out checks no later than a product's last one: an interrupted replay goes on where it stopped.
    """
    return sorted(
        (when, product.pk)
        for product in products
        for when in past.times(product.num_iid, min(product.interval or HOURLY, HOURLY))
        if product.checked_at is None or when > product.checked_at
    )


def replay(past: ReplayPast, moments: Iterable[tuple[datetime, int]], advance: Callable[[int], None]) -> None:
    """Record what the `planned` checks would have found.

    Alerts are written as delivered. The ledger gets the calls of past days, but none of today: no call is made.
    """
    for day, moments_of_day in groupby(moments, key=lambda moment: provider_day(moment[0])):
        calls: Counter[tuple[str, str]] = Counter()
        for when, simultaneous in groupby(moments_of_day, key=itemgetter(0)):
            claimed = claims.seize([key for _when, key in simultaneous], when, lasts=LEASE)
            results = [Result(product, past.answer(product.num_iid, when), when) for product in claimed]
            record(results, now=when, deliver=False)
            calls.update(booked_as(result) for result in results)
            advance(len(results))
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
    """Add calls, by code and billing, to a day of the ledger, and charge them to the merchant, who owns all lists."""
    UsageDay.objects.get_or_create(day=day)
    UsageDay.objects.filter(day=day).update(reserved=F("reserved") + calls.total())
    for (code, billing), count in calls.items():
        row, _ = Usage.objects.get_or_create(day=day, api=API, code=code, defaults={"billing": billing})
        Usage.objects.filter(pk=row.pk).update(calls=F("calls") + count)
    if owner := Watchlist.objects.values_list("owner", flat=True).first():
        charge, _ = Charge.objects.get_or_create(day=day, person_id=owner, reason=Charge.Reason.SCHEDULE)
        Charge.objects.filter(pk=charge.pk).update(parts=F("parts") + PARTS * calls.total())
