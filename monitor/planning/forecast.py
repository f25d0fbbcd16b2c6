"""What checking will cost, in calls: what a change of the schedule comes to, and where the day's calls end.

What is left of the budget beyond what is needed at least goes where most is found, up to a call every `soonest` for
each product. Confirmations, retries and checks by hand come on top; they are few.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Count, QuerySet

from monitor.history.caching import cached_count
from monitor.models import ProductIndex
from monitor.planning.calls import DAY, Calls, Paces, calls_a_day, calls_of, limits_of, total
from monitor.planning.rates import Rates, calls_of_some
from monitor.schedule import Limits
from monitor.schedule.spending import AHEAD_PERCENT

#: A month's calls are those of this many days.
DAYS_A_MONTH = 30
#: A smaller share of their checks is missed by nobody.
WORTH_TELLING = 0.001
#: Before this much of a day is over, what was called tells too little of the rest.
TELLING = timedelta(hours=1)


@dataclass(frozen=True)
class Forecast:
    """A day's budget against what is asked of checks.

    `others` go on as they are while some products, which are asked for as `before` by now, are to be checked as `after`
    has it. Where nothing is to change, everybody is among the others. `rates` tell how often all of them change.
    """

    budget: int
    others: Paces
    before: Paces = field(default_factory=dict)
    after: Paces = field(default_factory=dict)
    rates: Rates = field(default_factory=Rates)

    @property
    def scheduled(self) -> Calls:
        """Without the change."""
        return calls_a_day(self.others) + calls_a_day(self.before)

    @property
    def total(self) -> Calls:
        """With it."""
        return calls_a_day(self.others) + calls_a_day(self.after)

    @property
    def added(self) -> float:
        """Calls a day that are needed more than before, at least."""
        return self.total.least - self.scheduled.least

    @property
    def saved(self) -> float:
        return -self.added

    @property
    def changes(self) -> bool:
        """Whether anything is asked otherwise."""
        return Counter(self.before) != Counter(self.after)

    @property
    def left(self) -> int:
        """Whole calls of each day's budget that nothing would use, however much there is to be found."""
        return max(0, self.budget - math.ceil(self.total.most))

    @property
    def to_share(self) -> int:
        """Whole calls a day beyond what is needed: they go where most is found."""
        return max(0, math.floor(min(self.budget, self.total.most) - math.ceil(self.total.least)))

    @property
    def over(self) -> int:
        """Calls a day that the budget lacks for what is needed at least."""
        return max(0, math.ceil(self.total.least) - self.budget)

    @property
    def was_over(self) -> bool:
        """Whether the budget is too small even without the change."""
        return math.ceil(self.scheduled.least) > self.budget

    @property
    def share(self) -> float:
        """The part of the budget that the products that change need at least."""
        return calls_a_day(self.after).least / self.budget if self.budget else 0.0

    @property
    def rarer(self) -> float:
        """As `slower`, where it is worth a word."""
        return self.slower if self.slower >= WORTH_TELLING else 0.0

    @property
    def denser(self) -> float:
        """By which share the other products are checked more often, where it is worth a word."""
        return -self.slower if self.slower <= -WORTH_TELLING else 0.0

    @cached_property
    def slower(self) -> float:
        """The share by which the change makes the other products' checks rarer, below 0 more frequent.

        Those at a fixed interval give nothing away while the budget has what is needed; where it has not, all wait.
        """
        if not self.changes and not self.rates.is_worth_other:
            return 0.0
        lacks = bool(self.over) or self.was_over
        give = {one: n for one, n in self.others.items() if lacks or calls_of(one).is_open}
        theirs, rest = self.rates.others(give), self.rates.others(Counter(self.others) - Counter(give))
        fleet, budget = self.rates.fleet, self.budget
        before = calls_of_some(theirs, (rest, self.rates.before(self.before)), fleet, budget)
        after = calls_of_some(theirs, (rest, self.rates.after(self.after, self.before)), fleet, budget)
        return 1 - after / before if before > 0 else 0.0


def without(schedule: Paces, some: Paces) -> Paces:
    """The schedule without some products, by what one user asks for them.

    Where other people's lists have them checked otherwise a count is below 0. The sums are right all the same, and tell
    nobody what others watch.
    """
    rest = Counter(schedule)
    rest.subtract(some)
    return rest


def scheduled_paces() -> dict[Limits | None, int]:
    """The whole schedule, everybody's: how many products are checked how often. One query, or none a moment later.

    It counts every checked product: ask on pages that are about cost, not in the frame of all pages.
    """
    return cached_count("schedule", "", lambda: _counted(_asked().annotate(count=Count("*"))), total)


def scheduled_calls(most: int) -> Calls | None:
    """Calls a day that the whole schedule takes; None where it has `most` products or more. One query."""
    asked = list(_asked()[:most])
    return calls_a_day(_counted((*each, 1) for each in asked)) if len(asked) < most else None


def _asked() -> QuerySet[ProductIndex, Any]:
    checked = ProductIndex.objects.filter(interval__isnull=False).order_by()
    return checked.values_list("interval", "soonest", "hours")


def _counted(groups: Iterable[tuple[timedelta | None, timedelta | None, int | None, int]]) -> dict[Limits | None, int]:
    counts: Counter[Limits | None] = Counter()
    for interval, soonest, hours, count in groups:
        if interval is not None:
            counts[limits_of(interval, soonest, hours)] += count
    return dict(counts)


def interval_that_fits(choices: Iterable[timedelta], at: Callable[[timedelta], Forecast]) -> timedelta | None:
    """The shortest of `choices` at which the budget has what is needed; `at` tells what comes of an interval."""
    return next((interval for interval in sorted(choices) if not at(interval).over), None)


# Where the day's calls end


@dataclass(frozen=True, slots=True)
class DayEnd:
    """Calls that are wanted by the end of a day, and when its budget is used up, if they are more than it has."""

    calls: int
    used_up_at: datetime | None = None
    #: It is what the schedule asks, and not what the day was like until now.
    is_scheduled: bool = False
    #: The schedule spends what is left of the budget where most is found, all of it.
    is_whole: bool = False


def day_end(calls: int, budget: int, began: datetime, now: datetime, scheduled: Calls | None) -> DayEnd | None:
    """The larger of what the day's pace and the schedule come to; the pace where the calls `scheduled` are not told."""
    at_pace = at_this_pace(calls, budget, began, now)
    if scheduled is None or not scheduled.most:
        return at_pace
    planned = as_scheduled(calls, budget, scheduled, now, began + DAY)
    return at_pace if at_pace and at_pace.calls > planned.calls and not planned.is_whole else planned


def as_scheduled(calls: int, budget: int, scheduled: Calls, now: datetime, ends: datetime) -> DayEnd:
    """After `calls` until `now`, checks go on as the schedule has them: what is needed first, which may be more than
    the budget has, and then what is left of it, as far as there is anything that may be checked more often."""
    needed = at_a_rate(calls, budget, scheduled.least, now, ends)
    if needed.used_up_at is not None or not scheduled.is_open:
        return replace(needed, is_scheduled=True)
    wanted = at_a_rate(calls, budget, scheduled.most, now, ends)
    return DayEnd(min(budget, wanted.calls), is_scheduled=True, is_whole=wanted.calls >= budget)


def at_this_pace(calls: int, budget: int, began: datetime, now: datetime) -> DayEnd | None:
    """The day that `began` goes on as it did until `now`; None while that cannot be said yet."""
    elapsed = now - began
    if elapsed < TELLING or calls <= 0:
        return None
    return at_a_rate(calls, budget, calls * (DAY / elapsed), now, began + DAY)


def at_a_rate(calls: int, budget: int, calls_a_day: float, now: datetime, ends: datetime) -> DayEnd:
    """After `calls` until `now`, they go on at `calls_a_day` until the day `ends`.

    Too many of them are spread over the day: they last until the schedule may spend the whole budget.
    """
    wanted = calls + round(calls_a_day * (max(timedelta(0), ends - now) / DAY))
    if wanted <= budget:
        return DayEnd(wanted)
    left = budget - calls
    spread_until = ends - DAY * AHEAD_PERCENT / 100
    return DayEnd(wanted, max(now + DAY * (left / calls_a_day), spread_until) if left > 0 else now)
