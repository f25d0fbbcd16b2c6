"""Deletes expired rows of accounts, and what is remembered for a while."""

from datetime import datetime, timedelta

from monitor.budget import charges, throttle
from monitor.models import AddressChange, Session, ShortLink

#: Rows of one statement, so that no locks are held for long.
CHUNK = 1000
#: Longer than a link in a late mail can undo a change of address.
ADDRESS_CHANGES_KEPT = timedelta(days=30)


def clean_up(now: datetime) -> int:
    """Delete expired sessions, empty throttles, and old changes of address, charges and short links; returns how many
    rows."""
    deleted = throttle.delete_empty(now) + charges.purge(now)
    deleted += AddressChange.objects.filter(changed_at__lt=now - ADDRESS_CHANGES_KEPT).delete()[0]
    deleted += ShortLink.objects.expired(now).delete()[0]
    while keys := list(Session.objects.filter(expire_date__lt=now).values_list("pk", flat=True)[:CHUNK]):
        deleted += Session.objects.filter(pk__in=keys).delete()[0]
    return deleted
