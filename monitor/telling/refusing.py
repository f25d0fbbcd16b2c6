"""Channels that are refused for good: pages tell their owners, and their messages of alerts are
held.

Letters to a refused address are still tried. The refusal of a mailbox ends when the server accepts
any letter to the address, when the user changes the address, or when an operator clears it; that of
another channel when a test message arrives. Then the held messages are sent, each with its old
ID."""

from contextlib import suppress
from datetime import datetime

from django.db.models import OuterRef, Subquery
from django.utils import translation

from monitor.models import Channel, Message, User
from monitor.people import mail_limits, throttle
from monitor.telling.channels.parts import SendOutcome, SendVerdict


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
    """Make the held messages due whose channel is refused no longer."""
    held = Message.objects.filter(status=Message.Status.HELD, recipient__is_active=True)
    # A paused channel would drop them.
    held = held.filter(channel__refused_at=None, channel__is_paused=False)
    # The user may have another address by now.
    addresses = User.objects.filter(pk=OuterRef("recipient")).values("email")
    held.alert_mails().update(address=Subquery(addresses))
    # `attempts` is not 0: new alerts may join only a message that was never sent.
    held.update(status=Message.Status.PENDING, attempts=1, next_attempt_at=now)
