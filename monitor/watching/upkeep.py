"""Deletes expired rows, and what is remembered for a while."""

from datetime import datetime

from monitor.models import (
    ApiToken,
    Import,
    SearchPage,
    Session,
    SheetUpdate,
)
from monitor.people import throttle
from monitor.polling.budget import charges


def clean_up(now: datetime) -> int:
    """Delete expired sessions, empty throttles, and old charges, searches, imports, sheets and API
    tokens; returns how many rows."""
    deleted = throttle.delete_empty(now) + charges.purge(now)
    deleted += SearchPage.objects.expired(now).delete()[0]
    for uploads in (Import.objects.expired(now), SheetUpdate.objects.expired(now)):
        # One by one: each may have 50,000 rows.
        deleted += sum(upload.delete()[0] for upload in uploads.only("pk"))
    deleted += ApiToken.objects.over(now).delete()[0]
    return deleted + Session.objects.filter(expire_date__lt=now).delete()[0]
