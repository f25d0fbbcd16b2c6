"""Whether the machinery runs: what workers said of themselves, and whether the clock can be trusted."""

from datetime import datetime

from monitor.models import Heartbeat, SystemClock
from monitor.models.system_clock import SetBack


def is_silent(now: datetime) -> bool:
    """Whether no worker that checks products has been heard of for longer than even a busy one may be quiet. One
    query."""
    return not Heartbeat.objects.of_checks().alive(now).exists()


def clock_set_back(now: datetime) -> SetBack | None:
    """Whether the clock was set back lately. One query."""
    clock = SystemClock.objects.first()
    return None if clock is None else clock.was_set_back(now)
