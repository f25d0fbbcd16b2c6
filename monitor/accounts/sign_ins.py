"""Log-ins and log-outs in the audit log, by Django's signals: every way to log in sends them.

Failed log-ins are bounded, so that nobody can fill the table. The log never holds what was typed: neither the
password, nor an address that has no account.
"""

from datetime import timedelta
from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from monitor import audit
from monitor.accounts.visitors import Visitor
from monitor.budget import throttle
from monitor.models import AuditKind, User

#: Recorded failures at one account, and at all addresses without an account together.
AT_ONE_ACCOUNT = throttle.Limit("audit-failed", burst=30, every=timedelta(minutes=10))
AT_NO_ACCOUNT = throttle.Limit("audit-unknown", burst=100, every=timedelta(minutes=1))


@receiver(user_logged_in)
def note_login(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    network = Visitor.of(request).network
    audit.record(AuditKind.LOGIN, actor=user, person=user, network=network)


@receiver(user_logged_out)
def note_logout(sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        audit.record(AuditKind.LOGOUT, actor=user, person=user, network=Visitor.of(request).network)


@receiver(user_login_failed)
def note_failure(sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any) -> None:
    """Only attempts that reached the password's check come here: `monitor.accounts.attempts` refuses the others."""
    if request is None:
        return
    typed = str(credentials.get("username") or credentials.get("email") or "")
    user = User.objects.filter(email=User.objects.normalize_email(typed)).first()
    limit, subject = (AT_NO_ACCOUNT, "") if user is None else (AT_ONE_ACCOUNT, str(user.pk))
    if not throttle.take(limit, subject, timezone.now()):
        audit.record(AuditKind.LOGIN_FAILED, person=user, network=Visitor.of(request).network)
