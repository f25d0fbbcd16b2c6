"""Workers write down that they live, so that a page can tell a quiet day from a dead worker."""

from datetime import datetime, timedelta

from monitor.budget.retry import retried
from monitor.models import Heartbeat

#: The tick comes every ten seconds, and is dropped rather than kept while a worker is busy.
SILENT_AFTER = timedelta(seconds=30)
#: Machines come and go under new names; what they leave behind is cleared away when another one comes.
FORGOTTEN_AFTER = timedelta(days=7)


@retried
def beat(worker: str, work: str, now: datetime, *, busy_for: timedelta = SILENT_AFTER) -> None:
    """`worker` lives, and will be heard of again within `busy_for`. One UPDATE, but for the first time."""
    row = {"seen_at": now, "expected_at": now + max(busy_for, SILENT_AFTER)}
    if not Heartbeat.objects.filter(worker=worker, work=work).update(**row):
        Heartbeat.objects.filter(seen_at__lt=now - FORGOTTEN_AFTER).delete()
        Heartbeat.objects.bulk_create([Heartbeat(worker=worker, work=work, **row)], ignore_conflicts=True)
