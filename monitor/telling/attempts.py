"""The ledger of the outbox: a row is written before each attempt to send a message, and settled
after it.

A sender may die at any moment: who claims the message next marks its attempt as interrupted.
"""

import os
import socket
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet

from monitor.models import Attempt, Message
from monitor.telling.channels.parts import SendVerdict

#: The wait after the first attempt; it doubles up to the longest. All waits together are about two
#: days.
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=6)


def wait_after(attempts: int) -> timedelta:
    """Return the wait after `attempts` attempts: 1, 2, 4 ... minutes, at most six hours."""
    return min(FIRST_WAIT * (1 << min(attempts - 1, 20)), LONGEST_WAIT)


def leased(messages: Collection[Message]) -> QuerySet[Message]:
    """Return those of `messages` that no other sender has claimed since."""
    keys, leases = [message.pk for message in messages], {message.lease for message in messages}
    return Message.objects.filter(pk__in=keys, lease__in=leases)


@transaction.atomic
def begin_attempt(message: Message, now: datetime) -> Attempt | None:
    """Count and record an attempt before it is made. None if another sender has claimed the message
    since its lease ran out: the update locks the row, so that none does in between."""
    if not leased([message]).update(attempts=F("attempts") + 1):
        return None
    return Attempt.objects.create(
        message=message, sender=f"{socket.gethostname()[:60]}:{os.getpid()}", began_at=now
    )


def end_attempt(
    attempt: Attempt, verdict: SendVerdict, status: Message.Status, now: datetime
) -> None:
    """Record the result of an attempt, even if another sender has marked it as interrupted
    meanwhile."""
    # Other outcomes have the name of the message's status.
    names = {
        Message.Status.PENDING: Attempt.SendState.RETRY,
        Message.Status.HELD: Attempt.SendState.REFUSED,
    }
    Attempt.objects.filter(pk=attempt.pk).update(
        ended_at=now,
        outcome=names.get(status) or Attempt.SendState(status.value),
        code=verdict.code,
        enhanced_code=verdict.enhanced_code,
        answer=verdict.answer,
    )


def mark_interrupted(keys: Collection[int]) -> None:
    """Mark the attempts that are under way at these messages: their senders have lost the lease."""
    interrupted = Attempt.objects.filter(message__in=keys, outcome=Attempt.SendState.UNDER_WAY)
    interrupted.update(outcome=Attempt.SendState.INTERRUPTED)
