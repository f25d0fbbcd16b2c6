"""What is left lying about by people who come and go."""

from datetime import datetime

from monitor.accounts import throttle
from monitor.models import Session

#: Rows that one statement deletes, so that none holds its locks for long.
CHUNK = 1000


def clean_up(now: datetime) -> int:
    """Delete the sessions that are over and the throttles that have emptied; returns how many there were."""
    gone = throttle.delete_empty(now)
    while keys := list(Session.objects.filter(expire_date__lt=now).values_list("pk", flat=True)[:CHUNK]):
        gone += Session.objects.filter(pk__in=keys).delete()[0]
    return gone
