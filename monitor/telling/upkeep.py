"""Deletes old rows of the outbox."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from monitor.models import Attempt, Message, MessageAlert
from monitor.models.messages import KEPT_WHOLE
from monitor.watching.deletion import in_pieces

KEPT = timedelta(days=90)


def purge(now: datetime) -> int:
    """Delete old attempts and what was sent, and old messages without alerts. Return the number of
    rows.

    A message stays as long as one of its alerts: it proves what the user was told.
    """
    has_alerts = Exists(MessageAlert.objects.filter(message=OuterRef("pk")))
    old = Message.objects.filter(~has_alerts, created_at__lt=now - KEPT).exclude(
        status=Message.Status.PENDING
    )
    sent = Message.objects.filter(created_at__lt=now - KEPT_WHOLE, sent_body__isnull=False)
    forgotten = sent.update(sent_body=None)
    attempts = Attempt.objects.filter(began_at__lt=now - KEPT)
    return forgotten + sum(
        piece.delete()[0] for rows in (attempts, old) for piece in in_pieces(rows)
    )
