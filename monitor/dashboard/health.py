"""Whether the machinery runs: what workers said of themselves."""

from datetime import datetime

from monitor.models import Heartbeat


def is_silent(now: datetime) -> bool:
    """Whether no worker has been heard of for longer than even a busy one may be quiet. One query."""
    return not Heartbeat.objects.alive(now).exists()
