"""What checking will cost, in calls: pure reckoning over how many products are checked how often, and the one query
that tells that of the whole schedule.

One call serves everybody who watches a product, so calls are counted over products, each at the shortest interval that
any of its active watches asks for (`Product.interval`). Confirmations, retries and checks by hand come on top; they
are few. Calls a day are fractions here: round them where they are shown.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count

from monitor.dashboard.remembered import remembered
from monitor.models import ProductIndex

DAY = timedelta(days=1)
#: A month's calls are those of this many days.
DAYS_A_MONTH = 30

#: How many products are checked how often; those under None are not checked by themselves.
type Paces = Mapping[timedelta | None, int]


@dataclass(frozen=True, slots=True)
class Forecast:
    """Calls a day against the day's budget: of what is scheduled already, and of what would come on top."""

    budget: int
    scheduled: float
    added: float = 0.0

    @property
    def total(self) -> float:
        return self.scheduled + self.added

    @property
    def left(self) -> int:
        """Whole calls of each day's budget that nothing would use."""
        return max(0, self.budget - math.ceil(self.total))

    @property
    def over(self) -> int:
        """Calls a day that the budget lacks."""
        return max(0, math.ceil(self.total) - self.budget)

    @property
    def was_over(self) -> bool:
        """Whether the budget is too small even without what would come on top."""
        return math.ceil(self.scheduled) > self.budget

    @property
    def added_a_month(self) -> float:
        return self.added * DAYS_A_MONTH


def scheduled_paces() -> dict[timedelta | None, int]:
    """The whole schedule, everybody's: how many products are checked how often. One query, or none a moment later.

    It counts every checked product: ask on pages that are about cost, not in the frame of all pages.
    """
    checked = ProductIndex.objects.filter(interval__isnull=False).order_by()
    groups = checked.values_list("interval").annotate(count=Count("*"))
    return remembered("schedule", (), lambda: dict(groups), total)


def total(paces: Paces) -> int:
    """How many products these are."""
    return sum(paces.values())


def calls_a_day(paces: Paces) -> float:
    """Calls that checking takes in a day."""
    return sum(count * _rate(interval) for interval, count in paces.items())


def added_calls_a_day(paces: Paces, interval: timedelta) -> float:
    """Calls a day that come on top when products, checked at `paces` by now, are to be checked every `interval`.

    What is checked as often or more often already costs nothing more.
    """
    return sum(count * max(0.0, _rate(interval) - _rate(current)) for current, count in paces.items())


def interval_that_fits(
    paces: Paces, choices: Iterable[timedelta], *, budget: int, scheduled: float
) -> timedelta | None:
    """The shortest of `choices` at which products, checked at `paces` by now, keep the schedule within the budget."""
    for interval in sorted(choices):
        if not Forecast(budget, scheduled, added_calls_a_day(paces, interval)).over:
            return interval
    return None


def _rate(interval: timedelta | None) -> float:
    return DAY / interval if interval else 0.0
