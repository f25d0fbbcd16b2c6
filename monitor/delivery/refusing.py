"""Addresses that refuse mail for good: their people are told in the page, and their mails of alerts wait.

While the mail server refuses an address, nothing that tells of alerts is attempted there; each such e-mail is *held*
as it comes due, the refused one among them. Other mails (a lost password, a test that its owner asks for) are tried as
ever. The refusal ends when any message to the address is accepted, when its owner has another address, or when an
operator clears it. Then all that was held becomes one new e-mail, of the alerts that were not read meanwhile: with a
Message-ID of its own, because the server may have taken one of the old ones after all.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_noop

from monitor.mail_times import wait_out
from monitor.models import Alert, Email, EmailAlert, User
from monitor.timing.plans import lock_people, plan_of

#: What a held e-mail says when its time has come.
TOLD_LATER = gettext_noop("What was not read meanwhile is told in a later e-mail.")


def holds(email: Email) -> bool:
    """Whether an e-mail that is due has to wait for its recipient's address."""
    return email.recipient is not None and email.recipient.refuses_mail and email.kind in Email.OF_ALERTS


def refused(email: Email, answer: str, now: datetime) -> None:
    """The server refuses the address of `email` for good: mark it, unless its owner has another one by now."""
    if email.recipient is None:
        return
    whose = User.objects.filter(pk=email.recipient.pk, email=email.address)
    since = Coalesce(F("refused_at"), now)
    if whose.filter(refused_address=email.address).update(refused_at=since, refusal=answer):
        return
    whose.update(refused_address=email.address, refused_at=now, refusal=answer)


def accepted(email: Email) -> None:
    """The server took a message to the address of `email`: whatever it said before is over."""
    if email.recipient is not None and email.recipient.refused_address == email.address:
        clear(User.objects.filter(pk=email.recipient.pk, refused_address=email.address))


def clear(people: QuerySet[User]) -> int:
    """Their addresses count as good again; what was held goes out with the next pass. Returns how many there were."""
    return people.exclude(refused_address="").update(refused_address="", refused_at=None, refusal="")


def release(now: datetime) -> None:
    """Make one e-mail of all that was held for each person whose address is good again."""
    held = Email.objects.filter(status=Email.Status.HELD, recipient__is_active=True)
    waiting = held.exclude(recipient__in=User.objects.refusing_mail()).values_list("recipient", flat=True)
    for key in sorted(set(waiting)):
        _release(key, now)


@transaction.atomic
def _release(key: int, now: datetime) -> None:
    """Due at once, but for quiet hours. The person is locked, as by whoever else writes what waits for him."""
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
