"""Deletes old rows of the outbox."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from monitor.models import Attempt, Message, MessageAlert

KEPT = timedelta(days=90)
#: Rows of one statement, so that no locks are held for long.
CHUNK = 1000


def purge(now: datetime) -> int:
    """Delete old attempts, and old e-mails without alerts; returns the number of rows.

    An e-mail stays as long as one of its alerts: it is the proof that the user was told.
    """
    return _attempts(now - KEPT) + _emails(now - KEPT)


def _attempts(before: datetime) -> int:
    """Old attempts have the smallest keys, so no index by time is needed."""
    deleted = 0
    while oldest := list(Attempt.objects.order_by("pk").values_list("pk", "began_at")[:CHUNK]):
        keys = [key for key, began_at in oldest if began_at < before]
        deleted += Attempt.objects.filter(pk__in=keys).delete()[0]
        if len(keys) < CHUNK:
            break
    return deleted


def _emails(before: datetime) -> int:
    """Old e-mails of alerts stay, so this reads all old keys, a chunk at a time."""
    deleted, last = 0, 0
    of_alerts = Exists(MessageAlert.objects.filter(message=OuterRef("pk")))
    settled = Message.objects.filter(~of_alerts).exclude(status=Message.Status.PENDING)
    while chunk := list(Message.objects.filter(pk__gt=last).order_by("pk").values_list("pk", "created_at")[:CHUNK]):
        if all(created_at >= before for _, created_at in chunk):
            break
        first, last = last, chunk[-1][0]
        deleted += settled.filter(pk__gt=first, pk__lte=last, created_at__lt=before).delete()[0]
    return deleted
