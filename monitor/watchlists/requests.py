"""Checks that users ask for, within their daily allowance, and the times of first checks."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max, Min, QuerySet

from monitor.budget.ledger import left
from monitor.budget.limit import CheckAllowance, daily_calls
from monitor.models import AskedChecks, Product, User, Watch, Watchlist
from monitor.models.usage import provider_day

DAY = timedelta(days=1)
#: How long the counts of past days are kept.
KEPT_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class GrantedChecks:
    """The keys of the products whose checks were granted, and how many others exceeded the user's `allowance` or a
    list's quota."""

    products: Sequence[int] = ()
    over_allowance: int = 0
    over_quota: int = 0
    #: The allowance before the checks were granted; None without a limit.
    allowance: CheckAllowance | None = None

    @property
    def allowance_after(self) -> CheckAllowance | None:
        return self.allowance and self.allowance.after(len(self.products))

    def __add__(self, other: GrantedChecks) -> GrantedChecks:
        return GrantedChecks(
            [*self.products, *other.products],
            self.over_allowance + other.over_allowance,
            self.over_quota + other.over_quota,
            self.allowance or other.allowance,
        )


def check_now(products: QuerySet[Product], now: datetime, by: User | None = None) -> int:
    """Make watched products due at once, before scheduled checks, one call each; return how many were not yet due.

    No allowance is used up. The calls are charged to the user `by`; without it, for an operator, like the schedule's.
    """
    return products.filter(next_check_at__gt=now).update(next_check_at=now, asked_at=now, asked_by=by)


@transaction.atomic
def ask(products: QuerySet[Product], by: User, now: datetime) -> GrantedChecks:
    """The same for a user, for as many products as their allowance and the quotas of their lists permit."""
    waiting = products.filter(next_check_at__gt=now)
    asked = granted(waiting, by, now)
    check_now(Product.objects.filter(pk__in=asked.products), now, by)
    return asked


def granted(products: QuerySet[Product], by: User, now: datetime) -> GrantedChecks:
    """Charge a check of each product to the user and to those of their lists that have a quota, up to the limits.

    The counts are locked before the products are read: of two clicks at once, the later one sees what the earlier one
    has asked for. Call it in the transaction that makes the products due.
    """
    day = provider_day(now)
    own, allowance = _own_count(by, day, now)
    keys = list(products.order_by("pk").values_list("pk", flat=True))
    lists = _lists_with_quota(by, keys)
    with_quota = sorted({watchlist for quotas in lists.values() for watchlist in quotas})
    counts = {watchlist: _locked_count(day, watchlist_id=watchlist) for watchlist in with_quota}
    most = len(keys) if allowance is None else allowance.left
    permitted: list[int] = []
    over_quota = over_allowance = 0
    for key in keys:
        quotas = lists.get(key, {})
        if len(permitted) >= most:
            over_allowance += 1
        elif any(counts[watchlist].calls >= quota for watchlist, quota in quotas.items()):
            over_quota += 1
        else:
            permitted.append(key)
            for watchlist in quotas:
                counts[watchlist].calls += 1
    if own is not None:
        own.calls += len(permitted)
    for count in (*counts.values(), *([own] if own else [])):
        count.save(update_fields=["calls"])
    return GrantedChecks(permitted, over_allowance, over_quota, allowance)


def shares_calls() -> bool:
    """Whether several people have lists. One query."""
    owners = Watchlist.objects.kept().aggregate(first=Min("owner"), last=Max("owner"))
    return bool(owners["first"] != owners["last"])


def first_check_times(owner: int, a_day: int, now: datetime) -> Iterator[datetime]:
    """The times of the first checks of further products on lists of `owner`, without end: `a_day` of them, evenly over
    the day, in the slots that no waiting product has taken. One query."""
    slot_length = DAY / max(a_day, 1)
    slots = [max(0, round((at - now) / slot_length)) for at in _waiting_for_first_checks(owner) if at]
    taken = {slot for slot in slots if slot > 0}
    free = (slot for slot in itertools.count(1) if slot not in taken)
    # Products that are late, or share a slot with another, need one of the free slots.
    return (now + slot_length * slot for slot in itertools.islice(free, len(slots) - len(taken), None))


def _waiting_for_first_checks(owner: int) -> QuerySet[Product, datetime | None]:
    """The times of the next checks of a user's products that were never checked. Checks that users asked for do not
    count: they are charged already."""
    own = Watch.objects.active().filter(watchlist__owner=owner)
    never_checked = Product.objects.watched().filter(checked_at__isnull=True, asked_at__isnull=True)
    return never_checked.filter(pk__in=own.values("product")).values_list("next_check_at", flat=True)


def _own_count(by: User, day: date, now: datetime) -> tuple[AskedChecks | None, CheckAllowance | None]:
    """The user's count and allowance; None if no other user has lists: then only the budget is a limit."""
    if not shares_calls():
        return None, None
    own = _locked_count(day, person=by)
    # Checks that users have just asked for count as spent.
    pending = Product.objects.filter(asked_at__isnull=False, next_check_at__lte=now).count()
    return own, CheckAllowance(daily_calls(now), max(0, left(now).of_day - pending), own.calls)


def _lists_with_quota(by: User, products: Sequence[int]) -> dict[int, dict[int, int]]:
    """By product, the user's lists that have a quota, with the quota. One query."""
    lists = Watchlist.objects.editable_by(by).filter(quota__isnull=False)
    watches = Watch.objects.filter(product__in=products, watchlist__in=lists).order_by()
    quotas: dict[int, dict[int, int]] = {}
    for product, watchlist, quota in watches.values_list("product", "watchlist", "watchlist__quota"):
        quotas.setdefault(product, {})[watchlist] = quota or 0
    return quotas


def _locked_count(day: date, **of: Any) -> AskedChecks:
    count, is_new = AskedChecks.objects.get_or_create(day=day, **of)
    if is_new:
        AskedChecks.objects.filter(day__lt=day - KEPT_FOR).delete()
    return AskedChecks.objects.select_for_update().get(pk=count.pk)
