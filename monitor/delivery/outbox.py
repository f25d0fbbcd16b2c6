"""The outbox: claim, send, settle. The rows are the truth, so a sender may die at any moment.

A claim leases e-mails and moves their due time to the moment at which the lease runs out. Sending happens outside
any transaction, one message to one recipient, and each is settled at once by whoever still holds its lease: a
sender killed in between costs at most one more copy, with the same Message-ID. The ledger keeps every attempt.
"""

import logging
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop

from monitor.delivery import ledger, refusing
from monitor.delivery.compose import write_emails
from monitor.delivery.errors import NoMessageError, NotWantedError
from monitor.delivery.line import LONGEST_ANSWER, Answer, LineDownError, MailLine
from monitor.delivery.message import build
from monitor.delivery.report.reading import MailReading, read
from monitor.models import Alert, Email, EmailAlert
from monitor.models.raw import raw_instant, raw_uuid
from monitor.text.formatting import one_line
from monitor.timing.plans import quiet_until

logger = logging.getLogger(__name__)

#: Longer than one message may take, given the time-out of each of its commands.
LEASE = timedelta(minutes=10)
CHUNK = 50
#: The first wait after an attempt; it doubles up to the longest. All waits together are about two days.
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=6)
MOST_ATTEMPTS = 17
#: Faults met while writing a message: the program's, or a row's that it did not foresee.
_FAULTS = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError)

type Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class SendReport:
    """What became of the e-mails of one pass. `retried`: still pending, to be tried again later; `dropped`: no longer
    wanted; `held`: not tried, because their recipient's address refuses mail."""

    sent: int = 0
    retried: int = 0
    refused: int = 0
    failed: int = 0
    dropped: int = 0
    held: int = 0


def send_due(now: datetime | None = None, limit: int = 1000) -> SendReport:
    """One pass: write the e-mails of all new alerts and of what was held, then send up to `limit` that are due.

    `now` stops the clock at a moment. When the mail server cannot be reached the pass ends and the rest stays
    pending, without an attempt counted against it.
    """
    clock: Clock = timezone.now if now is None else lambda: now
    refusing.release(clock())
    write_emails(clock())
    became: Counter[Email.Status] = Counter()
    with MailLine() as line:
        while limit > 0:
            emails = claim(clock(), min(limit, CHUNK))
            of_claim = _Round(emails, line, clock)
            of_claim.send()
            became += of_claim.became
            limit -= len(emails)
            if not emails or line.is_down:
                break
    return SendReport(
        sent=became[Email.Status.SENT],
        retried=became[Email.Status.PENDING],
        refused=became[Email.Status.REFUSED],
        failed=became[Email.Status.FAILED],
        dropped=became[Email.Status.DROPPED],
        held=became[Email.Status.HELD],
    )


def claim(now: datetime, limit: int) -> list[Email]:
    """Lease up to `limit` due e-mails, the longest waiting first, and read them with their recipients."""
    lease = uuid.uuid4()
    table = connection.ops.quote_name(Email._meta.db_table)
    # Senders step around each other's rows on PostgreSQL; SQLite has one writer at a time anyway.
    skip = " FOR UPDATE SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""
    with connection.cursor() as cursor:
        cursor.execute(  # The table's name is the model's, all values are parameters.
            # Materialized: run again for each row, the inner query would take more than its limit.
            f"WITH due AS MATERIALIZED (SELECT id FROM {table} WHERE status = %s AND next_attempt_at <= %s"  # noqa: S608
            f" ORDER BY next_attempt_at, id LIMIT %s{skip})"
            f" UPDATE {table} SET lease = %s, next_attempt_at = %s WHERE id IN (SELECT id FROM due) RETURNING id",
            [Email.Status.PENDING.value, raw_instant(now), limit, raw_uuid(lease), raw_instant(now + LEASE)],
        )
        keys = [row[0] for row in cursor.fetchall()]
    if keys:
        ledger.take_over(keys)
    return list(Email.objects.filter(pk__in=keys, lease=lease).select_related("recipient").order_by("pk"))


def wait_after(attempts: int) -> timedelta:
    """How long to wait after so many attempts: 1, 2, 4 ... minutes, at most six hours."""
    return min(FIRST_WAIT * (1 << min(attempts - 1, 20)), LONGEST_WAIT)


class _Round:
    """The e-mails of one claim, sent one after the other.

    What became of one is written down in one transaction with the beginning of the next, where nothing stands between.
    """

    def __init__(self, emails: Sequence[Email], line: MailLine, clock: Clock) -> None:
        self._emails, self._line, self._clock = emails, line, clock
        self._reading = _read_together(emails)
        if self._reading and self._reading.grown:
            EmailAlert.objects.bulk_update(self._reading.grown, ["count"])
        self._leased_at = clock()
        self.became: Counter[Email.Status] = Counter()

    def send(self) -> None:
        attempt: int | None = None
        for number, email in enumerate(self._emails):
            rest = self._emails[number + 1 :]
            attempt = attempt or self._begin(email, rest)
            if attempt is not None:
                attempt = self._make(attempt, email, rest)
            if self._line.is_down:
                break

    def _begin(self, email: Email, rest: Sequence[Email]) -> int | None:
        """The key of an attempt at `email`, to be made at once; None where none is to be made."""
        if refusing.holds(email):
            self.became[_hold(email)] += 1
            return None
        if end := self._quiet_until(email):
            self.became[Email.Status.PENDING] += _release([email], end)
            return None
        try:
            self._line.open()
        except LineDownError as error:
            logger.warning("No e-mail can be sent: %s", error)
            self.became[Email.Status.PENDING] += _release([email, *rest], self._clock() + FIRST_WAIT)
            return None
        if self._is_slow():
            self._leased_at = self._clock()
            _renew([email, *rest], self._leased_at)
        return ledger.begin(email, self._clock())

    def _make(self, attempt: int, email: Email, rest: Sequence[Email]) -> int | None:
        """Make an attempt and settle it; returns the key of the next one, if that can be made at once."""
        message = _built(email, self._reading)
        answer = message if isinstance(message, Answer) else self._line.send(message)
        following = None
        with transaction.atomic():
            self.became[_settle(email, attempt, answer, self._clock())] += 1
            if answer.blames_address:
                _spare(email, rest)
            if rest and self._is_ready(rest[0]):
                following = ledger.begin(rest[0], self._clock())
        if self._line.is_down:
            logger.warning("The mail server stopped: %s", answer.text)
            self.became[Email.Status.PENDING] += _release(rest, self._clock())
        return following

    def _is_ready(self, email: Email) -> bool:
        """Whether nothing is to be done or waited for before an attempt at `email` begins."""
        is_free = self._line.is_open and not self._is_slow()
        return is_free and not refusing.holds(email) and not self._quiet_until(email)

    def _is_slow(self) -> bool:
        """Whether the leases have to be renewed, for them not to run out while others are sent."""
        return self._clock() - self._leased_at > LEASE / 2

    def _quiet_until(self, email: Email) -> datetime | None:
        alerts = self._reading.alerts[email.pk] if self._reading else Alert.objects.filter(emails=email)
        return quiet_until(email, alerts, self._clock())


def _read_together(emails: Sequence[Email]) -> MailReading | None:
    """What their messages are made of; None when one of them is to blame that it cannot be read: then each is alone."""
    try:
        return read(emails)
    except _FAULTS:
        logger.exception("What e-mails tell cannot be read for all of them together.")
        return None


def _built(email: Email, reading: MailReading | None) -> EmailMultiAlternatives | Answer:
    """The message of a row, or why there is none: such a row is set aside and the others go out."""
    if email.attempts >= MOST_ATTEMPTS:
        return Answer(Email.Status.FAILED, email.answer or gettext_noop("Every attempt was interrupted."))
    try:
        return build(email, reading)
    except NotWantedError as error:
        return Answer(Email.Status.DROPPED, str(error))
    except NoMessageError as error:
        return Answer(Email.Status.FAILED, str(error))
    except _FAULTS as error:
        # Not given up at once: the next release of the program may be able to write it.
        logger.exception("E-mail %s cannot be written.", email.pk)
        return Answer(Email.Status.PENDING, f"{type(error).__name__}: {error}")


def _settle(email: Email, attempt: int, answer: Answer, now: datetime) -> Email.Status:
    """Write, in a transaction, what became of an attempt and, unless somebody else holds it by now, of its e-mail.

    Returns what became of it in this attempt. What tells of alerts and is refused for its address's sake is held.
    """
    status, attempts = answer.status, email.attempts + 1
    if status is Email.Status.PENDING and attempts >= MOST_ATTEMPTS:
        status = Email.Status.FAILED
    text = one_line(answer.text, LONGEST_ANSWER)
    is_held = answer.blames_address and email.recipient is not None and email.kind in Email.OF_ALERTS
    kept = Email.Status.HELD if is_held else status
    changes: dict[str, Any] = {"status": kept, "attempts": attempts, "lease": None, "answer": text}
    if status is Email.Status.SENT:
        changes["sent_at"] = now
    if status is Email.Status.PENDING:
        changes["next_attempt_at"] = now + wait_after(attempts)
    ledger.end(attempt, replace(answer, text=text), status, now)
    is_ours = _mine(email).update(**changes)
    if answer.blames_address:
        refusing.refused(email, text, now)
    elif status is Email.Status.SENT:
        refusing.accepted(email)
    if not is_ours:
        logger.warning("E-mail %s was taken over by another sender while it was being sent.", email.pk)
    if status in (Email.Status.REFUSED, Email.Status.FAILED):
        logger.error("E-mail %s to %s is %s: %s", email.pk, email.address, status.value, answer.text)
    return status


def _hold(email: Email) -> Email.Status:
    """Without an attempt: the server has said what it thinks of the address."""
    refusal = email.recipient.refusal if email.recipient else ""
    _mine(email).update(status=Email.Status.HELD, lease=None, answer=refusal)
    return Email.Status.HELD


def _spare(refused: Email, others: Sequence[Email]) -> None:
    """Let the rest of a claim know what has just been said of somebody's address."""
    for email in others:
        if email.recipient is not None and email.recipient_id == refused.recipient_id:
            email.recipient.refused_address = refused.address
            email.recipient.refusal = refused.answer


def _mine(email: Email) -> QuerySet[Email]:
    return Email.objects.filter(pk=email.pk, lease=email.lease)


def _renew(emails: Sequence[Email], now: datetime) -> None:
    """A slow server must not let the leases run out of those that wait behind it."""
    _leased(emails).update(next_attempt_at=now + LEASE)


def _release(emails: Sequence[Email], due: datetime) -> int:
    """Give e-mails of one claim back that were not tried; they are due again at `due`. Returns how many there were."""
    _leased(emails).update(lease=None, next_attempt_at=due)
    return len(emails)


def _leased(emails: Sequence[Email]) -> QuerySet[Email]:
    """Those of one claim that are still its own."""
    return Email.objects.filter(pk__in=[email.pk for email in emails], lease__in={email.lease for email in emails})
