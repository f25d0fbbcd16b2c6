"""The ledger of attempts: a row before each, settled after it. What a killed sender leaves is found by its heir."""

import os
import socket
from collections import Counter
from collections.abc import Collection
from datetime import datetime
from functools import cache

from django.db import connection, transaction
from django.db.models import F

from monitor.delivery.line import Answer
from monitor.models import Attempt, Email
from monitor.models.raw import raw_instant, raw_uuid

_OUTCOMES = {
    Email.Status.SENT: Attempt.Outcome.SENT,
    Email.Status.PENDING: Attempt.Outcome.RETRY,
    Email.Status.REFUSED: Attempt.Outcome.REFUSED,
    Email.Status.FAILED: Attempt.Outcome.FAILED,
    Email.Status.DROPPED: Attempt.Outcome.DROPPED,
}


def begin(email: Email, now: datetime) -> int | None:
    """Write down, before it is made, that this process attempts to send a claimed e-mail; returns the attempt's key.

    None, and nothing is written, when another sender has the e-mail by now: its lease ran out while others were sent.
    One statement, so that it costs a message no more than counting its attempts would.
    """
    assert email.lease is not None
    attempts, emails = (connection.ops.quote_name(model._meta.db_table) for model in (Attempt, Email))
    with connection.cursor() as cursor:
        cursor.execute(  # The tables' names are the models', all values are parameters.
            f"INSERT INTO {attempts} (email_id, sender, began_at, outcome, enhanced_code, answer)"  # noqa: S608
            f" SELECT id, %s, %s, %s, '', '' FROM {emails} WHERE id = %s AND lease = %s RETURNING id",
            [_sender(), raw_instant(now), Attempt.Outcome.UNDER_WAY.value, email.pk, raw_uuid(email.lease)],
        )
        row = cursor.fetchone()
    return None if row is None else int(row[0])


def end(attempt: int, answer: Answer, status: Email.Status, now: datetime) -> None:
    """Write down what came of an attempt, also of one that was taken for interrupted while its sender lived."""
    Attempt.objects.filter(pk=attempt).update(
        ended_at=now,
        outcome=_OUTCOMES[status],
        code=answer.code,
        enhanced_code=answer.enhanced_code,
        answer=answer.text,
    )


@transaction.atomic
def take_over(keys: Collection[int]) -> None:
    """Count the attempts at these e-mails that were interrupted: whoever made them has lost the lease."""
    interrupted = Attempt.objects.filter(email__in=keys, outcome=Attempt.Outcome.UNDER_WAY)
    times = Counter(interrupted.values_list("email_id", flat=True))
    if times:
        interrupted.update(outcome=Attempt.Outcome.INTERRUPTED)
    for number in set(times.values()):
        emails = [key for key, count in times.items() if count == number]
        Email.objects.filter(pk__in=emails).update(attempts=F("attempts") + number)


def _sender() -> str:
    """Which process of which machine: what a log of it is found by."""
    return f"{_machine()}:{os.getpid()}"


@cache
def _machine() -> str:
    return socket.gethostname()[:60]
