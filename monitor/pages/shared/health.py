"""Whether workers are alive and the clock can be trusted."""

from datetime import datetime

from monitor.models import Heartbeat, SystemClock
from monitor.models.system_clock import SetBack


def is_silent(now: datetime) -> bool:
    """Whether no worker that checks products has sent a heartbeat in time. One query."""
    return not Heartbeat.objects.of_checks().alive(now).exists()


def clock_set_back(now: datetime) -> SetBack | None:
    """The last time the clock was set back, if that was lately. One query."""
    clock = SystemClock.objects.first()
    return None if clock is None else clock.was_set_back(now)
