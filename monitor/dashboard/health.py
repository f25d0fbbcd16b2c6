"""Whether the machinery runs: what workers said of themselves."""

from datetime import datetime

from django.db.models import Max

from monitor.models import Heartbeat


def worker_seen_at() -> datetime | None:
    """When any worker was last heard of; None where none has ever run. One query on a handful of rows."""
    seen: datetime | None = Heartbeat.objects.aggregate(latest=Max("seen_at"))["latest"]
    return seen


def is_silent(now: datetime) -> bool:
    """Whether no worker has been heard of for longer than even a busy one may be quiet. One query."""
    return not Heartbeat.objects.alive(now).exists()
