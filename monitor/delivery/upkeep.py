"""What the outbox need not keep for ever."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from monitor.models import Attempt, Email, EmailAlert

#: What happened longer ago is nobody's question any more.
KEPT = timedelta(days=90)
#: Rows that one statement deletes, so that none holds its locks for long.
CHUNK = 1000


def purge(now: datetime) -> int:
    """Delete old attempts, and old e-mails that tell of no alert; returns how many rows there were.

    An e-mail of alerts stays as long as one of them: it is the proof that somebody was told.
    """
    return _attempts(now - KEPT) + _emails(now - KEPT)


def _attempts(before: datetime) -> int:
    """Their keys grow with time: what is old stands at the beginning, and no index by time is needed."""
    gone = 0
    while oldest := list(Attempt.objects.order_by("pk").values_list("pk", "began_at")[:CHUNK]):
        keys = [key for key, began_at in oldest if began_at < before]
        gone += Attempt.objects.filter(pk__in=keys).delete()[0]
        if len(keys) < CHUNK:
            break
    return gone


def _emails(before: datetime) -> int:
    """Those of alerts stay among the old ones: all of these are looked through, a stretch of keys at a time."""
    gone, last = 0, 0
    of_alerts = Exists(EmailAlert.objects.filter(email=OuterRef("pk")))
    settled = Email.objects.filter(~of_alerts).exclude(status=Email.Status.PENDING)
    while stretch := list(Email.objects.filter(pk__gt=last).order_by("pk").values_list("pk", "created_at")[:CHUNK]):
        if all(created_at >= before for _, created_at in stretch):
            break
        first, last = last, stretch[-1][0]
        gone += settled.filter(pk__gt=first, pk__lte=last, created_at__lt=before).delete()[0]
    return gone
