"""The outbox: claim, send, settle. The rows are the truth, so a sender may die at any moment.

Messages of alerts are claimed by their channels, one at a time: a claim moves a channel's next time
of sending to the end of a lease. After an answer that time is the platform's pause, and after a
failure a longer wait, so a robot's limit is kept and a failing receiver delays no other. A
channel's oldest due message goes first. After some failures a message waits longer than its
channel, so that one that is refused for what it says does not stop the others. What fires meanwhile
joins the channel's next message. A letter has no channel: its own due time is leased.

Sending happens outside any transaction, one message to one recipient. A row is written before each
attempt and settled after it, if the lease still holds: a sender killed in between causes at most
one more copy, with the same ID."""

import logging
import time
import uuid
from collections import Counter, deque
from collections.abc import Callable, Collection
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy, gettext_noop

from monitor.models import Attempt, Channel, Message
from monitor.models.sealing import SealError
from monitor.people import throttle
from monitor.people.timing.times import quiet_until
from monitor.polling.shutdown import stopping
from monitor.telling import refusing
from monitor.telling.attempts import (
    FIRST_WAIT,
    begin_attempt,
    end_attempt,
    leased,
    mark_interrupted,
    wait_after,
)
from monitor.telling.carriers import Carrier, Mails, Posts
from monitor.telling.channels import POSTS
from monitor.telling.channels.mail import MailServerDownError
from monitor.telling.channels.parts import LONGEST_ANSWER, SendOutcome, SendVerdict
from monitor.telling.compose import write_messages
from monitor.telling.errors import PROGRAM_ERRORS, NoMessageError, NotWantedError
from monitor.text.formatting import one_line

logger = logging.getLogger(__name__)

#: Longer than a pass, and one message after it.
LEASE = timedelta(minutes=5)
#: A message is given up after this many attempts if it is also this old. A killed sender counts as
#: an attempt at each message that it was sending.
MOST_ATTEMPTS = 10
MAILS_TRIED_FOR, POSTS_TRIED_FOR = timedelta(days=2), timedelta(days=1)
#: How long a pass begins messages: the next one comes soon. And how long it waits for answers
#: before it takes more.
PASS_SECONDS, LOOK_SECONDS = 15, 1
#: A channel whose attempts have all failed for this long, and at least this often, is not used
#: until its owner has tested it.
LONGEST_FAILURE, MOST_FAILURES = timedelta(days=3), 10
#: The longest time between two attempts: a message may be refused for what it says, and the next
#: one not.
LONGEST_CHANNEL_PAUSE = timedelta(minutes=15)
#: Messages that one user has sent once more.
AGAIN = throttle.Limit("messages-again", burst=20, every=timedelta(minutes=3))
_TOO_LONG = gettext_lazy("It has failed for days. Send a test message when it works again.")
_STATUSES = {
    SendOutcome.SENT: Message.Status.SENT,
    SendOutcome.LATER: Message.Status.PENDING,
    SendOutcome.REFUSED: Message.Status.HELD,
    SendOutcome.REJECTED: Message.Status.REFUSED,
    SendOutcome.FAILED: Message.Status.FAILED,
    SendOutcome.DROPPED: Message.Status.DROPPED,
    SendOutcome.UNWRITTEN: Message.Status.PENDING,
}

type Clock = Callable[[], datetime]


def send_due(now: datetime | None = None, *carriers: type[Carrier]) -> Counter[str]:
    """Write the messages of new and held alerts, then send those that are due, by default by all
    carriers.

    Return how many have which status now. `now` stops the clock. If a carrier cannot work, the
    messages that it would take stay pending, without counting an attempt."""
    clock: Clock = timezone.now if now is None else lambda: now
    refusing.release(clock())
    write_messages(clock())
    counts: Counter[str] = Counter()
    for carrier in carriers or (Mails, Posts):
        with carrier() as opened:
            counts += _Pass(opened, clock).run()
    return counts


def claim(now: datetime, carrier: type[Carrier], limit: int) -> list[Message]:
    """Lease due messages, skipping those that another sender is claiming: letters, then the oldest
    of due channels."""
    if limit <= 0:
        return []
    lease = uuid.uuid4()
    with transaction.atomic():
        letters = _claim_letters(now, limit) if carrier.takes_letters else []
        of_channels = _claim_channels(now, carrier.kinds, limit - len(letters))
        keys = [*letters, *of_channels]
        Message.objects.filter(pk__in=keys).update(lease=lease)
        if keys:
            mark_interrupted(keys)
    claimed = Message.objects.filter(pk__in=keys, lease=lease).select_related(
        "recipient", "channel__owner"
    )
    return sorted(claimed, key=lambda message: keys.index(message.pk))


def _claim_letters(now: datetime, limit: int) -> list[int]:
    """Lease the oldest letters. Those that people wait for go before all others."""
    locked = (
        Message.objects.letters()
        .due(now)
        .select_for_update(skip_locked=True)
        .values_list("pk", flat=True)
    )
    keys = list(locked.filter(kind__in=Message.AWAITED)[:limit] or locked[:limit])
    Message.objects.filter(pk__in=keys).update(next_attempt_at=now + LEASE)
    return keys


def _claim_channels(now: datetime, kinds: Collection[str], limit: int) -> list[int]:
    """Lease due channels, those that work first, and return the oldest due message of each."""
    waiting = Message.objects.due(now).filter(channel__isnull=False)
    oldest = waiting.filter(channel=OuterRef("pk")).oldest_first().values("pk")[:1]
    due = Channel.objects.due(now).filter(kind__in=kinds).annotate(message=Subquery(oldest))
    # Without this a claim would look for messages of all channels that have none.
    due = due.filter(pk__in=waiting.order_by().values("channel")).order_by(
        "failures", "next_send_at", "pk"
    )
    locked = due.select_for_update(skip_locked=True, no_key=True, of=("self",))
    keys = dict(locked.values_list("pk", "message")[:limit])
    Channel.objects.filter(pk__in=keys).update(next_send_at=now + LEASE)
    return list(keys.values())


@transaction.atomic
def send_again(channel: Channel, key: int, now: datetime) -> bool:
    """Make a message that was sent or given up due once more, with its old ID; False if it cannot
    be sent.

    It waits for the channel's pause. Raises `TooOftenError`.
    """
    # `attempts` is not 0: new alerts may join only a message that was never sent.
    again = {"status": Message.Status.PENDING, "attempts": 1, "next_attempt_at": now, "answer": ""}
    if not channel.messages.repeatable(now).filter(pk=key).update(**again):
        return False
    if delay := throttle.take(AGAIN, str(channel.owner_id), now):
        raise throttle.TooOftenError(delay)
    channel.messages.retry(now)
    return True


class _Pass:
    """Sends what is due by one carrier."""

    def __init__(self, carrier: Carrier, clock: Clock) -> None:
        self._carrier, self._clock = carrier, clock
        self._claimed: deque[Message] = deque()
        self._running: dict[Future[SendVerdict], Attempt] = {}
        self._counts: Counter[str] = Counter()

    def run(self) -> Counter[str]:
        ends_at = time.monotonic() + PASS_SECONDS
        try:
            while True:
                if stopping.is_set() or time.monotonic() >= ends_at:
                    # The next pass begins with what people wait for.
                    self._give_back(self._clock())
                elif not self._claimed and not self._carrier.is_down:
                    limit = self._carrier.slots + self._carrier.ahead - len(self._running)
                    self._claimed.extend(claim(self._clock(), type(self._carrier), limit))
                if not self._claimed and not self._running:
                    return self._counts
                while self._claimed and len(self._running) < self._carrier.slots:
                    self._begin(self._claimed.popleft())
                if self._running:
                    # A slow receiver delays no message that becomes due meanwhile.
                    for future in wait(self._running, LOOK_SECONDS, FIRST_COMPLETED).done:
                        self._record(future)
        finally:
            # An error ends the pass, but what was sent is recorded, so that it is not sent twice.
            for future in list(self._running):
                self._record(future)

    def _begin(self, message: Message) -> None:
        """Send a message, or put it down with the status that it has now."""
        if changes := self._why_not(message):
            self._put_down(message, **changes)
            return
        try:
            self._carrier.open()
        except MailServerDownError as error:
            logger.warning("No e-mail can be sent: %s", error)
            self._claimed.append(message)
            self._give_back(self._clock() + FIRST_WAIT)
            return
        if attempt := begin_attempt(message, self._clock()):
            self._running[self._send(message)] = attempt

    def _why_not(self, message: Message) -> dict[str, Any]:
        """Return the changes of a message that is not to be sent now; empty if it is."""
        now = self._clock()
        if message.channel is not None and not message.channel.is_in_use:
            return {
                "status": Message.Status.DROPPED,
                "answer": gettext_noop("The channel is paused."),
            }
        if _is_spent(message, message.attempts, now):
            answer = message.answer or gettext_noop("Every attempt was interrupted.")
            return {"status": Message.Status.FAILED, "answer": answer}
        if end := quiet_until(message, now):
            return {"status": Message.Status.PENDING, "next_attempt_at": end}
        return {}

    def _send(self, message: Message) -> Future[SendVerdict]:
        """Return the coming answer, or a verdict that says why there is nothing to send; the other
        messages are still sent."""
        try:
            return self._carrier.send(message, self._clock())
        except NotWantedError as error:
            verdict = SendVerdict(SendOutcome.DROPPED, str(error))
        except NoMessageError as error:
            verdict = SendVerdict(SendOutcome.FAILED, str(error))
        except SealError:
            advice = gettext_lazy("Its address cannot be read any more. Enter it again.")
            verdict = SendVerdict(SendOutcome.REFUSED, "", advice=advice)
        except PROGRAM_ERRORS as error:
            # Tried again: the next release of the program may be able to write it.
            logger.exception("Message %s cannot be written.", message.pk)
            verdict = SendVerdict(SendOutcome.UNWRITTEN, f"{type(error).__name__}: {error}")
        future: Future[SendVerdict] = Future()
        future.set_result(verdict)
        return future

    def _put_down(self, message: Message, status: Message.Status, **changes: Any) -> None:
        """Record a message that is not sent now; the channel's next message is due."""
        status = _status_after(message, status)
        leased([message]).update(status=status, lease=None, **changes)
        Channel.objects.filter(messages=message).update(next_send_at=self._clock())
        self._counts[status] += 1

    def _give_back(self, due: datetime) -> None:
        """Give the claimed messages back that were not tried; they are due again at `due`."""
        ours = leased(self._claimed)
        Channel.objects.filter(messages__in=ours.values("pk")).update(next_send_at=due)
        ours.update(lease=None, next_attempt_at=due)
        self._counts[Message.Status.PENDING] += len(self._claimed)
        self._claimed.clear()

    def _record(self, future: Future[SendVerdict]) -> None:
        """Record an answer that has come, or wait for it. If that fails, the message is sent again
        after its lease."""
        attempt = self._running.pop(future)
        try:
            self._counts[_settle(attempt, future.result(), self._clock())] += 1
        except (DatabaseError, *PROGRAM_ERRORS):
            logger.exception("The answer to message %s cannot be recorded.", attempt.message_id)
        if self._carrier.is_down:
            self._give_back(self._clock())


def _is_spent(message: Message, attempts: int, now: datetime) -> bool:
    is_mail = message.channel is None or message.channel.is_mail
    tried_for = MAILS_TRIED_FOR if is_mail else POSTS_TRIED_FOR
    return attempts >= MOST_ATTEMPTS and now - message.created_at > tried_for


@transaction.atomic
def _settle(attempt: Attempt, verdict: SendVerdict, now: datetime) -> Message.Status:
    """Record the result of an attempt, and what it means for its message and the channel."""
    message, attempts = attempt.message, attempt.message.attempts + 1
    verdict = replace(verdict, answer=one_line(verdict.answer, LONGEST_ANSWER))
    channel = _channel_in_use(message)
    if channel is not None and _fails_too_long(channel, verdict, now):
        verdict = replace(verdict, outcome=SendOutcome.REFUSED, advice=verdict.advice or _TOO_LONG)
    status = _STATUSES[verdict.outcome]
    if status is Message.Status.HELD and message.channel is None:
        status = Message.Status.REFUSED
    if status is Message.Status.PENDING and _is_spent(message, attempts, now):
        status = Message.Status.FAILED
    changes: dict[str, Any] = {"lease": None, "answer": verdict.answer}
    if status is Message.Status.SENT:
        changes["sent_at"] = now
    if status is Message.Status.PENDING:
        changes["next_attempt_at"] = now + wait_after(attempts)
    end_attempt(attempt, verdict, status, now)
    changes["status"] = status = _status_after(message, status)
    if not leased([message]).update(**changes):
        logger.warning(
            "Message %s was taken over by another sender while it was being sent.", message.pk
        )
    elif channel is not None:
        _note(channel, verdict, now)
    elif message.channel is None:
        refusing.note_letter(message, verdict, now)
    if status in (Message.Status.HELD, Message.Status.REFUSED, Message.Status.FAILED):
        to = message.address or message.channel
        logger.error("Message %s to %s is %s: %s", message.pk, to, status.value, verdict.answer)
    return status


def _status_after(message: Message, status: Message.Status) -> Message.Status:
    """Return the status of a message after an attempt. One that has arrived stays so, though it is
    not sent again."""
    has_arrived = message.sent_at is not None and status is not Message.Status.PENDING
    return Message.Status.SENT if has_arrived else status


def _channel_in_use(message: Message) -> Channel | None:
    """Return the message's channel, locked; None for a letter, or if its owner has mended or
    removed it meanwhile."""
    if message.channel is None:
        return None
    same = Channel.objects.filter(pk=message.channel.pk, confirmed_at=message.channel.confirmed_at)
    return same.select_for_update(no_key=True).first()


def _fails_too_long(channel: Channel, verdict: SendVerdict, now: datetime) -> bool:
    # A mailbox is used however long it fails.
    if verdict.outcome is not SendOutcome.LATER or channel.is_mail:
        return False
    since = channel.failing_since or now
    return channel.failures + 1 >= MOST_FAILURES and now - since > LONGEST_FAILURE


def _pause(channel: Channel, verdict: SendVerdict) -> timedelta:
    """Return how long a channel that has failed once more gets nothing."""
    if channel.is_mail:  # The failure of a mail delays that mail alone.
        return timedelta(0)
    return max(
        min(wait_after(channel.failures + 1), LONGEST_CHANNEL_PAUSE), verdict.wait or timedelta(0)
    )


def _note(channel: Channel, verdict: SendVerdict, now: datetime) -> None:
    """Record on a channel how it has taken a message."""
    own = Channel.objects.filter(pk=channel.pk)
    if not verdict.outcome.is_about_channel:
        own.update(next_send_at=now)
    elif verdict.outcome is SendOutcome.SENT:
        next_send_at = now if channel.is_mail else now + POSTS[channel.kind].gap
        own.update(failures=0, failing_since=None, answer=verdict.answer, next_send_at=next_send_at)
        if channel.failures:
            channel.messages.retry(now)
    else:
        failing = {"failures": channel.failures + 1, "failing_since": channel.failing_since or now}
        own.update(**failing, answer=verdict.answer, next_send_at=now + _pause(channel, verdict))
        if verdict.outcome is SendOutcome.REFUSED:
            refusing.refuse(channel, verdict, now)
