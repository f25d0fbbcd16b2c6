"""What people ask of the schedule: a check at once, within what one person may ask for on a day."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max, Min, QuerySet

from monitor.budget.ledger import left
from monitor.budget.limit import Allowance, daily_calls, first_checks_a_day
from monitor.models import AskedChecks, Product, User, Watch, Watchlist
from monitor.models.usage import provider_day

DAY = timedelta(days=1)
#: Counts of days that are over are kept for so long.
KEPT_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class GrantedChecks:
    """The keys of products whose checks were granted, and how many more were not: because of the person's `allowance`,
    or of the quota of a list."""

    products: Sequence[int] = ()
    over_allowance: int = 0
    over_quota: int = 0
    #: As it was before the checks were granted; None without a limit.
    allowance: Allowance | None = None

    @property
    def allowance_after(self) -> Allowance | None:
        """As it is when the checks are granted."""
        return self.allowance and self.allowance.after(len(self.products))

    def __add__(self, other: GrantedChecks) -> GrantedChecks:
        return GrantedChecks(
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
def ask(products: QuerySet[Product], by: User, now: datetime) -> GrantedChecks:
    """The same for a person, as far as their allowance and the quotas of their lists go: the first of the products."""
    waiting = products.filter(next_check_at__gt=now)
    asked = granted(waiting, by, now)
    check_now(Product.objects.filter(pk__in=asked.products), now)
    return asked


def granted(products: QuerySet[Product], by: User, now: datetime) -> GrantedChecks:
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
    return GrantedChecks(may, over_allowance, over_quota, allowance)


def shares_calls() -> bool:
    """Whether several people have lists. One query."""
    owners = Watchlist.objects.kept().aggregate(first=Min("owner"), last=Max("owner"))
    return bool(owners["first"] != owners["last"])


def first_checks_a_day_now(now: datetime, *, by_operator: bool) -> int:
    """How many first checks of one person's products the schedule makes a day. An operator shares with nobody."""
    return first_checks_a_day(daily_calls(now), is_shared=not by_operator and shares_calls())


def first_check_times(owner: int, a_day: int, now: datetime) -> Iterator[datetime]:
    """When the schedule makes the first checks of further products on lists of `owner`, by their key: `a_day`, evenly
    over the day, in what the products leave free that wait for theirs already. The times have no end. One query."""
    between = DAY / max(a_day, 1)
    places = [max(0, round((at - now) / between)) for at in _waiting_for_first_checks(owner) if at]
    taken = {place for place in places if place > 0}
    free = (place for place in itertools.count(1) if place not in taken)
    # Those that are late, and those that share a place with another, will need one, too.
    return (now + between * place for place in itertools.islice(free, len(places) - len(taken), None))


def _waiting_for_first_checks(owner: int) -> QuerySet[Product, datetime | None]:
    """When the schedule checks the products on a person's lists that have never been checked. Those that people asked
    to have checked at once are charged already."""
    own = Watch.objects.active().filter(watchlist__owner=owner)
    never_checked = Product.objects.watched().filter(checked_at__isnull=True, asked_at__isnull=True)
    return never_checked.filter(pk__in=own.values("product")).values_list("next_check_at", flat=True)


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
