"""Checks that users ask for, within their daily allowance, and the times of first checks."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Count, DateTimeField, F, Q, QuerySet
from django.db.models.functions import Least, TruncDate

from monitor.budget.allowances import (
    PEOPLES_PART,
    CheckAllowance,
    check_allowances,
    dependents,
    lock,
    others_have_lists,
)
from monitor.budget.ledger import left
from monitor.budget.limit import daily_calls
from monitor.models import Product, User
from monitor.models.usage import PROVIDER_ZONE, provider_day

DAY = timedelta(days=1)
#: Slots are counted in whole microseconds: a large budget has more slots than a `timedelta` can be multiplied by.
_MICROSECOND = timedelta(microseconds=1)
#: A midnight of the provider.
_MIDNIGHT = datetime(2026, 1, 1, tzinfo=PROVIDER_ZONE)


@dataclass(frozen=True, slots=True)
class GrantedChecks:
    """The keys of the products whose checks were granted, and how many others exceeded the user's `allowance`."""

    products: Sequence[int] = ()
    over_allowance: int = 0
    #: The allowance after these checks; None without a limit.
    allowance: CheckAllowance | None = None

    def __add__(self, later: GrantedChecks) -> GrantedChecks:
        over_allowance = self.over_allowance + later.over_allowance
        return GrantedChecks([*self.products, *later.products], over_allowance, later.allowance)


def check_now(products: QuerySet[Product], now: datetime) -> int:
    """Make watched products due at once for an operator, before scheduled checks; return how many were not yet due.

    No allowance is used up: the calls are charged like the schedule's.
    """
    return products.filter(next_check_at__gt=now).update(next_check_at=now, asked_at=now, asked_by=None)


@transaction.atomic
def ask(products: QuerySet[Product], by: User, now: datetime) -> GrantedChecks:
    """Check watched products in the user's turn, for as many as their allowance permits. The user pays one call each.

    A product that is due by the schedule comes into the user's turn, too. What another user waits for does only if that
    one has more checks to wait for, and if the allowance has some left; the other one then pays nothing.
    """
    waiting = Q(asked_at__isnull=False, next_check_at__lte=now)
    counts = Counter(dict(Product.objects.filter(waiting).values_list("asked_by").annotate(n=Count("pk"))))
    sooner = [by.pk, *(asker for asker, n in counts.items() if asker and n <= counts[by.pk])]
    asked = _put_into_turn(products.filter(next_check_at__isnull=False).exclude(waiting), by, now)
    others = _put_into_turn(products.filter(waiting).exclude(asked_by__in=sooner), by, now)
    return asked + replace(others, over_allowance=0)


def _put_into_turn(products: QuerySet[Product], by: User, now: datetime) -> GrantedChecks:
    asked = granted(products, by, now)
    due_at = Least(F("next_check_at"), now, output_field=DateTimeField())
    Product.objects.filter(pk__in=asked.products).update(next_check_at=due_at, asked_at=now, asked_by=by)
    return asked


def granted(products: QuerySet[Product], by: User, now: datetime) -> GrantedChecks:
    """Grant a user checks of these products, as many as their allowance permits; their own first checks make room.

    The allowance is locked before the products are read: of two clicks at once, the later one sees what the earlier one
    has asked for. Call it in the transaction that makes the products due.
    """
    payer = by.payer_id(now)
    lock(payer)
    allowance = _allowance(payer, now) if others_have_lists(by) else None
    keys = list(products.order_by("pk").values_list("pk", flat=True))
    permitted = keys if allowance is None else keys[: allowance.left]
    after = allowance and allowance.after(len(permitted))
    if after is not None and permitted:
        _make_room(payer, after, permitted, now)
    return GrantedChecks(permitted, len(keys) - len(permitted), after)


def may_ask(by: User, calls: int, now: datetime) -> bool:
    """Return whether a user's allowance has `calls` left. Locks it until the transaction ends."""
    payer = by.payer_id(now)
    lock(payer)
    return not others_have_lists(by) or _allowance(payer, now).left >= calls


def _allowance(payer: int, now: datetime) -> CheckAllowance:
    # Checks that users have just asked for count as spent.
    pending = Product.objects.filter(asked_at__isnull=False, next_check_at__lte=now).count()
    return check_allowances([payer], daily_calls(now), max(0, left(now).of_day - pending), now)[payer]


def first_check_times(payer: int, allowance: CheckAllowance | None, budget: int, now: datetime) -> Iterator[datetime]:
    """Return the times of the first checks of further products that count for a user, without end. Two queries.

    A day has as many slots as the user's `allowance` or, without one, as people's part of the `budget`. Free are those
    that no waiting product has taken: today as many as are left of the allowance, on each day as many as other people's
    first checks leave of their part.
    """
    a_day = max(1, budget // PEOPLES_PART if allowance is None else allowance.a_day)
    waiting = [at for at in _waiting_for_first_checks(payer, now).values_list("next_check_at", flat=True) if at]
    current = _slot(now, a_day)
    slots = [_slot(at, a_day) for at in waiting]
    taken = {slot for slot in slots if slot > current}
    free = (slot for slot in itertools.count(current + 1) if slot not in taken)
    # Products that are late, or share a slot with another, need one of the free slots.
    times = (_time_of(slot, a_day) for slot in itertools.islice(free, len(slots) - len(taken), None))
    if allowance is None:
        return times
    today = provider_day(now)
    left_today = allowance.left_for_first - sum(provider_day(at) <= today for at in waiting)
    by_day = {day: allowance.for_first - n for day, n in _first_checks_by_day()}
    return _within(times, by_day | {today: left_today}, allowance.for_first)


def _within(times: Iterator[datetime], left: dict[date, int], usual: int) -> Iterator[datetime]:
    """Yield these times, but only as many of a day as are `left`, or the `usual` number."""
    for at in times:
        day = provider_day(at)
        left[day] = left.get(day, usual) - 1
        if left[day] >= 0:
            yield at


def _first_checks_by_day() -> QuerySet[Product, tuple[date, int]]:
    """Return how many products wait for their first checks, by the provider's day."""
    waiting = Product.objects.watched().filter(asked_by__isnull=False, asked_at__isnull=True, checked_at__isnull=True)
    by_day = waiting.annotate(day=TruncDate("next_check_at", tzinfo=ZoneInfo("Asia/Shanghai"))).order_by()
    return by_day.values_list("day").annotate(n=Count("*"))


def _slot(at: datetime, a_day: int) -> int:
    """Return the number of the slot at a time, of `a_day` equal ones in each of the provider's days."""
    return (at - _MIDNIGHT) // _MICROSECOND * a_day // (DAY // _MICROSECOND)


def _time_of(slot: int, a_day: int) -> datetime:
    """Return when a slot begins."""
    return _MIDNIGHT + _MICROSECOND * -(-slot * (DAY // _MICROSECOND) // a_day)


def _waiting_for_first_checks(payer: int, now: datetime) -> QuerySet[Product]:
    """Return products whose first checks wait on a user's allowance, without those that were asked for at once."""
    waiting = Product.objects.watched().filter(checked_at__isnull=True, asked_at__isnull=True)
    return waiting.filter(asked_by__in=dependents(payer, now))


def _make_room(payer: int, allowance: CheckAllowance, asked: Sequence[int], now: datetime) -> None:
    """Put off the last of today's first checks that no longer fit into the user's `allowance`."""
    today = provider_day(now)
    waiting = _waiting_for_first_checks(payer, now).exclude(pk__in=asked).only("next_check_at")
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
