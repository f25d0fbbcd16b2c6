"""The budget in force: the newest that an operator has set and that has begun, else what the settings say."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Expression, IntegerField, Subquery, Value
from django.db.models.functions import Coalesce

from monitor.models import Budget


def set_calls(now: Any) -> Subquery:
    """What an operator has set for `now`, an instant or an expression of one; null if nothing: a part of a query."""
    return Subquery(Budget.objects.begun(now).values("calls")[:1], output_field=IntegerField())


def daily_calls_at(now: Any) -> Expression:
    """The calls that a day may cost, as a part of a statement, so that a change holds for the next statement."""
    return Coalesce(set_calls(now), Value(settings.PROVIDER_DAILY_CALLS), output_field=IntegerField())


def daily_calls(now: datetime) -> int:
    """The calls that a day may cost. One query."""
    calls = Budget.objects.begun(now).values_list("calls", flat=True).first()
    return settings.PROVIDER_DAILY_CALLS if calls is None else calls
