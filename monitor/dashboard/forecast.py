"""What checking will cost, in calls: pure reckoning over how many products are checked how often, and the one query
that tells that of the whole schedule.

One call serves everybody who watches a product, so calls are counted over products, each by what all its active watches
ask for together (`Product.limits`). At a fixed interval it takes that many calls. Where it is checked as it changes the
interval tells what it takes at least: what is left of the budget then goes where most is found, up to a call every
`soonest` for each. Confirmations, retries and checks by hand come on top; they are few. Calls a day are fractions here:
round them where they are shown.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import Count

from monitor.dashboard.pace import Calls
from monitor.dashboard.remembered import remembered
from monitor.models import ProductIndex
from monitor.schedule import ALL_DAY, Limits, combined

DAY = timedelta(days=1)
#: A month's calls are those of this many days.
DAYS_A_MONTH = 30
HOURS_A_DAY = 24
#: A smaller share of their checks is missed by nobody.
WORTH_TELLING = 0.001
#: Halvings after which the level that spends the budget is known better than it is shown.
_HALVINGS = 60

#: How many products are asked for how often; those under None are not checked by themselves.
type Paces = Mapping[Limits | None, int]


@dataclass(frozen=True, slots=True)
class Forecast:
    """A day's budget against what is asked of checks.

    `others` go on as they are while some products, which are asked for as `before` by now, are to be checked as `after`
    has it. Where nothing is to change, everybody is among the others.
    """

    budget: int
    others: Paces
    before: Paces = field(default_factory=dict)
    after: Paces = field(default_factory=dict)

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

    @property
    def slower(self) -> float:
        """The share by which the change makes the other products' checks rarer, below 0 more frequent.

        Those at a fixed interval give nothing away while the budget has what is needed; where it has not, all wait.
        """
        lacks = bool(self.over) or self.was_over
        give = {one: n for one, n in self.others.items() if lacks or calls_of(one).is_open}
        before, after = self._get(give, self.before), self._get(give, self.after)
        return 1 - after / before if before > 0 else 0.0

    def _get(self, some: Paces, rest: Paces) -> float:
        """Calls a day that go to some of the others, where the rest is asked for like this."""
        each = shared_out(Counter(self.others) + Counter(rest), self.budget)
        return sum(n * each[one] for one, n in some.items() if one is not None and n > 0)


def scheduled_paces() -> dict[Limits | None, int]:
    """The whole schedule, everybody's: how many products are checked how often. One query, or none a moment later.

    It counts every checked product: ask on pages that are about cost, not in the frame of all pages.
    """
    checked = ProductIndex.objects.filter(interval__isnull=False).order_by()
    groups = checked.values_list("interval", "soonest", "hours").annotate(count=Count("*"))
    return remembered("schedule", (), lambda: _counted(groups), total)


def _counted(groups: Iterable[tuple[timedelta | None, timedelta | None, int | None, int]]) -> dict[Limits | None, int]:
    counts: Counter[Limits | None] = Counter()
    for interval, soonest, hours, count in groups:
        if interval is not None:
            counts[limits_of(interval, soonest, hours)] += count
    return dict(counts)


def limits_of(interval: timedelta, soonest: timedelta | None = None, hours: int | None = None) -> Limits:
    """What two ask for is equal where it comes to the same. What an early finding is worth does not count here."""
    is_fixed = soonest is None or soonest >= interval
    return Limits(interval, None if is_fixed else soonest, hours=ALL_DAY if hours is None else hours)


def tightened(one: Limits, other: Limits) -> Limits:
    """What both ask for together, as `limits_of` has it."""
    both = combined([(0, one), (1, other)])
    assert both is not None
    return limits_of(both.latest, both.soonest, both.hours)


def total(paces: Paces) -> int:
    """How many products these are."""
    return sum(paces.values())


def calls_a_day(paces: Paces) -> Calls:
    """Calls that checking takes in a day."""
    return sum((calls_of(limits) * count for limits, count in paces.items()), Calls())


def calls_of(limits: Limits | None) -> Calls:
    """Calls that one product takes in a day."""
    if limits is None:
        return Calls()
    least = _rate(limits.latest, limits.hours)
    if limits.soonest is None or limits.is_fixed:
        return Calls(least, least)
    return Calls(least, max(least, _rate(limits.soonest, limits.hours)))


def shared_out(paces: Paces, budget: float) -> dict[Limits, float]:
    """Calls a day that one product of each pace gets, if all of them change alike: what is left beyond everybody's
    least raises those lowest that may have more. Where it is not enough for that, all have the same share of it.
    """
    calls = {limits: calls_of(limits) for limits, count in paces.items() if limits is not None and count > 0}
    needed = sum(one.least * paces[limits] for limits, one in calls.items())
    if needed >= budget:
        return {limits: one.least * max(budget, 0) / needed for limits, one in calls.items()} if needed else {}
    low, high = 0.0, max((one.most for one in calls.values()), default=0.0)
    for _ in range(_HALVINGS):
        level = (low + high) / 2
        taken = sum(min(max(level, one.least), one.most) * paces[limits] for limits, one in calls.items())
        low, high = (level, high) if taken <= budget else (low, level)
    return {limits: min(max(high, one.least), one.most) for limits, one in calls.items()}


def interval_that_fits(choices: Iterable[timedelta], at: Callable[[timedelta], Forecast]) -> timedelta | None:
    """The shortest of `choices` at which the budget has what is needed; `at` tells what comes of an interval."""
    return next((interval for interval in sorted(choices) if not at(interval).over), None)


def _rate(interval: timedelta, hours: int) -> float:
    """Calls a day every `interval`; where not all hours are wanted as many fewer, but one a day as before."""
    rate = DAY / interval
    wanted = (hours & ALL_DAY).bit_count()
    return rate if wanted == HOURS_A_DAY else max(min(rate, 1.0), rate * wanted / HOURS_A_DAY)
