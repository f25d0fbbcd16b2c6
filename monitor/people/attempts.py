"""Attempts to log in, throttled by network and account, so an attacker cannot lock the owner out.

Guesses use up the attempts of the attacker's network; those of many networks, the attempts of all
unknown browsers at the account. A browser in which the owner has logged in before has attempts of
its own, by its signed cookie; in another one a mailed code or a new password lets them in. Accounts
that do not exist are treated in the same way."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from monitor.models import User
from monitor.models.users import UserManager
from monitor.people import throttle
from monitor.people.visitors import Visitor

#: Attempts at one account from one network, or from one known browser.
AT_ONE_ACCOUNT = throttle.Limit("login", burst=10, every=timedelta(minutes=10))
#: Failed attempts from one network at all accounts: enough for an office, not for a list of
#: passwords.
FROM_ONE_NETWORK = throttle.Limit("login-network", burst=60, every=timedelta(minutes=1))
#: Passwords of one account from all unknown browsers.
BY_STRANGERS = throttle.Limit("login-strangers", burst=50, every=timedelta(minutes=10))
#: Codes of one second factor from one network, or from one known browser.
CODES = throttle.Limit("codes", burst=10, every=timedelta(minutes=10))
#: Codes of one second factor from all unknown browsers together: codes are short, and an attacker
#: may use many networks. This limit does not count known browsers and passkeys.
CODES_OF_STRANGERS = throttle.Limit("codes-of-strangers", burst=30, every=timedelta(minutes=10))
#: Attempts at one code that was mailed. Each mail has another code, and mails are limited:
#: `people.MAILS_TO_ONE`.
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
    #: None of them in a known browser.
    shared: Sequence[tuple[throttle.Limit, str]]
    wait: timedelta

    def succeeded(self) -> None:
        """Give the attempts back: the secret was right, so earlier failures were the owner's typing
        errors."""
        throttle.forget(*self.own)
        for taken in self.shared:
            throttle.give_back(*taken)


def begin(request: HttpRequest, email: str, now: datetime) -> Attempt:
    """Count an attempt before the password is checked."""
    visitor, email = Visitor.of(request), UserManager.normalize_email(email)
    shared = [(BY_STRANGERS, email), (FROM_ONE_NETWORK, visitor.network)]
    return _begin(request, email, AT_ONE_ACCOUNT, shared, now)


def begin_code(request: HttpRequest, user: User, now: datetime) -> Attempt:
    """Count an attempt before a code of the user's second factor is checked. Their password was
    right."""
    return _begin(request, user.email, CODES, [(CODES_OF_STRANGERS, str(user.pk))], now)


def _begin(
    request: HttpRequest,
    email: str,
    limit: throttle.Limit,
    shared: Sequence[tuple[throttle.Limit, str]],
    now: datetime,
) -> Attempt:
    device = known_device(request, email)
    own = (limit, f"{email}\n{device or Visitor.of(request).network}")
    limits = [own] if device else [own, *shared]
    return Attempt(own, limits[1:], throttle.take_all(limits, now))


def remember_device(request: HttpRequest, response: HttpResponse, email: str) -> None:
    """Mark this browser, in a cookie, as one in which the account's owner has logged in."""
    device = known_device(request, email) or secrets.token_urlsafe(12)
    response.set_cookie(
        COOKIE,
        signing.dumps([_digest(email), device], salt=_SALT),
        max_age=COOKIE_LASTS,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )


def known_device(request: HttpRequest, email: str) -> str:
    """Return the random name of a browser in which the owner of this account has logged in before,
    or ''."""
    try:
        digest, device = signing.loads(
            request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=COOKIE_LASTS
        )
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    return str(device) if digest == _digest(email) else ""


def _digest(email: str) -> str:
    return salted_hmac(_SALT, UserManager.normalize_email(email), algorithm="sha256").hexdigest()
