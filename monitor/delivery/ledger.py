"""The ledger of attempts: a row is written before each attempt and settled after it."""

import os
import socket
from collections import Counter
from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import F

from monitor.delivery.line import Answer
from monitor.models import Attempt, Email


@transaction.atomic
def begin(email: Email, now: datetime) -> Attempt | None:
    """Record an attempt before it is made. None if another sender has claimed the e-mail since its lease ran out.

    The row is locked meanwhile, so that no other sender claims it in between and misses the attempt.
    """
    if not Email.objects.select_for_update().filter(pk=email.pk, lease=email.lease).values_list("pk"):
        return None
    return Attempt.objects.create(email=email, sender=f"{socket.gethostname()[:60]}:{os.getpid()}", began_at=now)


def end(attempt: Attempt, answer: Answer, status: Email.Status, now: datetime) -> None:
    """Record the result of an attempt, even if another sender has marked it as interrupted meanwhile."""
    # The other outcomes are called as the e-mail's status.
    outcome = Attempt.Outcome.RETRY if status is Email.Status.PENDING else Attempt.Outcome(status.value)
    Attempt.objects.filter(pk=attempt.pk).update(
        ended_at=now,
        outcome=outcome,
        code=answer.code,
        enhanced_code=answer.enhanced_code,
        answer=answer.text,
    )


@transaction.atomic
def take_over(keys: Collection[int]) -> None:
    """Count the interrupted attempts at these e-mails: their senders have lost the lease."""
    interrupted = Attempt.objects.filter(email__in=keys, outcome=Attempt.Outcome.UNDER_WAY)
    for key, count in Counter(interrupted.values_list("email_id", flat=True)).items():
        Email.objects.filter(pk=key).update(attempts=F("attempts") + count)
    interrupted.update(outcome=Attempt.Outcome.INTERRUPTED)
