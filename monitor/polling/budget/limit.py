"""The day's budget of calls: the smaller of the operator's number and the provider's cap."""

import sys
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db.models import Expression, IntegerField, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Least

from monitor.models import Budget, Usage
from monitor.models.usage import provider_day


@dataclass(frozen=True, slots=True)
class DailyBudget:
    """The operator's number of calls, and the last known `cap` of the provider, if any."""

    set_calls: int
    cap: int | None = None

    @property
    def calls(self) -> int:
        return self.set_calls if self.cap is None else min(self.set_calls, self.cap)

    @property
    def is_capped(self) -> bool:
        """Whether the provider's cap is the smaller one."""
        return self.calls < self.set_calls

    @classmethod
    def of(cls, set_calls: int | None, cap: int | None) -> Self:
        """Make it from the operator's number, or the setting without one, and the cap."""
        return cls(settings.PROVIDER_DAILY_CALLS if set_calls is None else set_calls, cap)


def daily_budget(now: datetime) -> DailyBudget:
    """Return the budget in force. One query, or two when no operator has set any."""
    day = provider_day(now)
    if (
        row := Budget.objects.begun(now)
        .annotate(cap=told_cap(day))
        .values_list("calls", "cap")
        .first()
    ):
        return DailyBudget.of(*row)
    return DailyBudget.of(None, _caps(day).values_list("provider_cap", flat=True).first())


def daily_calls(now: datetime) -> int:
    return daily_budget(now).calls


def daily_calls_at(now: datetime) -> Expression:
    """Return `daily_calls` as a part of a statement."""
    ours = Coalesce(
        set_calls_at(now), Value(settings.PROVIDER_DAILY_CALLS), output_field=IntegerField()
    )
    # On SQLite the least of a number and null is null.
    return Least(ours, Coalesce(told_cap(provider_day(now)), Value(sys.maxsize)))


def set_calls_at(now: Any) -> Subquery:
    """Return the operator's number for `now`, a time or an expression of one, as a part of a query;
    null if none."""
    return Subquery(Budget.objects.begun(now).values("calls")[:1], output_field=IntegerField())


def told_cap(day: Any) -> Subquery:
    """Return the provider's cap on `day`, a date or an expression of one, as a part of a query;
    null if unknown."""
    return Subquery(_caps(day).values("provider_cap")[:1], output_field=IntegerField())


def _caps(day: Any) -> QuerySet[Usage]:
    """Return rows with a cap, the valid one first: until today's is known, the newest earlier
    one."""
    return Usage.objects.filter(day__lte=day, provider_cap__isnull=False).order_by(
        "-day", "provider_cap"
    )
