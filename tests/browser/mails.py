"""Sample mails for a browser: one of each kind, built from the existing rows. Nothing is saved."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from monitor.models import Message, User, Watchlist

DAY = timedelta(days=1)
#: Enough that some are shown in full and others by a line.
ALERTS = 14


def sample_mails(watchlist: "Watchlist", now: datetime) -> dict[str, str]:
    """HTML by the name of its screenshot, in the language of the list's owner."""
    from django.db import transaction

    from monitor.telling.message import build

    with transaction.atomic():
        html = {name: build(make(watchlist, now)).html for name, make in _KINDS.items()}
        transaction.set_rollback(True)
    return html


def _invitation(watchlist: "Watchlist", now: datetime) -> "Message":
    from monitor.watching.invitations import invite

    invitation = invite(watchlist.owner, "friend@example.com", now, watchlist)
    assert invitation.mail is not None
    invitation.mail.context["language"] = watchlist.owner.language
    return invitation.mail


def _span(period: str, since: datetime, until: datetime) -> dict[str, str]:
    return {"period": period, "since": since.isoformat(), "until": until.isoformat()}


def _email(owner: "User", now: datetime, kind: str, **fields: Any) -> "Message":
    from monitor.models import Message

    if kind in Message.OF_ALERTS:
        email = Message.of_alerts(owner.mailbox, now, kind=kind, **fields)
    else:
        email = Message.to(owner, now, kind=kind, **fields)
    email.save()
    return email


def _with_alerts(owner: "User", now: datetime, kind: str, **fields: Any) -> "Message":
    """Return a mail with the newest alerts of prices and of other fields."""
    from monitor.models import Alert, MessageAlert

    email = _email(owner, now, kind, **fields)
    MessageAlert.objects.filter(recipient=owner).delete()
    alerts = Alert.objects.for_user(owner).newest_first()
    of_other_fields = alerts.exclude(field="price")[: ALERTS // 2]
    some = {alert.pk for alert in (*of_other_fields, *alerts.filter(field="price")[: ALERTS // 2])}
    MessageAlert.objects.bulk_create(
        MessageAlert(message=email, alert_id=pk, recipient=owner, channel=email.channel)
        for pk in some
    )
    return email


_KINDS: dict[str, Callable[["Watchlist", datetime], "Message"]] = {
    "mail-alerts": lambda watchlist, now: _with_alerts(watchlist.owner, now, "alerts"),
    "mail-digest": lambda watchlist, now: _with_alerts(
        watchlist.owner, now, "digest", context=_span("day", now - DAY, now)
    ),
    "mail-digest-calm": lambda watchlist, now: _email(
        watchlist.owner, now, "digest", context=_span("hour", now, now)
    ),
    "mail-invitation": _invitation,
    "mail-letter": lambda watchlist, now: _email(watchlist.owner, now, "password_reset"),
    "mail-notice": lambda watchlist, now: _email(
        watchlist.owner, now, "polling_stopped", context={"code": "4016", "reason": "余额不足"}
    ),
}
MAILS = tuple(_KINDS)
