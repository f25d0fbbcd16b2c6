"""The outbox of mails: claim, send, settle. The rows are the truth, so a sender may die at any moment.

A claim leases e-mails and moves their due time to the end of the lease. Sending happens outside any transaction, one
message to one recipient. Each is settled at once, if its lease still holds: a sender killed in between causes at most
one more copy, with the same Message-ID. A row is written before each attempt and settled after it.
"""

import logging
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from monitor.delivery import refusing
from monitor.delivery.attempts import FIRST_WAIT, begin_attempt, count_interrupted, end_attempt, leased, wait_after
from monitor.delivery.compose import write_messages
from monitor.delivery.errors import PROGRAM_ERRORS, NoMessageError, NotWantedError
from monitor.delivery.mail_connection import LONGEST_ANSWER, Answer, MailConnection, MailServerDownError
from monitor.delivery.message import build
from monitor.delivery.report.reading import MailReading, read_claimed
from monitor.models import Alert, Attempt, Message
from monitor.text.formatting import one_line
from monitor.timing.plans import quiet_until

logger = logging.getLogger(__name__)

#: Longer than one message can take: each SMTP command has a time-out.
LEASE = timedelta(minutes=10)
CHUNK = 50
MOST_ATTEMPTS = 17

type Clock = Callable[[], datetime]


def send_due(now: datetime | None = None, limit: int = 1000) -> Counter[str]:
    """One pass: write the messages of new and held alerts, then send up to `limit` due e-mails; returns how many have
    which status now.

    `now` stops the clock. If the mail server cannot be reached, the pass ends and the rest stays pending, without
    counting an attempt.
    """
    clock: Clock = timezone.now if now is None else lambda: now
    refusing.release(clock())
    write_messages(clock())
    counts: Counter[str] = Counter()
    with closing(MailConnection()) as connection:
        while limit > 0 and not connection.is_down and (emails := claim(clock(), min(limit, CHUNK))):
            sending = _Round(emails, connection, clock)
            sending.send()
            counts += sending.counts
            limit -= len(emails)
    return counts


def claim(now: datetime, limit: int) -> list[Message]:
    """Lease due e-mails, oldest first, skipping those that another sender is claiming."""
    lease = uuid.uuid4()
    with transaction.atomic():
        locked = Message.objects.due(now).filter(channel=None).select_for_update(skip_locked=True)
        keys = list(locked.values_list("pk", flat=True)[:limit])
        Message.objects.filter(pk__in=keys).update(lease=lease, next_attempt_at=now + LEASE)
        if keys:
            count_interrupted(keys)
    return list(Message.objects.filter(pk__in=keys, lease=lease).select_related("recipient").order_by("pk"))


class _Round:
    """Sends the e-mails of one claim, one after the other."""

    def __init__(self, emails: Sequence[Message], connection: MailConnection, clock: Clock) -> None:
        self._emails, self._connection, self._clock = emails, connection, clock
        self._reading = read_claimed(emails)
        self._leased_at = clock()
        self.counts: Counter[str] = Counter()

    def send(self) -> None:
        for number, email in enumerate(self._emails, 1):
            self._send(email, self._emails[number:])
            if self._connection.is_down:
                break

    def _send(self, email: Message, rest: Sequence[Message]) -> None:
        """Send one e-mail, or put it off; `rest` are those that wait behind it."""
        if email.recipient is not None and email.recipient.refuses_mail and email.kind in Message.OF_ALERTS:
            leased([email]).update(status=Message.Status.HELD, lease=None, answer=email.recipient.refusal)
            self.counts[Message.Status.HELD] += 1
            return
        if end := self._quiet_until(email):
            self._release([email], end)
            return
        try:
            self._connection.open()
        except MailServerDownError as error:
            logger.warning("No e-mail can be sent: %s", error)
            self._release([email, *rest], self._clock() + FIRST_WAIT)
            return
        if self._clock() - self._leased_at > LEASE / 2:  # The server is slow: the leases must not run out.
            self._leased_at = self._clock()
            leased([email, *rest]).update(next_attempt_at=self._leased_at + LEASE)
        attempt = begin_attempt(email, self._clock())
        if attempt is None:
            return
        message = _built(email, self._reading)
        answer = message if isinstance(message, Answer) else self._connection.send(message)
        self.counts[_settle(email, attempt, answer, self._clock())] += 1
        if answer.blames_address:
            _mark_refused(email, one_line(answer.text, LONGEST_ANSWER), rest)
        if self._connection.is_down:
            logger.warning("The mail server stopped: %s", answer.text)
            self._release(rest, self._clock())

    def _release(self, emails: Sequence[Message], due: datetime) -> None:
        """Give claimed e-mails back that were not tried; they are due again at `due`."""
        leased(emails).update(lease=None, next_attempt_at=due)
        self.counts[Message.Status.PENDING] += len(emails)

    def _quiet_until(self, email: Message) -> datetime | None:
        alerts = self._reading.alerts[email.pk] if self._reading else Alert.objects.filter(messages=email)
        return quiet_until(email, alerts, self._clock())


def _built(email: Message, reading: MailReading | None) -> EmailMultiAlternatives | Answer:
    """The message of a row, or an answer that says why there is none; the other e-mails are still sent."""
    if email.attempts >= MOST_ATTEMPTS:
        return Answer(Message.Status.FAILED, email.answer or gettext_noop("Every attempt was interrupted."))
    try:
        return build(email, reading)
    except NotWantedError as error:
        return Answer(Message.Status.DROPPED, str(error))
    except NoMessageError as error:
        return Answer(Message.Status.FAILED, str(error))
    except PROGRAM_ERRORS as error:
        # Tried again: the next release of the program may be able to build it.
        logger.exception("E-mail %s cannot be written.", email.pk)
        return Answer(Message.Status.PENDING, f"{type(error).__name__}: {error}")


@transaction.atomic
def _settle(email: Message, attempt: Attempt, answer: Answer, now: datetime) -> Message.Status:
    """Record the result of an attempt, and of its e-mail unless another sender has claimed it meanwhile.

    Returns the result of the attempt. An e-mail of alerts whose address is refused is held.
    """
    status, attempts = answer.status, email.attempts + 1
    if status is Message.Status.PENDING and attempts >= MOST_ATTEMPTS:
        status = Message.Status.FAILED
    text = one_line(answer.text, LONGEST_ANSWER)
    is_held = answer.blames_address and email.recipient is not None and email.kind in Message.OF_ALERTS
    stored = Message.Status.HELD if is_held else status
    changes: dict[str, Any] = {"status": stored, "attempts": attempts, "lease": None, "answer": text}
    if status is Message.Status.SENT:
        changes["sent_at"] = now
    if status is Message.Status.PENDING:
        changes["next_attempt_at"] = now + wait_after(attempts)
    end_attempt(attempt, replace(answer, text=text), status, now)
    is_ours = leased([email]).update(**changes)
    if answer.blames_address:
        refusing.mark_refused(email, text, now)
    elif status is Message.Status.SENT:
        refusing.mark_accepted(email)
    if not is_ours:
        logger.warning("E-mail %s was taken over by another sender while it was being sent.", email.pk)
    if status in (Message.Status.REFUSED, Message.Status.FAILED):
        logger.error("E-mail %s to %s is %s: %s", email.pk, email.address, status.value, answer.text)
    return status


def _mark_refused(refused: Message, answer: str, others: Sequence[Message]) -> None:
    """Mark the address as refused, with the server's answer, in the rest of a claim, which was read before."""
    for email in others:
        if email.recipient is not None and email.recipient_id == refused.recipient_id:
            email.recipient.refused_address = refused.address
            email.recipient.refusal = answer
