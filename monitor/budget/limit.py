"""The day's budget of calls: the smaller of what an operator has set and of the cap that the provider tells."""

import math
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db.models import Expression, IntegerField, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Least

from monitor.models import Budget, Usage
from monitor.models.usage import provider_day
from monitor.schedule.spending import KEPT

#: Where several people have lists, one of them may ask for this part of a day's calls.
PERSONS_PART = 10


def first_checks_a_day(budget: int, *, is_shared: bool) -> int:
    """How many first checks of products that one person has added the schedule makes a day: half of its calls, or where
    they are shared with others as many as the person may ask for."""
    return math.ceil(budget / PERSONS_PART) if is_shared else budget // 2


@dataclass(frozen=True, slots=True)
class Allowance:
    """The checks that one person may ask for on a day of `budget` calls, of which `left_of_day` are left, when they
    have `asked` for so many already."""

    budget: int
    left_of_day: int
    asked: int = 0

    @property
    def a_day(self) -> int:
        return math.ceil(self.budget / PERSONS_PART)

    @property
    def is_used_up(self) -> bool:
        """Whether the person has got all that they may ask for, and not only too little is left of the day."""
        return self.asked >= self.a_day

    def after(self, checks: int) -> Self:
        """As it is when the person has asked for so many more."""
        return replace(self, asked=self.asked + checks, left_of_day=self.left_of_day - checks)

    @property
    def left(self) -> int:
        """Of the last calls of a day, which the schedule keeps for what people ask for, one person gets half at most:
        the others find some left."""
        kept = self.budget * KEPT // 100
        for_one = max(self.left_of_day - kept, kept // 2 - self.asked)
        return max(0, min(self.a_day - self.asked, self.left_of_day, for_one))


@dataclass(frozen=True, slots=True)
class DailyBudget:
    """What an operator has set for a day, and the provider's `cap` as it was told last; None if it never was."""

    set_calls: int
    cap: int | None = None

    @property
    def calls(self) -> int:
        """The calls that a day may cost."""
        return self.set_calls if self.cap is None else min(self.set_calls, self.cap)

    @property
    def is_capped(self) -> bool:
        """Whether the provider's cap governs, and not what an operator has set."""
        return self.calls < self.set_calls

    @classmethod
    def of(cls, set_calls: int | None, cap: int | None) -> Self:
        """Where no operator has set anything, the settings hold."""
        return cls(settings.PROVIDER_DAILY_CALLS if set_calls is None else set_calls, cap)


def daily_budget(now: datetime) -> DailyBudget:
    """The budget in force. One query, or two where no operator has set any."""
    day = provider_day(now)
    if found := Budget.objects.begun(now).annotate(cap=told_cap(day)).values_list("calls", "cap").first():
        return DailyBudget.of(*found)
    return DailyBudget.of(None, _caps(day).values_list("provider_cap", flat=True).first())


def daily_calls(now: datetime) -> int:
    """The calls that a day may cost, as `daily_budget` says."""
    return daily_budget(now).calls


def daily_calls_at(now: datetime) -> Expression:
    """The same as a part of a statement, so that a change holds for the next statement."""
    ours = Coalesce(set_calls_at(now), Value(settings.PROVIDER_DAILY_CALLS), output_field=IntegerField())
    # The least of a number and nothing is nothing on SQLite.
    return Least(ours, Coalesce(told_cap(provider_day(now)), ours))


def set_calls_at(now: Any) -> Subquery:
    """What an operator has set for `now`, an instant or an expression of one; null if nothing: a part of a query."""
    return Subquery(Budget.objects.begun(now).values("calls")[:1], output_field=IntegerField())


def told_cap(day: Any) -> Subquery:
    """The provider's cap on `day`, a date or an expression of one; null if it never told any: a part of a query."""
    return Subquery(_caps(day).values("provider_cap")[:1], output_field=IntegerField())


def _caps(day: Any) -> QuerySet[Usage]:
    """Rows with a cap, the one that holds first: until today's is told, the newest of the days before."""
    return Usage.objects.filter(day__lte=day, provider_cap__isnull=False).order_by("-day", "provider_cap")
