"""The outbox of channels: one message of a channel at a time, many channels at once.

A claim takes channels, not messages: it moves a channel's next time of sending to the end of a lease. After an answer
that time is the platform's pause, and after a failure a longer wait, so a robot's limit is kept and a failing webhook
delays no other. What fires meanwhile joins the channel's next message.
"""

import logging
import time
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone, translation
from django.utils.translation import gettext, gettext_lazy, gettext_noop

from monitor.delivery import refusing
from monitor.delivery.attempts import begin_attempt, count_interrupted, end_attempt, leased, wait_after
from monitor.delivery.channels import SPECS
from monitor.delivery.channels.parts import ChannelTarget, Content, Post, SendOutcome, SendVerdict
from monitor.delivery.compose import write_messages
from monitor.delivery.errors import PROGRAM_ERRORS, NoMessageError, NotWantedError
from monitor.delivery.links import link
from monitor.delivery.mail_connection import LONGEST_ANSWER, Answer
from monitor.delivery.report.alerts import count_kinds, rows_of
from monitor.delivery.report.reading import MailReading, read, read_claimed
from monitor.delivery.report.subjects import subject, sums
from monitor.models import Alert, Attempt, Channel, Message, MessageAlert, User
from monitor.outgoing import Fault, NotAllowedError, Poster, UnreachableError, allowing
from monitor.sealing import SealError
from monitor.text.faults import FAULTS
from monitor.text.formatting import one_line
from monitor.timing.plans import quiet_until, zone_of

logger = logging.getLogger(__name__)

#: Longer than one call can take.
LEASE = timedelta(minutes=2)
THREADS = 32
#: The longest call, and that of a test message, for which a user waits.
CALL_SECONDS, TEST_SECONDS = 10.0, 5.0
#: A message is given up after this many attempts if it is also older than a day. A killed sender counts as an attempt
#: at each message that it was sending.
MOST_ATTEMPTS, SHORTEST_TRY = 10, timedelta(days=1)
#: How long a pass takes new messages: the next one comes soon.
PASS_SECONDS = 10
#: A channel whose attempts have all failed for this long, and at least this often, is not used until its owner has
#: tested it.
LONGEST_FAILURE, MOST_FAILURES = timedelta(days=3), 10
#: The longest time between two attempts: a message may be refused for what it says, and the next one not.
LONGEST_CHANNEL_PAUSE = timedelta(minutes=15)
_TOO_LONG = gettext_lazy("It has failed for days. Send a test message when it works again.")
_RENEW = gettext_lazy("Renew the server's certificate; it must be issued for its name by a public authority.")

type Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class _Call:
    """A message that is being sent."""

    message: Message
    channel: Channel
    attempt: Attempt


def send_due(now: datetime | None = None) -> Counter[str]:
    """One pass: write the messages of new and held alerts, then send due messages of channels for `PASS_SECONDS`.

    Returns how many have which status now. `now` stops the clock.
    """
    clock: Clock = timezone.now if now is None else lambda: now
    refusing.release(clock())
    write_messages(clock())
    counts: Counter[str] = Counter()
    running: dict[Future[SendVerdict], _Call] = {}
    ends_at = time.monotonic() + PASS_SECONDS
    with ThreadPoolExecutor(THREADS, thread_name_prefix="channel") as pool:
        try:
            while True:
                is_over = time.monotonic() > ends_at
                claimed = claim(clock(), 0 if is_over else THREADS - len(running))
                reading = read_claimed(claimed)
                for message in claimed:
                    prepared = _prepare(message, reading, clock())
                    if isinstance(prepared, Message.Status):
                        counts[prepared] += 1
                    else:
                        call, post = prepared
                        running[pool.submit(send, call.channel.kind, post)] = call
                if not claimed and not running:
                    return counts
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    counts += _recorded(running.pop(future), future, clock())
        finally:
            # An error ends the pass, but what was sent is recorded, so that it is not sent twice.
            for future, call in running.items():
                _recorded(call, future, clock())


def claim(now: datetime, limit: int) -> list[Message]:
    """Lease due channels, those that work first, and return the oldest due message of each."""
    if limit <= 0:
        return []
    waiting = Message.objects.due(now).filter(channel__isnull=False)
    oldest = waiting.filter(channel=OuterRef("pk")).values("pk")[:1]
    with transaction.atomic():
        due = Channel.objects.due(now).annotate(message=Subquery(oldest))
        # Without this a claim would look for messages of all channels that have none.
        due = due.filter(pk__in=waiting.order_by().values("channel")).order_by("failures", "next_send_at", "pk")
        keys = dict(
            due.select_for_update(skip_locked=True, no_key=True, of=("self",)).values_list("pk", "message")[:limit]
        )
        Channel.objects.filter(pk__in=keys).update(next_send_at=now + LEASE)
        Message.objects.filter(pk__in=keys.values()).update(lease=uuid.uuid4())
        if keys:
            count_interrupted(keys.values())
    return list(
        Message.objects.filter(pk__in=keys.values()).select_related("recipient", "channel__owner").order_by("pk")
    )


def try_out(kind: str, target: ChannelTarget, user: User, now: datetime) -> SendVerdict:
    """Send a test message, and return what the answer means."""
    with translation.override(user.language):
        title = gettext("Stallwatch: alerts arrive here.")
        content = Content(uuid.uuid4().hex, title, [], [], link("monitor:alerts"), now)
        return send(kind, SPECS[kind].write(target, content, now), TEST_SECONDS)


@transaction.atomic
def send_again(channel: Channel, key: int, now: datetime) -> bool:
    """Make a message that was given up due once more, with its old ID; False if it is not one that can be sent."""
    # `attempts` is not 0: new alerts may join only a message that was never sent.
    again = {"status": Message.Status.PENDING, "attempts": 1, "next_attempt_at": now, "answer": ""}
    given_up = channel.messages.filter(pk=key, status=Message.Status.FAILED)
    if not given_up.filter(channel__is_paused=False, channel__refused_at=None).update(**again):
        return False
    Channel.objects.filter(pk=channel.pk).use_now(now)
    return True


def send(kind: str, post: Post, seconds: float = CALL_SECONDS) -> SendVerdict:
    """Make the call, and judge the answer. Raises nothing that a server can cause."""
    try:
        reply = _caller(tuple(settings.OUTGOING_NETWORKS), seconds).post(post.url, post.body, post.headers)
    except NotAllowedError as error:
        return SendVerdict(SendOutcome.REFUSED, FAULTS[error.fault], advice=gettext_lazy("Use a public https address."))
    except UnreachableError as error:
        advice = _RENEW if error.fault is Fault.UNTRUSTED else ""
        return SendVerdict(SendOutcome.LATER, FAULTS[error.fault], advice=advice)
    except PROGRAM_ERRORS:
        logger.exception("A message cannot be sent to a channel of the kind %s.", kind)
        return SendVerdict(SendOutcome.LATER, gettext_noop("The message could not be sent because of an error here."))
    return SPECS[kind].judge(reply)


@cache
def _caller(networks: tuple[str, ...], seconds: float) -> Poster:
    """One for all calls: making it reads the certificates of all authorities."""
    return Poster(is_allowed=allowing(networks), seconds=seconds)


def _prepare(message: Message, reading: MailReading | None, now: datetime) -> tuple[_Call, Post] | Message.Status:
    """The call to make for a claimed message, or its status now if there is none to make."""
    channel = message.channel
    assert channel is not None
    if not channel.is_in_use:
        return _put_down(message, now, status=Message.Status.DROPPED, answer=gettext_noop("The channel is paused."))
    if _is_spent(message, message.attempts, now):
        return _put_down(message, now, status=Message.Status.FAILED)
    alerts = reading.alerts[message.pk] if reading else Alert.objects.filter(messages=message)
    if end := quiet_until(message, alerts, now):
        return _put_down(message, now, status=Message.Status.PENDING, next_attempt_at=end)
    try:
        if reading:
            _split(message, reading.alerts[message.pk], now)
        post = _post_of(message, channel, reading, now)
    except NotWantedError as error:
        return _put_down(message, now, status=Message.Status.DROPPED, answer=str(error))
    except NoMessageError as error:
        return _put_down(message, now, status=Message.Status.FAILED, answer=str(error))
    except SealError:
        _refuse(channel, "", gettext_noop("Its address cannot be read any more. Enter it again."), now)
        return _put_down(message, now, status=Message.Status.HELD, answer="")
    except PROGRAM_ERRORS:
        # Tried again: the next release of the program may be able to write it.
        logger.exception("Message %s cannot be written.", message.pk)
        attempts = message.attempts + 1
        due = now + wait_after(attempts)
        return _put_down(message, now, status=Message.Status.PENDING, attempts=attempts, next_attempt_at=due)
    attempt = begin_attempt(message, now)
    return Message.Status.PENDING if attempt is None else (_Call(message, channel, attempt), post)


def _post_of(message: Message, channel: Channel, reading: MailReading | None, now: datetime) -> Post:
    """Raises `NoMessageError` or `SealError`."""
    assert message.recipient is not None
    with translation.override(message.recipient.language):
        return SPECS[channel.kind].write(ChannelTarget(**channel.target), _content(message, reading), now)


def _content(message: Message, reading: MailReading | None) -> Content:
    rows = rows_of(message, zone_of(message.recipient), reading or read([message]))
    period = message.get_period_display() if message.period else ""
    return Content(
        message.uid, subject(rows, period), sums(*count_kinds(rows)), rows, link("monitor:alerts"), message.created_at
    )


@transaction.atomic
def _split(message: Message, alerts: list[Alert], now: datetime) -> None:
    """Leave only as many of its `alerts` in a message as it can hold; the rest are another message."""
    channel = message.channel
    assert channel is not None
    most = SPECS[channel.kind].most_alerts
    # What was sent once has to stay the same.
    if most is None or message.attempts or len(alerts) <= most:
        return
    assert message.recipient is not None
    rest = Message.to(message.recipient, now, channel=channel)
    rest.save(force_insert=True)
    MessageAlert.objects.filter(message=message, alert__in=[alert.pk for alert in alerts[most:]]).update(message=rest)
    del alerts[most:]


def _is_spent(message: Message, attempts: int, now: datetime) -> bool:
    return attempts >= MOST_ATTEMPTS and now - message.created_at > SHORTEST_TRY


def _put_down(message: Message, now: datetime, *, status: Message.Status, **changes: Any) -> Message.Status:
    """Record a message that is not sent now; the channel's next message is due."""
    leased([message]).update(status=status, lease=None, **changes)
    Channel.objects.filter(messages=message).update(next_send_at=now)
    return status


def _recorded(call: _Call, future: Future[SendVerdict], now: datetime) -> Counter[str]:
    """Wait for the answer to a call and record it. If that fails, the message is sent again after its lease."""
    try:
        return Counter([_settle(call, future.result(), now)])
    except (DatabaseError, *PROGRAM_ERRORS):
        logger.exception("The answer to message %s cannot be recorded.", call.message.pk)
        return Counter()


@transaction.atomic
def _settle(call: _Call, verdict: SendVerdict, now: datetime) -> Message.Status:
    """Record the answer to a call, and what it means for its message and for the channel."""
    message, answer, attempts = call.message, one_line(verdict.answer, LONGEST_ANSWER), call.message.attempts + 1
    # Its owner may have mended or removed it during the call.
    same = Channel.objects.select_for_update(no_key=True).filter(
        pk=call.channel.pk, confirmed_at=call.channel.confirmed_at
    )
    channel = same.first()
    failing_since = (channel.failing_since if channel else None) or now
    failures = channel.failures + 1 if channel else 1
    is_over = failures >= MOST_FAILURES and now - failing_since > LONGEST_FAILURE
    changes: dict[str, Any] = {"attempts": attempts, "lease": None, "answer": answer}
    of_channel: dict[str, Any] = {"answer": answer, "next_send_at": now}
    if verdict.outcome is SendOutcome.SENT:
        status = stored = Message.Status.SENT
        changes["sent_at"] = now
        of_channel |= {"failures": 0, "failing_since": None, "next_send_at": now + SPECS[call.channel.kind].gap}
    elif channel and (verdict.outcome is SendOutcome.REFUSED or is_over):
        status, stored = Message.Status.REFUSED, Message.Status.HELD
        of_channel |= {"failing_since": failing_since}
    else:
        status = stored = Message.Status.FAILED if _is_spent(message, attempts, now) else Message.Status.PENDING
        least = verdict.wait or timedelta(0)
        changes["next_attempt_at"] = now + max(wait_after(attempts), least)
        pause = max(min(wait_after(failures), LONGEST_CHANNEL_PAUSE), least)
        of_channel |= {"failures": failures, "failing_since": failing_since, "next_send_at": now + pause}
    end_attempt(call.attempt, Answer(status, answer, verdict.code), status, now)
    if leased([message]).update(status=stored, **changes) and channel:
        same.update(**of_channel)
        if stored is Message.Status.SENT and channel.failures:
            Message.objects.filter(channel=channel).retry(now)
        if stored is Message.Status.HELD:
            with translation.override("en"):
                advice = str(verdict.advice or (_TOO_LONG if is_over else ""))
                _refuse(channel, answer, advice, now, is_mailed=not verdict.is_by_owner)
    return stored


@transaction.atomic
def _refuse(channel: Channel, answer: str, advice: str, now: datetime, *, is_mailed: bool = True) -> None:
    """Use the channel no longer, and mail its owner why. `advice` is in English."""
    refused = Channel.objects.filter(pk=channel.pk, refused_at=None)
    if refused.update(refused_at=now, answer=answer, advice=advice) and is_mailed:
        context = {"channel": channel.name, "answer": answer, "advice": advice}
        Message.to(channel.owner, now, kind=Message.Kind.CHANNEL_REFUSED, context=context).save(force_insert=True)
