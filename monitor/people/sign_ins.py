"""Log-ins and log-outs in the audit log, by Django's signals: every way to log in sends them.

Failed log-ins are bounded, so that no attacker can fill the table. The log never holds what was
typed: neither the password, nor an address that has no account."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

from allauth.account.authentication import get_authentication_records
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from monitor.models import AuditKind, Message, User
from monitor.people import audit, mail_limits, throttle
from monitor.people.attempts import known_device
from monitor.people.visitors import Visitor

#: Recorded failures at one account, and at all addresses without an account together.
AT_ONE_ACCOUNT = throttle.Limit("audit-failed", burst=30, every=timedelta(minutes=10))
AT_NO_ACCOUNT = throttle.Limit("audit-unknown", burst=100, every=timedelta(minutes=1))
#: Views that log in who has opened a link in a mail.
BY_MAIL = frozenset({"monitor:reset", "monitor:register"})


@receiver(user_logged_in)
def note_login(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    visitor = Visitor.of(request)
    with transaction.atomic():
        audit.record(AuditKind.LOGIN, actor=user, person=user, what=ways_in(request, user))
        if _is_news(request, user):
            context = {"network": visitor.network, "browser": visitor.user_agent}
            with suppress(throttle.TooOftenError):
                mail_limits.post(
                    Message.to(user, timezone.now(), kind=Message.Kind.NEW_DEVICE, context=context)
                )


def ways_in(request: HttpRequest, user: User) -> list[str]:
    """Return how the user has logged in, as codes of `audit.WORDS`: the first step, then the second
    one."""
    ways: list[str] = []
    for record in get_authentication_records(request, user):
        is_second_step = record["method"] == "mfa" and not record.get("passwordless")
        ways = [*(ways if is_second_step else []), record.get("type") or record["method"]]
    return ways


def _is_news(request: HttpRequest, user: User) -> bool:
    """Return whether the user should know of this log-in: it is from a browser without the cookie
    of earlier ones.

    Not of their first one, for which this is called before Django notes it; nor of one by the link
    in a mail."""
    view = request.resolver_match and request.resolver_match.view_name
    is_first = user.last_login is None
    return (
        bool(view)
        and view not in BY_MAIL
        and not is_first
        and not known_device(request, user.email)
    )


@receiver(user_logged_out)
def note_logout(sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        audit.record(AuditKind.LOGOUT, actor=user, person=user)


@receiver(user_login_failed)
def note_failure(
    sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
) -> None:
    """Record a wrong password. Attempts that `monitor.people.attempts` has refused do not come
    here."""
    if request is None:
        return
    typed = str(credentials.get("username") or credentials.get("email") or "")
    user = User.objects.filter(email=User.objects.normalize_email(typed)).first()
    failed(user, "wrong_password")


def failed(user: User | None, what: str) -> None:
    """Record a wrong password, code or passkey, at a log-in or later. None: there is no such
    account."""
    limit, subject = (AT_NO_ACCOUNT, "") if user is None else (AT_ONE_ACCOUNT, str(user.pk))
    if not throttle.take(limit, subject, timezone.now()):
        audit.record(AuditKind.LOGIN_FAILED, person=user, what=what)
