"""A user's allowance, and the slots in which their first checks wait: of products, and of pages of
shops."""

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDate

from monitor.models import Assortment, Product, User
from monitor.models.usage import PROVIDER_ZONE, provider_day, quota_reset
from monitor.people.allowances import (
    PEOPLES_PART,
    CheckAllowance,
    check_allowances,
    dependents,
    lock,
    others_have_lists,
    with_readings_left,
)
from monitor.polling.budget.ledger import left
from monitor.polling.budget.limit import daily_calls

DAY = timedelta(days=1)
#: Slots are counted in whole microseconds: a large budget has more slots than a `timedelta` can be
#: multiplied by.
_MICROSECOND = timedelta(microseconds=1)
#: A midnight of the provider.
_MIDNIGHT = datetime(2026, 1, 1, tzinfo=PROVIDER_ZONE)


def allowance_of(by: User, now: datetime) -> CheckAllowance | None:
    """Return what a user may still ask for; None without a limit. Lock the payer before."""
    if not others_have_lists(by):
        return None
    payer = by.payer_id(now)
    # Checks that users have just asked for count as spent.
    pending = Product.objects.filter(asked_at__isnull=False, next_check_at__lte=now).count()
    return check_allowances([payer], daily_calls(now), max(0, left(now).of_day - pending), now)[
        payer
    ]


def used_up(by: User, now: datetime) -> CheckAllowance | None:
    """Return the allowance of a user who may not ask for a page, because it is used up; None if
    they may, and their own first checks make room. Locks their allowance until the transaction
    ends."""
    lock(by.payer_id(now))
    allowance = allowance_of(by, now)
    return None if _has_left(by, allowance, now) else allowance


def _has_left(by: User, allowance: CheckAllowance | None, now: datetime) -> bool:
    if allowance is not None and allowance.left:
        make_room(by.payer_id(now), allowance.after(1), now)
    return allowance is None or allowance.left > 0


def grant_page(claimed: Assortment, now: datetime) -> bool:
    """Return whether those for whom a claimed shop is read have a call left for its next page; else
    put it off.

    The first reading that a user asks for goes on while their allowance lasts, then in the slots of
    their first checks. Lock the user before."""
    by = claimed.asked_by
    people = [by.pk] if by else claimed.followers()
    is_granted = bool(with_readings_left(people, now, besides=claimed.pk)) or not people
    if by is not None and (allowance := allowance_of(by, now)) is not None:
        if claimed.asked_at:
            # Its next page is counted as asked for already.
            is_granted &= _has_left(by, allowance.after(-1), now)
        else:
            is_granted &= _left_today(allowance, _waiting_times(by.payer_id(now), now), now) >= 0
    if not is_granted:
        claimed.claim = claimed.claimed_until = None
        put_off(claimed, now)
    return is_granted


def put_off(assortment: Assortment, now: datetime) -> None:
    """Let a reading wait for the next slot of the user who pays for it, or for the next day if it
    is scheduled."""
    by, columns = assortment.asked_by, ["next_check_at", "asked_at", "claim", "claimed_until"]
    # It gives its slot back first.
    assortment.next_check_at = assortment.asked_at = None
    assortment.save(update_fields=columns)
    assortment.next_check_at = quota_reset(now)
    if by is not None:
        times = first_check_times(by.payer_id(now), allowance_of(by, now), daily_calls(now), now)
        assortment.next_check_at = next(times)
    assortment.save(update_fields=columns)


def first_check_times(
    payer: int, allowance: CheckAllowance | None, budget: int, now: datetime
) -> Iterator[datetime]:
    """Return the times of the first checks of further products that count for a user, without end.
    Two queries.

    A day has as many slots as the user's `allowance` or, without one, as people's part of the
    `budget`. Free are those that no waiting product has taken: today as many as are left of the
    allowance, on each day as many as other people's first checks leave of their part."""
    a_day = max(1, budget // PEOPLES_PART if allowance is None else allowance.a_day)
    waiting = _waiting_times(payer, now)
    current = _slot(now, a_day)
    slots = [_slot(at, a_day) for at in waiting]
    taken = {slot for slot in slots if slot > current}
    free = (slot for slot in itertools.count(current + 1) if slot not in taken)
    # Products that are late, or share a slot with another, need one of the free slots.
    times = (
        _time_of(slot, a_day) for slot in itertools.islice(free, len(slots) - len(taken), None)
    )
    if allowance is None:
        return times
    by_day = {day: allowance.for_first - n for day, n in _first_checks_by_day().items()}
    by_day[provider_day(now)] = _left_today(allowance, waiting, now)
    return _within(times, by_day, allowance.for_first)


def _left_today(allowance: CheckAllowance, waiting: Sequence[datetime], now: datetime) -> int:
    """Return how many first checks a user may have today, besides those that wait for a time of
    today."""
    return allowance.left_for_first - sum(provider_day(at) <= provider_day(now) for at in waiting)


def _within(times: Iterator[datetime], left: dict[date, int], usual: int) -> Iterator[datetime]:
    """Yield these times, but only as many of a day as are `left`, or the `usual` number."""
    for at in times:
        day = provider_day(at)
        left[day] = left.get(day, usual) - 1
        if left[day] >= 0:
            yield at


def _first_checks_by_day() -> Counter[date]:
    """Return how many products and pages wait for their first checks, by the provider's day. Two
    queries."""
    products = Product.objects.watched().filter(
        asked_by__isnull=False, asked_at__isnull=True, checked_at__isnull=True
    )
    counts = Counter[date]()
    for waiting in (products, Assortment.objects.in_slots()):
        by_day: QuerySet[Any] = waiting.annotate(
            day=TruncDate("next_check_at", tzinfo=ZoneInfo("Asia/Shanghai"))
        )
        counts.update(dict(by_day.order_by().values_list("day").annotate(n=Count("*"))))
    return counts


def _slot(at: datetime, a_day: int) -> int:
    """Return the number of the slot at a time, of `a_day` equal ones in each of the provider's
    days."""
    return (at - _MIDNIGHT) // _MICROSECOND * a_day // (DAY // _MICROSECOND)


def _time_of(slot: int, a_day: int) -> datetime:
    """Return when a slot begins."""
    return _MIDNIGHT + _MICROSECOND * -(-slot * (DAY // _MICROSECOND) // a_day)


def _waiting_times(payer: int, now: datetime) -> list[datetime]:
    """Return when first checks on a user's allowance will be made, of products and of pages of
    shops."""
    products = (
        _waiting_for_first_checks(payer, now).order_by().values_list("next_check_at", flat=True)
    )
    readings = Assortment.objects.in_slots().filter(asked_by__in=dependents(payer, now))
    return [
        at
        for at in products.union(readings.values_list("next_check_at", flat=True), all=True)
        if at
    ]


def _waiting_for_first_checks(payer: int, now: datetime) -> QuerySet[Product]:
    """Return products whose first checks wait on a user's allowance, without those that were asked
    for at once."""
    waiting = Product.objects.watched().filter(checked_at__isnull=True, asked_at__isnull=True)
    return waiting.filter(asked_by__in=dependents(payer, now))


def make_room(
    payer: int, allowance: CheckAllowance, now: datetime, *, besides: Sequence[int] = ()
) -> None:
    """Put off the last of today's first checks that no longer fit into the user's `allowance`."""
    today = provider_day(now)
    waiting = _waiting_for_first_checks(payer, now).exclude(pk__in=besides).only("next_check_at")
    of_today = [
        product
        for product in waiting.order_by("-next_check_at", "-pk")
        if product.next_check_at and provider_day(product.next_check_at) <= today
    ]
    over = len(of_today) - allowance.left_for_first
    if over > 0:
        put_off, times = of_today[:over], first_check_times(payer, allowance, 0, now)
        for product in put_off:
            product.next_check_at = next(times)
        Product.objects.bulk_update(put_off, ["next_check_at"])
