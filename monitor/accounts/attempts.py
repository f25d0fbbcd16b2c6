"""Attempts to log in: throttled by address and account together, so that nobody is locked out by somebody else.

Whoever guesses at an account from his own network uses up what that network may try there; its owner logs in from
any other network, and from a browser in which he has logged in before even from the same one: such a browser carries
a signed cookie and has an allowance of its own. Whether the account exists makes no difference anywhere.
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
from monitor.models.users import UserManager

#: Attempts at one account from one network, or from one browser that is known there.
AT_ONE_ACCOUNT = throttle.Limit("login", burst=10, every=timedelta(minutes=10))
#: Failures from one network, whatever the account: an office of many is let through, a list of passwords is not.
FROM_ONE_NETWORK = throttle.Limit("login-network", burst=60, every=timedelta(minutes=1))
#: Guesses at the password of an account whose page lies open.
AT_OWN_PASSWORD = throttle.Limit("own-password", burst=10, every=timedelta(minutes=10))
COOKIE = "device"
COOKIE_LASTS = timedelta(days=400)
_SALT = "monitor.accounts.device"


@dataclass(frozen=True, slots=True)
class SignInAttempt:
    """One attempt: `wait` is zero when the password may be looked at."""

    at_account: str
    network: str
    wait: timedelta

    def succeeded(self) -> None:
        """The right password: what went before was its owner's typing."""
        throttle.forget(AT_ONE_ACCOUNT, self.at_account)
        if self.network:
            throttle.give_back(FROM_ONE_NETWORK, self.network)


def begin(request: HttpRequest, email: str, now: datetime) -> SignInAttempt:
    """Count an attempt at an account before the password is looked at."""
    visitor = Visitor.of(request)
    email = UserManager.normalize_email(email)
    if device := _known_device(request, email):
        at_account = f"{email}\n{device}"
        return SignInAttempt(at_account, "", throttle.take(AT_ONE_ACCOUNT, at_account, now))
    at_account = f"{email}\n{visitor.network}"
    wait = throttle.take(FROM_ONE_NETWORK, visitor.network, now)
    if not wait and (wait := throttle.take(AT_ONE_ACCOUNT, at_account, now)):
        throttle.give_back(FROM_ONE_NETWORK, visitor.network)
    return SignInAttempt(at_account, visitor.network, wait)


def remember_device(request: HttpRequest, response: HttpResponse, email: str) -> None:
    """Let this browser be known as one in which the account's owner has logged in."""
    device = _known_device(request, email) or secrets.token_urlsafe(12)
    response.set_cookie(
        COOKIE,
        signing.dumps([_digest(email), device], salt=_SALT),
        max_age=COOKIE_LASTS,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )


def _known_device(request: HttpRequest, email: str) -> str:
    """The name of a browser in which somebody has logged in to this account before, or ''."""
    try:
        digest, device = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=COOKIE_LASTS)
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    return str(device) if digest == _digest(email) else ""


def _digest(email: str) -> str:
    return salted_hmac(_SALT, UserManager.normalize_email(email), algorithm="sha256").hexdigest()
