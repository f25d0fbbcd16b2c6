"""Links that give users their account back after a log-in, a change of the address or a deletion
that was not theirs.

Each is in the mail that tells of it, and stands for that mail. It works until it was used or has
expired, even if a thief has changed the address or the password meanwhile."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.socialaccount.models import SocialAccount
from django.core import signing
from django.db import transaction
from django.db.models import QuerySet

from monitor.models import AuditKind, Message, User
from monitor.models.users import ACCOUNT_KEPT
from monitor.people import audit, mail_limits, second_factor
from monitor.people.api_tokens import end_all_tokens
from monitor.people.channels import pause_all
from monitor.people.links import read_token
from monitor.people.people import AddressTakenError, address_was_changed, set_address
from monitor.people.sessions import end_other_sessions

LOCK_LASTS = timedelta(days=7)
_SALT = "monitor.accounts.recover"
_LASTS = {
    Message.Kind.NEW_DEVICE: LOCK_LASTS,
    Message.Kind.ADDRESS_CHANGED: LOCK_LASTS,
    Message.Kind.ACCOUNT_DELETED: ACCOUNT_KEPT,
}
#: In the context of a mail whose link was used.
_USED = "is_used"


class RecoveryOverError(Exception):
    """The link was used already."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """What one link undoes: what `mail` tells of."""

    mail: Message
    user: User

    @property
    def is_of_address(self) -> bool:
        return self.mail.kind == Message.Kind.ADDRESS_CHANGED

    @property
    def is_of_deletion(self) -> bool:
        return self.mail.kind == Message.Kind.ACCOUNT_DELETED


def recovery_token(mail: Message) -> str:
    """Return the token of the link that undoes what the mail tells of."""
    return signing.dumps(mail.pk, salt=_SALT)


def find_recovery(token: str) -> Recovery | None:
    """Return what the token undoes; None if it is forged, late or used."""
    key = read_token(token, _SALT, ACCOUNT_KEPT)
    mail = Message.objects.filter(pk=key, kind__in=_LASTS).select_related("recipient").first()
    if mail is None or read_token(token, _SALT, _LASTS[Message.Kind(mail.kind)]) is None:
        return None
    return _find(mail)


def _find(mail: Message) -> Recovery | None:
    if mail.kind == Message.Kind.ACCOUNT_DELETED:
        deleted = User.objects.filter(is_active=False, deleted_at__lte=mail.created_at)
        user = deleted.filter(pk=mail.context["user"]).first()
        return Recovery(mail, user) if user else None
    user = mail.recipient
    if user is None or not user.is_active or mail.context.get(_USED):
        return None
    recovery = Recovery(mail, user)
    is_undone = recovery.is_of_address and mail.address == user.email
    return None if is_undone else recovery


@transaction.atomic
def lock_account(recovery: Recovery, now: datetime) -> User:
    """Lock an account that a stranger may have used, mail its owner a link to choose a new
    password, and return the user.

    Sessions and API tokens end, channels are paused, and the password stops working. What was set
    up since goes: second factors, which must not keep the owner out, other sites, which must not
    let a thief in, and other addresses. Raises `RecoveryOverError`, and `AddressTakenError` if
    another account has the address that a change of it replaced."""
    mail, since = recovery.mail, recovery.mail.created_at
    user = User.objects.select_for_update(no_key=True).get(pk=recovery.user.pk)
    if _find(Message.objects.get(pk=mail.pk)) is None:  # Used by another request, before the lock.
        raise RecoveryOverError
    if not recovery.is_of_address:
        audit.record(AuditKind.NOT_ME, actor=user, person=user)
    user.set_unusable_password()
    user.save(update_fields=["password"])
    second_factor.remove_since(user, since)
    SocialAccount.objects.filter(user=user, date_joined__gte=since).delete()
    end_other_sessions(user, None)
    end_all_tokens(user, now)
    pause_all(user)
    # Links of later mails stop working: a thief may have received them.
    later = user.received.filter(kind__in=_LASTS, pk__gte=mail.pk).order_by("pk")
    try:
        _take_address_back(user, later, now)
    except AddressTakenError:
        # After a log-in the account is locked nevertheless.
        if recovery.is_of_address:
            raise
    for used in later:
        used.context[_USED] = True
        used.save(update_fields=["context"])
    letter = Message.to(user, now, kind=Message.Kind.PASSWORD_RESET, context={"locked": True})
    mail_limits.post(letter, restores_access=True)
    return user


def _take_address_back(user: User, mails: QuerySet[Message], now: datetime) -> None:
    """Undo the changes of the address that these mails tell of."""
    changes = mails.filter(kind=Message.Kind.ADDRESS_CHANGED, context__is_undoable=True)
    # The mail about the first change went to the address that the user had before.
    if (first := changes.first()) is None:
        return
    current = user.email
    set_address(user, first.address)
    audit.record(AuditKind.ADDRESS_RESTORED, actor=user, person=user)
    address_was_changed(user, current, now)
