"""Notices to the operators, written to the outbox like any other message."""

from datetime import datetime

from monitor.models import Email, User


def tell_operators(code: str, reason: str, now: datetime) -> int:
    """Write one e-mail to each operator: polling has stopped, and why. Returns how many were written."""
    operators = User.objects.filter(is_staff=True, is_active=True)
    emails = [
        Email.to(operator, now, kind=Email.Kind.POLLING_STOPPED, context={"code": code, "reason": reason})
        for operator in operators
    ]
    return len(Email.objects.bulk_create(emails))
