"""Mails as a browser shows them: one of each sort, made from whatever there is, and not a row of them stays."""

import base64
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from monitor.delivery.message import Mail
    from monitor.models import Email, User, Watchlist

DAY = timedelta(days=1)
#: So many that some are told in full and others by a line.
ALERTS = 14


def sample_mails(watchlist: "Watchlist", now: datetime) -> dict[str, str]:
    """HTML by the name of its picture, in the language of the list's owner."""
    from django.db import transaction

    from monitor.delivery.message import build

    with transaction.atomic():
        html = {name: _shown(build(make(watchlist, now))) for name, make in _SORTS.items()}
        transaction.set_rollback(True)
    return html


def _invitation(watchlist: "Watchlist", now: datetime) -> "Email":
    from monitor.watchlists.invitations import invite

    invitation = invite(watchlist.owner, "friend@example.com", now, watchlist)
    assert invitation.mail is not None
    invitation.mail.context["language"] = watchlist.owner.language
    return invitation.mail


def _span(period: str, since: datetime, until: datetime) -> dict[str, str]:
    return {"period": period, "since": since.isoformat(), "until": until.isoformat()}


def _email(owner: "User", now: datetime, kind: str, **fields: Any) -> "Email":
    from monitor.models import Email

    email = Email.to(owner, now, kind=kind, **fields)
    email.save()
    return email


def _told(owner: "User", now: datetime, kind: str, **fields: Any) -> "Email":
    """With the newest alerts of each field, as if nobody had been told of any."""
    from monitor.models import Alert, EmailAlert

    email = _email(owner, now, kind, **fields)
    EmailAlert.objects.filter(recipient=owner).delete()
    alerts = Alert.objects.for_user(owner).newest_first()
    of_other_fields = alerts.exclude(field="price")[: ALERTS // 2]
    some = {alert.pk for alert in (*of_other_fields, *alerts.filter(field="price")[: ALERTS // 2])}
    EmailAlert.objects.bulk_create(EmailAlert(email=email, alert_id=pk, recipient=owner) for pk in some)
    return email


def _shown(mail: "Mail") -> str:
    """As a mail program shows it: with the pictures that came along."""
    html = mail.html
    for name, png in mail.pictures.items():
        html = html.replace(f"cid:{name}", f"data:image/png;base64,{base64.b64encode(png).decode()}")
    return html


_STOPPED = {"code": "4016", "reason": "余额不足"}
_SORTS: dict[str, Callable[["Watchlist", datetime], "Email"]] = {
    "mail-alerts": lambda of, now: _told(of.owner, now, "alerts"),
    "mail-digest": lambda of, now: _told(of.owner, now, "digest", context=_span("day", now - DAY, now)),
    "mail-digest-calm": lambda of, now: _email(of.owner, now, "digest", context=_span("hour", now, now)),
    "mail-invitation": _invitation,
    "mail-letter": lambda of, now: _email(of.owner, now, "password_reset"),
    "mail-notice": lambda of, now: _email(
        of.owner, now, "polling_stopped", context={"code": "4016", "reason": "余额不足"}
    ),
}
MAILS = tuple(_SORTS)
