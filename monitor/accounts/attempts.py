"""Attempts to log in, throttled by network and account together, so an attacker cannot lock the owner out.

Guesses use up the attempts of the attacker's network. The owner can still log in from another network, or from a
browser in which they have logged in before: its signed cookie has attempts of its own. Accounts that do not exist are
treated in the same way.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from monitor.accounts.visitors import Visitor
from monitor.budget import throttle
from monitor.models import User
from monitor.models.users import UserManager

#: Attempts at one account from one network, or from one known browser.
AT_ONE_ACCOUNT = throttle.Limit("login", burst=10, every=timedelta(minutes=10))
#: Failed attempts from one network at all accounts: enough for an office, not for a list of passwords.
FROM_ONE_NETWORK = throttle.Limit("login-network", burst=60, every=timedelta(minutes=1))
#: Codes of one second factor from one network, or from one known browser.
CODES = throttle.Limit("codes", burst=10, every=timedelta(minutes=10))
#: Codes of one second factor from all unknown browsers: codes are short, so many networks may not guess together. The
#: owner's own browsers and passkeys are not held up.
CODES_OF_STRANGERS = throttle.Limit("codes-of-strangers", burst=30, every=timedelta(minutes=10))
#: Attempts at one code that was mailed. Each mail has another code, and mails are limited: `people.MAILS_TO_ONE`.
AT_LOGIN_CODE = throttle.Limit("login-code", burst=5, every=timedelta(hours=1))
#: Attempts at the password of a user who is logged in.
AT_OWN_PASSWORD = throttle.Limit("own-password", burst=10, every=timedelta(minutes=10))
COOKIE = "device"
COOKIE_LASTS = timedelta(days=400)
_SALT = "monitor.accounts.device"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt: the secret may be checked if `wait` is zero."""

    own: tuple[throttle.Limit, str]
    #: None in a known browser.
    shared: tuple[throttle.Limit, str] | None
    wait: timedelta

    def succeeded(self) -> None:
        """The secret was right: earlier failures were the owner's typing errors."""
        throttle.forget(*self.own)
        if self.shared:
            throttle.give_back(*self.shared)


def begin(request: HttpRequest, email: str, now: datetime) -> Attempt:
    """Count an attempt before the password is checked."""
    network = Visitor.of(request).network
    return _begin(request, email, AT_ONE_ACCOUNT, (FROM_ONE_NETWORK, network), now)


def begin_code(request: HttpRequest, user: User, now: datetime) -> Attempt:
    """Count an attempt before a code of the user's second factor is checked. Their password was right."""
    return _begin(request, user.email, CODES, (CODES_OF_STRANGERS, str(user.pk)), now)


def _begin(
    request: HttpRequest, email: str, limit: throttle.Limit, shared: tuple[throttle.Limit, str], now: datetime
) -> Attempt:
    email = UserManager.normalize_email(email)
    if device := _known_device(request, email):
        own = (limit, f"{email}\n{device}")
        return Attempt(own, None, throttle.take(*own, now))
    own = (limit, f"{email}\n{Visitor.of(request).network}")
    wait = throttle.take(*shared, now)
    if not wait and (wait := throttle.take(*own, now)):
        throttle.give_back(*shared)
    return Attempt(own, shared, wait)


def remember_device(request: HttpRequest, response: HttpResponse, email: str) -> None:
    """Mark this browser, in a cookie, as one in which the account's owner has logged in."""
    device = _known_device(request, email) or secrets.token_urlsafe(12)
    response.set_cookie(
        COOKIE,
        signing.dumps([_digest(email), device], salt=_SALT),
        max_age=COOKIE_LASTS,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )


def is_known_device(request: HttpRequest, email: str) -> bool:
    """Whether the owner of this account has logged in with this browser before."""
    return bool(_known_device(request, email))


def _known_device(request: HttpRequest, email: str) -> str:
    """The random name of a browser in which the owner of this account has logged in before, or ''."""
    try:
        digest, device = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=COOKIE_LASTS)
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    return str(device) if digest == _digest(email) else ""


def _digest(email: str) -> str:
    return salted_hmac(_SALT, UserManager.normalize_email(email), algorithm="sha256").hexdigest()
