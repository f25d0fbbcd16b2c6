"""Replays months of checks of the sandbox in seconds, through the real parsing, change detection
and recording."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from operator import itemgetter
from typing import NamedTuple

from django.db import transaction

from monitor.models import Assortment, Charge, Product, Usage, UsageDay, User
from monitor.models.usage import PARTS, provider_day
from monitor.polling.answers import Answer, PageResult
from monitor.polling.checking import claims
from monitor.polling.recording import Result, assortments, record
from monitor.polling.recording.ageing import look_back
from monitor.provider.codes import SUCCESS, Billing
from monitor.provider.errors import ProviderError
from monitor.provider.listing import SHOP_API, parse_listing
from monitor.provider.parse import parse_item
from monitor.provider.sandbox.catalogue import product_of
from monitor.provider.sandbox.protocol import API, FAILURES, GatewayCall, reply
from monitor.provider.sandbox.records import record_at

HOURLY, DAY = timedelta(hours=1), timedelta(days=1)


class ReplaySpan(NamedTuple):
    start: datetime
    end: datetime

    def cut_from(self, times: set[datetime]) -> set[datetime]:
        """Return the times that are not within, and both ends."""
        return {when for when in times if not self.start < when < self.end} | {*self}


@dataclass(frozen=True, slots=True)
class ReplayPast:
    """The time to replay. Nothing was checked while it was `asleep`: some hours, or less if the
    whole past is short."""

    start: datetime
    end: datetime

    @property
    def asleep(self) -> ReplaySpan:
        whole = self.end - self.start
        start = self.end - whole * 0.45
        return ReplaySpan(start, start + min(timedelta(hours=9), whole * 0.06))

    def times(self, num_iid: str) -> set[datetime]:
        """Return the checks of one product: those that show something new or fail, and the ends of
        the gap."""
        if product_of(num_iid).special in FAILURES:
            return set(_times(self.end - DAY, self.end, HOURLY))
        return self.asleep.cut_from(times_of_changes(num_iid, self.start, self.end, HOURLY))

    def answer(self, num_iid: str, when: datetime) -> Answer:
        """Return what the sandbox's provider answered at that time."""
        call = GatewayCall(API, {"num_iid": num_iid, "cache": "no"}, when, is_faultless=True)
        try:
            return parse_item(reply(call), num_iid, when)
        except ProviderError as error:
            return error


def _times(start: datetime, end: datetime, every: timedelta) -> list[datetime]:
    return [start + every * number for number in range((end - start) // every + 1)]


def times_of_changes(
    num_iid: str, start: datetime, end: datetime, every: timedelta
) -> set[datetime]:
    """Return some of the regular checks from `start` to `end`: the first, the last, and both at
    each change."""
    times = _times(start, end, every)
    records = [record_at(num_iid, int(when.timestamp())) for when in times]
    chosen = {times[0], times[-1]}
    for (earlier, before), (later, after) in pairwise(zip(times, records, strict=True)):
        if before != after:
            chosen |= {earlier, later}
    return chosen


def planned(products: Iterable[Product], past: ReplayPast) -> list[tuple[datetime, int]]:
    """Return the checks to replay, as their times and the products' primary keys, in the order of
    time."""
    return sorted(
        (when, product.pk) for product in products for when in past.times(product.num_iid)
    )


def replay(past: ReplayPast, moments: Iterable[tuple[datetime, int]]) -> None:
    """Record what the `planned` checks would have found. Alerts are written as delivered."""
    for when, simultaneous in groupby(moments, key=itemgetter(0)):
        claimed = claims.seize([key for _when, key in simultaneous], when)
        results = [Result(product, past.answer(product.num_iid, when), when) for product in claimed]
        record(results, now=when, deliver=False)


def replay_assortments(past: ReplayPast, every: timedelta) -> None:
    """Record what readings of all followed shops would have found, the last one at the end."""
    first = past.end - (past.end - past.start) // every * every
    for when in _times(first, past.end, every):
        for assortment in Assortment.objects.select_related("shop"):
            assortments.begin_reading(assortment, when)
            while assortment.began_at is not None:
                assortment = _replay_page(assortment, when)
        look_back(when)


@transaction.atomic
def _replay_page(assortment: Assortment, when: datetime) -> Assortment:
    params = {"shopid": assortment.shop.shop_id, "page": str(assortment.next_page), "cache": "no"}
    page = parse_listing(reply(GatewayCall(SHOP_API, params, when, is_faultless=True)), when)
    record(assortments.products_of_page(assortment, page, when), now=when, deliver=False)
    after = assortments.record_page(assortment, PageResult(page, when), deliver=False)
    assert after is not None
    return after


def fill_ledger(past: ReplayPast, merchant: User, products: int) -> None:
    """Book the hourly checks of past days, found something or not, and charge them to the merchant.
    Today has no calls."""
    start, calls = provider_day(past.start), 24 * products
    days = [
        start + timedelta(days=number) for number in range((provider_day(past.end) - start).days)
    ]
    used = {"api": API, "code": SUCCESS, "billing": Billing.BILLED.value, "calls": calls}
    charged = {"person": merchant, "reason": Charge.Reason.SCHEDULE, "parts": PARTS * calls}
    UsageDay.objects.bulk_create(UsageDay(day=day, reserved=calls) for day in days)
    Usage.objects.bulk_create(Usage(day=day, **used) for day in days)
    Charge.objects.bulk_create(Charge(day=day, **charged) for day in days)
