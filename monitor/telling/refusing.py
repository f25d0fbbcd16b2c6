"""Channels that are refused for good: pages tell their owners, and their messages of alerts are
held.

Letters to a refused address are still tried. The refusal of a mailbox ends when the server accepts
any letter to the address, when the user changes the address, or when an operator clears it; that of
another channel when a test message arrives. Then all unread alerts of the held messages, for a
program the read ones too, become one new message. Its ID is new, because the server may have
delivered one of the old ones after all."""

from contextlib import suppress
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext_noop

from monitor.judging.mail_times import wait_out
from monitor.models import Alert, Channel, Message, MessageAlert
from monitor.people import mail_limits, throttle
from monitor.people.timing.plans import lock_people, plan_of
from monitor.telling.channels import FOR_PROGRAMS
from monitor.telling.channels.parts import SendOutcome, SendVerdict

#: The answer of held messages that a new one replaces.
TOLD_LATER = gettext_noop("Its unread alerts came with a later message.")


def refuse(channel: Channel, verdict: SendVerdict, now: datetime) -> None:
    """Use a channel no longer, and mail its owner why, unless it is the mailbox."""
    with translation.override("en"):  # Pages and mails translate it.
        advice = str(verdict.advice)
    own = Channel.objects.filter(pk=channel.pk)
    own.update(answer=verdict.answer)
    if own.filter(refused_at=None).update(refused_at=now, advice=advice) and not channel.is_mail:
        context = {"channel": channel.name, "answer": verdict.answer, "advice": advice}
        with suppress(throttle.TooOftenError):
            mail_limits.post(
                Message.to(channel.owner, now, kind=Message.Kind.CHANNEL_REFUSED, context=context)
            )


def note_letter(letter: Message, verdict: SendVerdict, now: datetime) -> None:
    """Record what the answer to a letter means for the mailbox of its recipient, unless the address
    has changed."""
    mailbox = Channel.objects.mail().filter(owner=letter.recipient, owner__email=letter.address)
    if letter.recipient is None:
        return
    if verdict.outcome is SendOutcome.SENT:
        Channel.objects.filter(pk__in=mailbox.refusing().values("pk")).end_refusal()
    elif verdict.outcome is SendOutcome.REFUSED:
        for channel in mailbox.select_related("owner"):
            refuse(channel, verdict, now)


def release(now: datetime) -> None:
    """Write one message for each channel with held messages whose refusal is over."""
    held = Message.objects.filter(status=Message.Status.HELD, recipient__is_active=True)
    # A paused channel would drop the new message.
    held = held.filter(channel__refused_at=None, channel__is_paused=False)
    for channel in Channel.objects.filter(pk__in=held.values("channel")).order_by("owner", "pk"):
        _release(channel, now)


@transaction.atomic
def _release(channel: Channel, now: datetime) -> None:
    """Write the new message, due at once or after quiet hours. Locks the owner, as every writer of
    waiting messages."""
    [channel.owner] = lock_people([channel.owner_id])
    keys = list(_replaced(channel, now).select_for_update().values_list("pk", flat=True))
    moved = MessageAlert.objects.filter(message__in=keys)
    if channel.kind not in FOR_PROGRAMS:
        unread = Alert.objects.filter(messages__in=keys).unread_by(channel.owner)
        moved = moved.filter(alert__in=list(unread.values_list("pk", flat=True)))
    if moved.exists():
        message = Message.of_alerts(channel, now)
        message.next_attempt_at = wait_out(plan_of(channel.owner), now)
        message.save(force_insert=True)
        moved.update(message=message)
    Message.objects.filter(pk__in=keys).update(status=Message.Status.DROPPED, answer=TOLD_LATER)


def _replaced(channel: Channel, now: datetime) -> QuerySet[Message]:
    """Return what is held, and what has fired meanwhile and waited for the channel."""
    # Conditions of the row itself: PostgreSQL looks at them again after a wait for its lock.
    is_untried = Q(status=Message.Status.PENDING, lease__isnull=True, attempts=0)
    is_late = Q(kind=Message.Kind.ALERTS) | Q(kind=Message.Kind.DIGEST, until__lte=now)
    return channel.messages.filter(Q(status=Message.Status.HELD) | is_untried & is_late)
