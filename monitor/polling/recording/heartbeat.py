"""Heartbeats of workers: pages tell a quiet day from a dead worker by them."""

from datetime import datetime, timedelta

from django.db.models import F

from monitor.models import Heartbeat
from monitor.polling.retry import retried

#: The tick comes every ten seconds; a busy worker drops it.
SILENT_AFTER = timedelta(seconds=30)
#: Machines come and go under new names. Old heartbeats are deleted when a new worker starts.
FORGOTTEN_AFTER = timedelta(days=7)


@retried
def beat(
    worker: str,
    work: str,
    now: datetime,
    *,
    busy_for: timedelta = SILENT_AFTER,
    took: float | None = None,
    failed: bool = False,
) -> None:
    """Store that `worker` is alive and will beat again within `busy_for`; and, if a run has ended,
    how many seconds it `took` and whether it `failed`. One UPDATE, except for the first time."""
    row = {"seen_at": now, "expected_at": now + max(busy_for, SILENT_AFTER)}
    run = {
        "runs": F("runs") + 1,
        "failures": F("failures") + int(failed),
        "seconds": F("seconds") + (took or 0),
    }
    if not Heartbeat.objects.filter(worker=worker, work=work).update(
        **row, **({} if took is None else run)
    ):
        Heartbeat.objects.filter(seen_at__lt=now - FORGOTTEN_AFTER).delete()
        Heartbeat.objects.bulk_create(
            [Heartbeat(worker=worker, work=work, **row)], ignore_conflicts=True
        )
