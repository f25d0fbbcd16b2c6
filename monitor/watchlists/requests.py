"""Checks that users ask for, within their daily allowance, and the times of first checks."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from monitor.budget.allowances import CheckAllowance, check_allowances, lock, others_have_lists
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
    #: The allowance before the checks were granted; None without a limit.
    allowance: CheckAllowance | None = None

    @property
    def allowance_after(self) -> CheckAllowance | None:
        return self.allowance and self.allowance.after(len(self.products))

    def __add__(self, other: GrantedChecks) -> GrantedChecks:
        over_allowance = self.over_allowance + other.over_allowance
        return GrantedChecks([*self.products, *other.products], over_allowance, self.allowance or other.allowance)


def check_now(products: QuerySet[Product], now: datetime, by: User | None = None) -> int:
    """Make watched products due at once, before scheduled checks, one call each; return how many were not yet due.

    No allowance is used up. The calls are charged to the user `by`; without it, for an operator, like the schedule's.
    """
    return products.filter(next_check_at__gt=now).update(next_check_at=now, asked_at=now, asked_by=by)


@transaction.atomic
def ask(products: QuerySet[Product], by: User, now: datetime) -> GrantedChecks:
    """The same for a user, for as many products as their allowance permits."""
    asked = granted(products.filter(next_check_at__gt=now), by, now)
    check_now(Product.objects.filter(pk__in=asked.products), now, by)
    return asked


def granted(products: QuerySet[Product], by: User, now: datetime) -> GrantedChecks:
    """Grant a user checks of these products, as many as their allowance permits; their own first checks make room.

    The allowance is locked before the products are read: of two clicks at once, the later one sees what the earlier one
    has asked for. Call it in the transaction that makes the products due.
    """
    lock(by)
    allowance = _allowance(by.pk, now) if others_have_lists(by) else None
    keys = list(products.order_by("pk").values_list("pk", flat=True))
    permitted = keys if allowance is None else keys[: allowance.left]
    if allowance is not None and permitted:
        _make_room(by.pk, allowance.after(len(permitted)), permitted, now)
    return GrantedChecks(permitted, len(keys) - len(permitted), allowance)


def _allowance(person: int, now: datetime) -> CheckAllowance:
    # Checks that users have just asked for count as spent.
    pending = Product.objects.filter(asked_at__isnull=False, next_check_at__lte=now).count()
    return check_allowances([person], daily_calls(now), max(0, left(now).of_day - pending), now)[person]


def first_check_times(person: int, allowance: CheckAllowance | None, budget: int, now: datetime) -> Iterator[datetime]:
    """The times of the first checks of further products that a person adds, without end. One query.

    A day has as many slots as the person's `allowance` or, without one, as half of the `budget`. Free are those that no
    waiting product has taken, today only as many as are left of the allowance.
    """
    a_day = max(1, budget // 2 if allowance is None else allowance.a_day)
    waiting = [at for at in _waiting_for_first_checks(person).values_list("next_check_at", flat=True) if at]
    today, current = provider_day(now), _slot(now, a_day)
    of_today = sum(provider_day(at) <= today for at in waiting)
    left_today = math.inf if allowance is None else allowance.a_day - allowance.used - of_today
    slots = [_slot(at, a_day) for at in waiting]
    taken = {slot for slot in slots if slot > current}
    free = (slot for slot in itertools.count(current + 1) if slot not in taken)
    # Products that are late, or share a slot with another, need one of the free slots.
    times = (_time_of(slot, a_day) for slot in itertools.islice(free, len(slots) - len(taken), None))
    return _within(times, today, left_today)


def _within(times: Iterator[datetime], today: date, left_today: float) -> Iterator[datetime]:
    """These times, but only `left_today` of today's."""
    for at in times:
        if provider_day(at) > today:
            yield at
        elif left_today > 0:
            left_today -= 1
            yield at


def _slot(at: datetime, a_day: int) -> int:
    """The number of the slot at a time, of `a_day` equal ones in each of the provider's days."""
    return (at - _MIDNIGHT) // _MICROSECOND * a_day // (DAY // _MICROSECOND)


def _time_of(slot: int, a_day: int) -> datetime:
    """When a slot begins."""
    return _MIDNIGHT + _MICROSECOND * -(-slot * (DAY // _MICROSECOND) // a_day)


def _waiting_for_first_checks(person: int) -> QuerySet[Product]:
    """Products whose first checks wait on a person's allowance, without those they have asked for at once."""
    return Product.objects.watched().filter(checked_at__isnull=True, asked_at__isnull=True, asked_by=person)


def _make_room(person: int, allowance: CheckAllowance, asked: Sequence[int], now: datetime) -> None:
    """Put off the last of today's first checks that no longer fit into the person's `allowance`."""
    today = provider_day(now)
    waiting = _waiting_for_first_checks(person).exclude(pk__in=asked).only("next_check_at")
    of_today = [
        product
        for product in waiting.order_by("-next_check_at", "-pk")
        if product.next_check_at and provider_day(product.next_check_at) <= today
    ]
    over = allowance.used + len(of_today) - allowance.a_day
    if over > 0:
        put_off, times = of_today[:over], first_check_times(person, allowance, 0, now)
        for product in put_off:
            product.next_check_at = next(times)
        Product.objects.bulk_update(put_off, ["next_check_at"])
