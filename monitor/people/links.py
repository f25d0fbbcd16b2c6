"""The secrets in mails, links and codes. They are not stored: each is made when its mail is sent,
works once, and expires.

A used link no longer works, because its use changes what it was signed with (the password, the
address). `monitor.people.recovery` has the links that give an account back."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core import signing
from django.utils.crypto import constant_time_compare, salted_hmac

from monitor.models import User

JOIN_LASTS = ADDRESS_LASTS = timedelta(days=1)
LOGIN_CODE_LASTS = timedelta(seconds=settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT)
_JOIN, _ADDRESS = "monitor.accounts.join", "monitor.accounts.address"


def login_code(seed: str) -> str:
    """Return the code of a mail to log in: eight digits. Sessions and mails keep only the seed, a
    random text."""
    digest = salted_hmac("monitor.accounts.login-code", seed, algorithm="sha256").digest()
    return f"{int.from_bytes(digest[:8]) % 10**8:08}"


def reset_token(user: User) -> str:
    """Return the token to choose a new password; it ends with the old one, or by
    `PASSWORD_RESET_TIMEOUT`."""
    return f"{user.pk:x}-{default_token_generator.make_token(user)}"


def user_of_reset(token: str) -> User | None:
    key, _, secret = token.partition("-")
    try:
        user = (
            User.objects.filter(pk=int(key, 16), is_active=True).first() if len(key) < 16 else None
        )
    except ValueError:
        return None
    return user if default_token_generator.check_token(user, secret) else None


def join_token(email: str) -> str:
    """Return the token to create an account with a confirmed address."""
    return signing.dumps(email, salt=_JOIN)


def email_of_join(token: str) -> str | None:
    """Return the address that the token confirms. It may have an account by now."""
    email = read_token(token, _JOIN, JOIN_LASTS)
    return email if isinstance(email, str) else None


def address_token(user: User, email: str) -> str:
    """Return the token to make `email` the address of `user`.

    It ends with another change of their address or password.
    """
    return signing.dumps([user.pk, email, _seal(user)], salt=_ADDRESS)


def change_of_address(token: str) -> tuple[User, str] | None:
    """Return the user and their new address."""
    match read_token(token, _ADDRESS, ADDRESS_LASTS):
        case [int(key), str(email), str(seal)]:
            user = User.objects.filter(pk=key, is_active=True).first()
            return (
                (user, email)
                if user is not None and constant_time_compare(seal, _seal(user))
                else None
            )
    return None


def _seal(user: User) -> str:
    return salted_hmac(_ADDRESS, f"{user.email}\n{user.password}", algorithm="sha256").hexdigest()[
        :32
    ]


def read_token(token: str, salt: str, lasts: timedelta) -> Any:
    """Return what was signed; None if the token is forged or late."""
    try:
        return signing.loads(token, salt=salt, max_age=lasts)
    except (signing.BadSignature, ValueError):
        return None
