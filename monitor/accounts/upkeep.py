"""Deletes expired rows of accounts, and what is remembered for a while."""

from datetime import datetime, timedelta

from monitor.budget import charges, throttle
from monitor.models import AddressChange, ApiToken, KeptAnswer, Session, SheetUpdate, ShortLink

#: Longer than a link in a late mail can undo a change of address.
ADDRESS_CHANGES_KEPT = timedelta(days=30)


def clean_up(now: datetime) -> int:
    """Delete expired sessions, empty throttles, and old changes of address, charges, short links, sheets, API tokens
    and answers of the API; returns how many rows."""
    deleted = throttle.delete_empty(now) + charges.purge(now)
    deleted += AddressChange.objects.filter(changed_at__lt=now - ADDRESS_CHANGES_KEPT).delete()[0]
    deleted += ShortLink.objects.expired(now).delete()[0] + SheetUpdate.objects.expired(now).delete()[0]
    deleted += ApiToken.objects.over(now).delete()[0] + KeptAnswer.objects.expired(now).delete()[0]
    return deleted + Session.objects.filter(expire_date__lt=now).delete()[0]
