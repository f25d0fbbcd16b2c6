"""Deletes expired rows, and what is remembered for a while."""

from datetime import datetime, timedelta

from monitor.models import (
    AddressChange,
    ApiToken,
    Import,
    SearchPage,
    Session,
    SheetUpdate,
)
from monitor.people import throttle
from monitor.polling.budget import charges

#: Longer than a link in a late mail can undo a change of address.
ADDRESS_CHANGES_KEPT = timedelta(days=30)


def clean_up(now: datetime) -> int:
    """Delete expired sessions, empty throttles, and old changes of address, charges, searches,
    imports, sheets and API tokens; returns how many rows."""
    deleted = throttle.delete_empty(now) + charges.purge(now)
    deleted += AddressChange.objects.filter(changed_at__lt=now - ADDRESS_CHANGES_KEPT).delete()[0]
    deleted += SearchPage.objects.expired(now).delete()[0]
    for uploads in (Import.objects.expired(now), SheetUpdate.objects.expired(now)):
        # One by one: each may have 50,000 rows.
        deleted += sum(upload.delete()[0] for upload in uploads.only("pk"))
    deleted += ApiToken.objects.over(now).delete()[0]
    return deleted + Session.objects.filter(expire_date__lt=now).delete()[0]
