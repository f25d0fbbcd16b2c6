"""Links that give users their account back after a log-in, a change of the address or a deletion
that was not theirs.

Each is mailed when that happens. It works until it was used or has expired, even if a thief has
changed the address or the password meanwhile."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.core import signing
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from monitor.models import AddressChange, AuditEvent, AuditKind, Message, User
from monitor.models.users import ACCOUNT_KEPT
from monitor.people import audit, mail_limits, second_factor
from monitor.people.api_tokens import end_all_tokens
from monitor.people.channels import pause_all
from monitor.people.links import read_token
from monitor.people.people import AddressTakenError, address_was_changed, set_address
from monitor.people.sessions import end_other_sessions

LOCK_LASTS = timedelta(days=7)


class RecoveryKind(StrEnum):
    """What a link undoes. The values sign the links."""

    LOGIN = "monitor.accounts.disown"
    ADDRESS = "monitor.accounts.take-back"
    DELETION = "monitor.accounts.restore"


class RecoveryOverError(Exception):
    """The link was used already."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """What one link undoes. `row` is the log-in, the change of the address, or the deleted user."""

    kind: RecoveryKind
    row: Any
    user: User
    since: datetime


def recovery_token(row: AuditEvent | AddressChange | User) -> str:
    """Return the token of the link that undoes the log-in, the change of the address, or the user's
    deletion."""
    match row:
        case AuditEvent():
            return signing.dumps(row.pk, salt=RecoveryKind.LOGIN)
        case AddressChange():
            return signing.dumps(row.pk, salt=RecoveryKind.ADDRESS)
    return signing.dumps([row.pk, str(row.deleted_at)], salt=RecoveryKind.DELETION)


def find_recovery(token: str) -> Recovery | None:
    """Return what the token undoes; None if it is forged, late or used."""
    for kind in RecoveryKind:
        lasts = ACCOUNT_KEPT if kind is RecoveryKind.DELETION else LOCK_LASTS
        if (content := read_token(token, kind, lasts)) is not None:
            return _find(kind, content)
    return None


def _find(kind: RecoveryKind, content: Any) -> Recovery | None:
    match kind, content:
        case RecoveryKind.LOGIN, int(key):
            reported = AuditEvent.objects.filter(
                kind=AuditKind.NOT_ME, person=OuterRef("person"), pk__gt=OuterRef("pk")
            )
            logins = AuditEvent.objects.filter(
                ~Exists(reported), kind=AuditKind.LOGIN, person__is_active=True
            )
            login = logins.select_related("person").filter(pk=key).first()
            return Recovery(kind, login, login.person, login.at) if login and login.person else None
        case RecoveryKind.ADDRESS, int(key):
            changes = AddressChange.objects.filter(undone_at=None, user__is_active=True)
            change = (
                changes.exclude(old=F("user__email")).select_related("user").filter(pk=key).first()
            )
            return Recovery(kind, change, change.user, change.changed_at) if change else None
        case RecoveryKind.DELETION, [int(key), str(deleted_at)]:
            user = User.objects.filter(pk=key, is_active=False, deleted_at__isnull=False).first()
            is_same = user is not None and str(user.deleted_at) == deleted_at
            return (
                Recovery(kind, user, user, user.deleted_at)
                if user and user.deleted_at and is_same
                else None
            )
    return None


@transaction.atomic
def lock_account(recovery: Recovery, now: datetime) -> User:
    """Lock an account that a stranger may have used, mail its owner a link to choose a new
    password, and return the user.

    Sessions and API tokens end, channels are paused, and the password stops working. What was set
    up since goes: second factors, which must not keep the owner out, other sites, which must not
    let a thief in, and other addresses. Raises `RecoveryOverError`, and `AddressTakenError` if
    another account has the address that a change of it replaced."""
    since = recovery.since
    user = User.objects.select_for_update(no_key=True).get(pk=recovery.user.pk)
    if _find(recovery.kind, recovery.row.pk) is None:  # Used by another request, before the lock.
        raise RecoveryOverError
    if recovery.kind is RecoveryKind.LOGIN:
        audit.record(AuditKind.NOT_ME, actor=user, person=user)
    user.set_unusable_password()
    user.save(update_fields=["password"])
    second_factor.remove_since(user, since)
    SocialAccount.objects.filter(user=user, date_joined__gte=since).delete()
    end_other_sessions(user, None)
    end_all_tokens(user, now)
    pause_all(user)
    changes = user.address_changes.filter(undone_at=None)
    is_of_address = recovery.kind is RecoveryKind.ADDRESS
    undone = (
        changes.filter(pk__gte=recovery.row.pk)
        if is_of_address
        else changes.filter(changed_at__gte=since)
    )
    try:
        _take_address_back(user, undone, now)
    except AddressTakenError:
        # After a log-in the account is locked nevertheless.
        if is_of_address:
            raise
    letter = Message.to(user, now, kind=Message.Kind.PASSWORD_RESET, context={"locked": True})
    mail_limits.post(letter, restores_access=True)
    return user


@transaction.atomic
def _take_address_back(user: User, changes: QuerySet[AddressChange], now: datetime) -> None:
    """Undo the changes of the address. Their links stop working: a thief may have received them."""
    # The first change names the address that the user had before.
    if (first := changes.order_by("pk").first()) is None:
        return
    current = user.email
    set_address(user, first.old)
    changes.update(undone_at=now)
    audit.record(AuditKind.ADDRESS_RESTORED, actor=user, person=user)
    address_was_changed(user, current, now)
