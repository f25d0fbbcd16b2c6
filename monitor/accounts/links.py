"""The secrets in the links of our mails. None is stored: each is made when its mail is sent, works once, and expires.

What a link was signed with changes when it has been used (the password, the address), and with it dies the link; that
of a change of address to be taken back dies by a mark on the change's row.
"""

from datetime import timedelta
from typing import Any

from django.contrib.auth.tokens import default_token_generator
from django.core import signing
from django.db.models import F
from django.utils.crypto import constant_time_compare, salted_hmac

from monitor.models import AddressChange, User

JOIN_LASTS = ADDRESS_LASTS = timedelta(days=1)
TAKE_BACK_LASTS = timedelta(days=7)
_JOIN, _ADDRESS, _TAKE_BACK = "monitor.accounts.join", "monitor.accounts.address", "monitor.accounts.take-back"


def reset_token(user: User) -> str:
    """For choosing a new password; dies with the old one, and by `PASSWORD_RESET_TIMEOUT`."""
    return f"{user.pk:x}-{default_token_generator.make_token(user)}"


def user_of_reset(token: str) -> User | None:
    """Who may choose a new password by this token."""
    key, _, secret = token.partition("-")
    try:
        user = User.objects.filter(pk=int(key, 16), is_active=True).first() if len(key) < 16 else None
    except ValueError:
        return None
    return user if default_token_generator.check_token(user, secret) else None


def join_token(email: str) -> str:
    """For making an account with an address that answers."""
    return signing.dumps(email, salt=_JOIN)


def email_of_join(token: str) -> str | None:
    """The address that the token confirms. Whether it has an account by now is for the caller to ask."""
    email = _loaded(token, _JOIN, JOIN_LASTS)
    return email if isinstance(email, str) else None


def address_token(user: User, email: str) -> str:
    """For making `email` the address of `user`; dies with another change of his address or password."""
    return signing.dumps([user.pk, email, _seal(user)], salt=_ADDRESS)


def change_of_address(token: str) -> tuple[User, str] | None:
    """Whose address the token makes which."""
    match _loaded(token, _ADDRESS, ADDRESS_LASTS):
        case [int(key), str(email), str(seal)]:
            user = User.objects.filter(pk=key, is_active=True).first()
            return (user, email) if user is not None and constant_time_compare(seal, _seal(user)) else None
    return None


def take_back_token(change: AddressChange) -> str:
    """For taking the old address back.

    The link still works after another change of the address or password, which a thief could make.
    """
    return signing.dumps(change.pk, salt=_TAKE_BACK)


def change_to_take_back(token: str) -> AddressChange | None:
    """The change that the token takes back, with its user. None when they log in with the old address again."""
    key = _loaded(token, _TAKE_BACK, TAKE_BACK_LASTS)
    if not isinstance(key, int):
        return None
    changes = AddressChange.objects.select_related("user").filter(undone_at=None, user__is_active=True)
    return changes.exclude(old=F("user__email")).filter(pk=key).first()


def _seal(user: User) -> str:
    return salted_hmac(_ADDRESS, f"{user.email}\n{user.password}", algorithm="sha256").hexdigest()[:32]


def _loaded(token: str, salt: str, lasts: timedelta) -> Any:
    try:
        return signing.loads(token, salt=salt, max_age=lasts)
    except (signing.BadSignature, ValueError):
        return None
