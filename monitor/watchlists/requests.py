"""What people ask of the schedule: a check at once, within what one person may ask for on a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max, Min, QuerySet

from monitor.models import AskedChecks, ImportRow, Product, User, Watch, Watchlist
from monitor.models.usage import provider_day
from monitor.recording.budget import Allowance, daily_calls, first_checks_a_day
from monitor.recording.ledger import left

#: No first check waits longer than this.
MOST_WAIT = timedelta(days=30)
#: Counts of days that are over are kept for so long.
KEPT_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Asked:
    """The keys of products whose checks were granted, and how many more were not: because of the person's `allowance`,
    or of the quota of a list."""

    products: Sequence[int] = ()
    over_allowance: int = 0
    over_quota: int = 0
    #: As it was before the checks were granted; None without a limit.
    allowance: Allowance | None = None

    @property
    def is_allowance_used_up(self) -> bool:
        """Whether the person has got all that they may ask for, and not only too little is left of the day."""
        return self.allowance is not None and self.allowance.asked + len(self.products) >= self.allowance.a_day

    def __add__(self, other: Asked) -> Asked:
        return Asked(
            [*self.products, *other.products],
            self.over_allowance + other.over_allowance,
            self.over_quota + other.over_quota,
            self.allowance or other.allowance,
        )


def check_now(products: QuerySet[Product], now: datetime) -> int:
    """Make watched products due at once, one call each, before what is due by itself; return how many were not yet
    due. For operators, who spend the budget themselves."""
    return products.filter(next_check_at__gt=now).update(next_check_at=now, asked_at=now)


@transaction.atomic
def ask(products: QuerySet[Product], by: User, now: datetime) -> Asked:
    """The same for a person, as far as their allowance and the quotas of their lists go: the first of the products."""
    waiting = products.filter(next_check_at__gt=now)
    asked = granted(waiting, by, now)
    check_now(Product.objects.filter(pk__in=asked.products), now)
    return asked


def granted(products: QuerySet[Product], by: User, now: datetime) -> Asked:
    """Charge a check of each of the products to the person and to those of their lists that have a quota, as far as
    these go.

    The counts are locked before the products are read: of two clicks at once, the later one sees what the earlier one
    has asked for. To be called in the transaction that makes the products due.
    """
    day = provider_day(now)
    mine, allowance = _own_count(by, day, now)
    keys = list(products.order_by("pk").values_list("pk", flat=True))
    lists = _lists_with_quota(by, keys)
    counts = {one: _locked_count(day, watchlist_id=one) for one in sorted({pk for of in lists.values() for pk in of})}
    most = len(keys) if allowance is None else allowance.left
    may: list[int] = []
    over_quota = over_allowance = 0
    for key in keys:
        quotas = lists.get(key, {})
        if len(may) >= most:
            over_allowance += 1
        elif any(counts[one].calls >= quota for one, quota in quotas.items()):
            over_quota += 1
        else:
            may.append(key)
            for one in quotas:
                counts[one].calls += 1
    if mine is not None:
        mine.calls += len(may)
    for count in (*counts.values(), *([mine] if mine else [])):
        count.save(update_fields=["calls"])
    return Asked(may, over_allowance, over_quota, allowance)


def shares_calls() -> bool:
    """Whether several people have lists. One query."""
    owners = Watchlist.objects.kept().aggregate(first=Min("owner"), last=Max("owner"))
    return bool(owners["first"] != owners["last"])


def unchecked_of(by: User) -> QuerySet[ImportRow]:
    """What a person has added and the schedule has not checked yet."""
    unchecked = ImportRow.objects.filter(product__checked_at__isnull=True, product__next_check_at__isnull=False)
    return unchecked.filter(source__owner=by, was_added=True)


def first_checks_begin(by: User | None, many: int, now: datetime) -> tuple[timedelta, timedelta]:
    """When the schedule makes the first checks of so many products that a person adds: after how long the first one,
    behind those of products that they have added before, and how long all of them take."""
    a_day = max(first_checks_a_day(daily_calls(now), is_shared=by is not None and shares_calls()), 1)
    before = 0 if by is None else unchecked_of(by).count()
    after = min(timedelta(days=before / a_day), MOST_WAIT)
    return after, min(timedelta(days=many / a_day), MOST_WAIT - after)


def _own_count(by: User, day: date, now: datetime) -> tuple[AskedChecks | None, Allowance | None]:
    """Nothing where nobody else has lists: then the budget alone is the limit."""
    if not shares_calls():
        return None, None
    mine = _locked_count(day, person=by)
    # What people have asked for just now is as good as spent.
    on_their_way = Product.objects.filter(asked_at__isnull=False, next_check_at__lte=now).count()
    return mine, Allowance(daily_calls(now), max(0, left(now).of_day - on_their_way), mine.calls)


def _lists_with_quota(by: User, products: Sequence[int]) -> dict[int, dict[int, int]]:
    """By the products, those of the person's lists that have a quota, with it. One query."""
    lists = Watchlist.objects.editable_by(by).filter(quota__isnull=False)
    watches = Watch.objects.filter(product__in=products, watchlist__in=lists).order_by()
    found: dict[int, dict[int, int]] = {}
    for product, watchlist, quota in watches.values_list("product", "watchlist", "watchlist__quota"):
        found.setdefault(product, {})[watchlist] = quota or 0
    return found


def _locked_count(day: date, **of: Any) -> AskedChecks:
    count, is_new = AskedChecks.objects.get_or_create(day=day, **of)
    if is_new:
        AskedChecks.objects.filter(day__lt=day - KEPT_FOR).delete()
    return AskedChecks.objects.select_for_update().get(pk=count.pk)
