"""Addresses that the mail server refuses for good: pages tell the users, and their mails of alerts are held.

Other mails (a lost password, a test mail) are still tried. The refusal ends when the server accepts any message to the
address, when the user changes the address, or when an operator clears it. Then all unread alerts of the held e-mails
become one new e-mail. Its Message-ID is new, because the server may have delivered one of the old ones after all.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_noop

from monitor.mail_times import wait_out
from monitor.models import Alert, Email, EmailAlert, User
from monitor.timing.plans import lock_people, plan_of

#: The answer of held e-mails that a new one replaces.
TOLD_LATER = gettext_noop("Its unread alerts came with a later e-mail.")


def mark_refused(email: Email, answer: str, now: datetime) -> None:
    """The server refuses the address of `email` for good: mark it, unless the user has changed it meanwhile."""
    if email.recipient is None:
        return
    users = User.objects.filter(pk=email.recipient.pk, email=email.address)
    users.exclude(refused_address=email.address).update(refused_address=email.address, refused_at=now)
    users.update(refusal=answer)


def mark_accepted(email: Email) -> None:
    """The server accepted a message to the address of `email`: an earlier refusal is over."""
    if email.recipient is not None and email.recipient.refused_address == email.address:
        clear(User.objects.filter(pk=email.recipient.pk, refused_address=email.address))


def clear(people: QuerySet[User]) -> int:
    """End the refusals; held e-mails go out with the next pass. Returns the number of users."""
    return people.exclude(refused_address="").update(refused_address="", refused_at=None, refusal="")


def release(now: datetime) -> None:
    """Write one e-mail for each user with held e-mails whose refusal is over."""
    held = Email.objects.filter(status=Email.Status.HELD, recipient__is_active=True)
    waiting = held.exclude(recipient__in=User.objects.refusing_mail()).values_list("recipient", flat=True)
    for key in sorted(set(waiting)):
        _release(key, now)


@transaction.atomic
def _release(key: int, now: datetime) -> None:
    """The new e-mail is due at once, or after quiet hours. Locks the user, as every writer of waiting e-mails."""
    [user] = lock_people([key])
    held = Email.objects.filter(recipient=user, status=Email.Status.HELD).select_for_update()
    keys = [email.pk for email in held]
    unread = Alert.objects.filter(emails__in=keys).unread_by(user)
    moved = EmailAlert.objects.filter(email__in=keys, alert__in=list(unread.values_list("pk", flat=True)))
    if moved.exists():
        email = Email.to(user, now)
        email.next_attempt_at = wait_out(plan_of(user), now)
        email.save(force_insert=True)
        moved.update(email=email)
    Email.objects.filter(pk__in=keys).update(status=Email.Status.DROPPED, answer=TOLD_LATER)
