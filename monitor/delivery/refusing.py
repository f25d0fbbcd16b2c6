"""Addresses and channels that are refused for good: pages tell the users, and their messages of alerts are held.

Other mails (a lost password, a test mail) are still tried. The refusal ends when the server accepts any message to the
address, when the user changes the address, or when an operator clears it; that of a channel when a test message
arrives. Then all unread alerts of the held messages become one new message. Its ID is new, because the server may have
delivered one of the old ones after all.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_noop

from monitor.mail_times import wait_out
from monitor.models import Alert, Channel, Message, MessageAlert, User
from monitor.timing.plans import lock_people, plan_of

#: The answer of held messages that a new one replaces.
TOLD_LATER = gettext_noop("Its unread alerts came with a later message.")


def mark_refused(email: Message, answer: str, now: datetime) -> None:
    """The server refuses the address of `email` for good: mark it, unless the user has changed it meanwhile."""
    if email.recipient is None:
        return
    users = User.objects.filter(pk=email.recipient.pk, email=email.address)
    users.exclude(refused_address=email.address).update(refused_address=email.address, refused_at=now)
    users.update(refusal=answer)


def mark_accepted(email: Message) -> None:
    """The server accepted a message to the address of `email`: an earlier refusal is over."""
    if email.recipient is not None and email.recipient.refused_address == email.address:
        clear(User.objects.filter(pk=email.recipient.pk, refused_address=email.address))


def clear(people: QuerySet[User]) -> int:
    """End the refusals; held e-mails go out with the next pass. Returns the number of users."""
    return people.exclude(refused_address="").update(refused_address="", refused_at=None, refusal="")


def release(now: datetime) -> None:
    """Write one message for each user or channel with held messages whose refusal is over."""
    held = Message.objects.filter(status=Message.Status.HELD, recipient__is_active=True)
    refused = Q(channel=None, recipient__in=User.objects.refusing_mail()) | Q(channel__refused_at__isnull=False)
    # A paused channel would drop the new message.
    held = held.exclude(refused | Q(channel__is_paused=True))
    waiting = held.values_list("recipient", "channel").distinct().order_by("recipient", "channel")
    for user, channel in list(waiting):
        _release(user, channel, now)


@transaction.atomic
def _release(user_key: int, channel_key: int | None, now: datetime) -> None:
    """The new message is due at once, or after quiet hours. Locks the user, as every writer of waiting messages."""
    [user] = lock_people([user_key])
    own = Message.objects.filter(recipient=user, channel=channel_key)
    held = own.filter(status=Message.Status.HELD)
    if channel_key is not None:
        # What has fired meanwhile waited for the channel, and comes with it.
        # Conditions of the row itself: PostgreSQL looks at them again after a wait for its lock.
        held |= own.filter(status=Message.Status.PENDING, kind=Message.Kind.ALERTS, lease__isnull=True, attempts=0)
    held = held.select_for_update()
    keys = [message.pk for message in held]
    unread = Alert.objects.filter(messages__in=keys).unread_by(user)
    moved = MessageAlert.objects.filter(message__in=keys, alert__in=list(unread.values_list("pk", flat=True)))
    if moved.exists():
        message = Message.to(user, now, channel=Channel.objects.filter(pk__in=[channel_key]).first())
        message.next_attempt_at = wait_out(plan_of(user), now)
        message.save(force_insert=True)
        moved.update(message=message)
    Message.objects.filter(pk__in=keys).update(status=Message.Status.DROPPED, answer=TOLD_LATER)
