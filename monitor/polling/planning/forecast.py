"""What checks will cost in calls: the effect of a change of the schedule, and the calls until the
day's end.

Calls beyond the least needed go to the products with the most changes, up to a call every
`soonest`. Confirmations, retries and checks by hand are not counted; they are few."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, DurationField, IntegerField, QuerySet, Value
from django.db.models.functions import Coalesce

from monitor.judging.schedule.limits import Limits
from monitor.judging.schedule.spending import AHEAD_PERCENT
from monitor.models import Assortment, Product
from monitor.models.assortments import PAGES_EXPECTED
from monitor.polling.planning.calls import DAY, Calls, Paces, calls_a_day, limits_of

#: A month's calls are those of this many days.
DAYS_A_MONTH = 30


@dataclass(frozen=True)
class Forecast:
    """A day's budget against the calls of checks.

    The limits of some products change from `before` to `after`; `others` stay as they are. Without
    a change all products are among the others."""

    budget: int
    others: Paces
    before: Paces = field(default_factory=dict)
    after: Paces = field(default_factory=dict)

    @property
    def scheduled(self) -> Calls:
        """The calls without the change."""
        return calls_a_day(self.others) + calls_a_day(self.before)

    @property
    def total(self) -> Calls:
        """The calls with the change."""
        return calls_a_day(self.others) + calls_a_day(self.after)

    @property
    def added(self) -> float:
        """How many more calls a day are needed at least."""
        return self.total.least - self.scheduled.least

    @property
    def saved(self) -> float:
        return -self.added

    @property
    def left(self) -> int:
        """Whole calls a day that checks cannot use, even at their most."""
        return max(0, self.budget - math.ceil(self.total.most))

    @property
    def to_share(self) -> int:
        """Whole calls a day beyond the least: they go to the products with the most changes."""
        return max(0, math.floor(min(self.budget, self.total.most) - math.ceil(self.total.least)))

    @property
    def over(self) -> int:
        """Calls a day that the budget lacks for the least needed."""
        return max(0, math.ceil(self.total.least) - self.budget)

    @property
    def was_over(self) -> bool:
        """Whether the budget is too small without the change."""
        return math.ceil(self.scheduled.least) > self.budget


def without(schedule: Paces, products: Paces) -> Paces:
    """Return the schedule without some products, by the limits that one user asks for.

    A count may be below 0 if other users' lists have different limits. The sums are right all the
    same, and do not reveal what others watch."""
    rest = Counter(schedule)
    rest.subtract(products)
    return rest


def scheduled_paces() -> dict[Limits | None, int]:
    """Return the schedule of all users: the number of products, and of pages of followed shops, by
    limits. Two queries.

    It counts every checked product, so use it only on pages about cost, not in the frame of all
    pages."""
    checked = Product.objects.filter(interval__isnull=False).order_by()
    products = checked.values_list("interval", "soonest").annotate(n=Count("*"))
    counts: Counter[Limits | None] = Counter()
    for interval, soonest, count in [*products, *_readings()]:
        counts[limits_of(interval, soonest)] += count
    return dict(counts)


def _readings() -> QuerySet[Assortment, Any]:
    """Return the pages of followed shops, in the columns of `scheduled_paces`."""
    followed = Assortment.objects.filter(interval__isnull=False).order_by()
    soonest = Value(None, DurationField(null=True))
    n = Coalesce("pages", PAGES_EXPECTED, output_field=IntegerField())
    columns = followed.annotate(soonest=soonest, n=n)
    return columns.values_list("interval", "soonest", "n")


# Calls until the day's end


@dataclass(frozen=True, slots=True)
class DayEnd:
    """Calls wanted by the end of a day, and when the budget is used up, if they exceed it."""

    calls: int
    used_up_at: datetime | None = None


def as_scheduled(
    calls: int, budget: int, scheduled: Calls, now: datetime, ends: datetime
) -> DayEnd:
    """Forecast the day's end by the schedule, after `calls` until `now`.

    The least needed comes first, even beyond the budget; then the rest of the budget, as far as it
    can be used."""
    needed = at_a_rate(calls, budget, scheduled.least, now, ends)
    if needed.used_up_at is not None or not scheduled.is_open:
        return needed
    wanted = at_a_rate(calls, budget, scheduled.most, now, ends)
    return DayEnd(min(budget, wanted.calls))


def at_a_rate(calls: int, budget: int, calls_a_day: float, now: datetime, ends: datetime) -> DayEnd:
    """Forecast the day's end at `calls_a_day`, after `calls` until `now`.

    Too many calls are spread over the day: they last until the schedule may spend the whole budget.
    """
    wanted = calls + round(calls_a_day * (max(timedelta(0), ends - now) / DAY))
    if wanted <= budget:
        return DayEnd(wanted)
    left = budget - calls
    spread_until = ends - DAY * AHEAD_PERCENT / 100
    return DayEnd(wanted, max(now + DAY * (left / calls_a_day), spread_until) if left > 0 else now)
