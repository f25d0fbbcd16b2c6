"""Deletes old rows of the outbox."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from monitor.models import Attempt, Message, MessageAlert, MessageBody
from monitor.models.messages import KEPT_WHOLE

KEPT = timedelta(days=90)
#: Rows of one statement, so that no locks are held for long.
CHUNK = 1000


def purge(now: datetime) -> int:
    """Delete old attempts and bodies, and old messages without alerts. Return the number of rows.

    A message stays as long as one of its alerts: it proves what the user was told.
    """
    has_alerts = Exists(MessageAlert.objects.filter(message=OuterRef("pk")))
    old = Message.objects.filter(~has_alerts, created_at__lt=now - KEPT).exclude(status=Message.Status.PENDING)
    bodies = MessageBody.objects.filter(message__created_at__lt=now - KEPT_WHOLE).delete()[0]
    return bodies + _delete_in_chunks(Attempt.objects.filter(began_at__lt=now - KEPT)) + _delete_in_chunks(old)


def _delete_in_chunks(rows: QuerySet[Any]) -> int:
    deleted = 0
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:CHUNK]):
        deleted += rows.model._default_manager.filter(pk__in=keys).delete()[0]
    return deleted
