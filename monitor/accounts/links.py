"""The secrets in mails, links and codes. They are not stored: each is made when its mail is sent,
works once, and expires.

A used link no longer works, because its use changes what it was signed with (the password, the address). The link that
undoes a change of address is ended by a mark in the change's row.
"""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core import signing
from django.db.models import Exists, F, OuterRef
from django.utils.crypto import constant_time_compare, salted_hmac

from monitor.models import AddressChange, AuditEvent, AuditKind, User
from monitor.models.users import ACCOUNT_KEPT

JOIN_LASTS = ADDRESS_LASTS = timedelta(days=1)
RESTORE_MAIL_LASTS = timedelta(hours=1)
TAKE_BACK_LASTS = DISOWN_LASTS = timedelta(days=7)
LOGIN_CODE_LASTS = timedelta(seconds=settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT)
_JOIN, _ADDRESS, _TAKE_BACK = "monitor.accounts.join", "monitor.accounts.address", "monitor.accounts.take-back"
_RESTORE, _DISOWN = "monitor.accounts.restore", "monitor.accounts.disown"
_RESTORE_MAIL = "monitor.accounts.restore-mail"


def login_code(seed: str) -> str:
    """The code of a mail to log in: eight digits. Sessions and mails keep only the seed, a random text."""
    digest = salted_hmac("monitor.accounts.login-code", seed, algorithm="sha256").digest()
    return f"{int.from_bytes(digest[:8]) % 10**8:08}"


def reset_token(user: User) -> str:
    """To choose a new password; ends with the old one, or by `PASSWORD_RESET_TIMEOUT`."""
    return f"{user.pk:x}-{default_token_generator.make_token(user)}"


def user_of_reset(token: str) -> User | None:
    key, _, secret = token.partition("-")
    try:
        user = User.objects.filter(pk=int(key, 16), is_active=True).first() if len(key) < 16 else None
    except ValueError:
        return None
    return user if default_token_generator.check_token(user, secret) else None


def join_token(email: str) -> str:
    """To create an account with a confirmed address."""
    return signing.dumps(email, salt=_JOIN)


def email_of_join(token: str) -> str | None:
    """The address that the token confirms. It may have an account by now."""
    email = _loaded(token, _JOIN, JOIN_LASTS)
    return email if isinstance(email, str) else None


def address_token(user: User, email: str) -> str:
    """To make `email` the address of `user`; ends with another change of their address or password."""
    return signing.dumps([user.pk, email, _seal(user)], salt=_ADDRESS)


def change_of_address(token: str) -> tuple[User, str] | None:
    """The user and their new address."""
    match _loaded(token, _ADDRESS, ADDRESS_LASTS):
        case [int(key), str(email), str(seal)]:
            user = User.objects.filter(pk=key, is_active=True).first()
            return (user, email) if user is not None and constant_time_compare(seal, _seal(user)) else None
    return None


def take_back_token(change: AddressChange) -> str:
    """To undo a change of address. It works even after another change of the address or password by a thief."""
    return signing.dumps(change.pk, salt=_TAKE_BACK)


def change_to_take_back(token: str) -> AddressChange | None:
    """The change to undo, with its user. None if the user has the old address again."""
    key = _loaded(token, _TAKE_BACK, TAKE_BACK_LASTS)
    if not isinstance(key, int):
        return None
    changes = AddressChange.objects.select_related("user").filter(undone_at=None, user__is_active=True)
    return changes.exclude(old=F("user__email")).filter(pk=key).first()


def disown_token(login: AuditEvent) -> str:
    """To disown a log-in. It works even after a change of the address or password by a thief."""
    return signing.dumps(login.pk, salt=_DISOWN)


def login_to_disown(token: str) -> AuditEvent | None:
    """The log-in, with its user. None if it, or a later one, was disowned already."""
    key = _loaded(token, _DISOWN, DISOWN_LASTS)
    if not isinstance(key, int):
        return None
    disowned = AuditEvent.objects.filter(kind=AuditKind.NOT_ME, person=OuterRef("person"), pk__gt=OuterRef("pk"))
    logins = AuditEvent.objects.filter(~Exists(disowned), kind=AuditKind.LOGIN, person__is_active=True)
    return logins.select_related("person").filter(pk=key).first()


def restore_token(user: User) -> str:
    """To restore a deleted account; ends when that is done."""
    return signing.dumps([user.pk, str(user.deleted_at)], salt=_RESTORE)


def account_to_restore(token: str) -> User | None:
    return _deleted(_loaded(token, _RESTORE, ACCOUNT_KEPT))


def _deleted(content: Any) -> User | None:
    match content:
        case [int(key), str(deleted_at)]:
            user = User.objects.filter(pk=key, is_active=False, deleted_at__isnull=False).first()
            return user if user is not None and str(user.deleted_at) == deleted_at else None
    return None


def restore_mail_token(user: User) -> str:
    """To mail the link to restore the account again: the user of the login page has proved that it is theirs."""
    return signing.dumps([user.pk, str(user.deleted_at)], salt=_RESTORE_MAIL)


def account_to_mail(token: str) -> User | None:
    """The deleted account, to whose address the link may be mailed."""
    return _deleted(_loaded(token, _RESTORE_MAIL, RESTORE_MAIL_LASTS))


def _seal(user: User) -> str:
    return salted_hmac(_ADDRESS, f"{user.email}\n{user.password}", algorithm="sha256").hexdigest()[:32]


def _loaded(token: str, salt: str, lasts: timedelta) -> Any:
    try:
        return signing.loads(token, salt=salt, max_age=lasts)
    except (signing.BadSignature, ValueError):
        return None
