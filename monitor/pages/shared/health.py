"""Whether workers are alive and the clock can be trusted."""

from datetime import datetime, timedelta

from monitor.models import Heartbeat, UsageDay
from monitor.models.usage import provider_day


def is_silent(now: datetime) -> bool:
    """Return whether no worker that checks products has sent a heartbeat in time. One query."""
    return not Heartbeat.objects.of_checks().alive(now).exists()


def clock_set_back(now: datetime) -> timedelta:
    """Return how far the clock was set back today, in whole minutes; zero if it was not. One query."""
    by = UsageDay.objects.filter(day=provider_day(now)).values_list("set_back_by", flat=True).first()
    minute = timedelta(minutes=1)
    return ((by or timedelta()) + minute / 2) // minute * minute
