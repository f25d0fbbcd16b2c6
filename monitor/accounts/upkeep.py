"""What is left lying about by people who come and go."""

from datetime import datetime, timedelta

from monitor.budget import throttle
from monitor.models import AddressChange, Session

#: Rows that one statement deletes, so that none holds its locks for long.
CHUNK = 1000
#: Longer than a link in a late mail can take a change of address back.
ADDRESS_CHANGES_KEPT = timedelta(days=30)


def clean_up(now: datetime) -> int:
    """Delete what is over: sessions, throttles that have emptied, changes of address too old to be taken back.

    Returns how many rows there were.
    """
    gone = throttle.delete_empty(now)
    gone += AddressChange.objects.filter(changed_at__lt=now - ADDRESS_CHANGES_KEPT).delete()[0]
    while keys := list(Session.objects.filter(expire_date__lt=now).values_list("pk", flat=True)[:CHUNK]):
        gone += Session.objects.filter(pk__in=keys).delete()[0]
    return gone
