"""What became of alerts as mails: for a reader himself, and for the others of a list that is his."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

from django.db.models import Q

from monitor.models import Alert, AlertRead, EmailAlert, MailChoice, User

#: Alerts are handed to delivery within minutes; who read one later has not kept it from being mailed.
HANDED_OVER_WITHIN = timedelta(hours=1)


class Why(Enum):
    """Why an alert is in no mail to its reader."""

    NOT_YET = "not yet"
    MUTED = "muted"
    ALL_OFF = "all off"
    LIST_OFF = "list off"
    READ = "read"
    #: He was not on the list yet, or did not want its mails then.
    OTHER = "other"


@dataclass(slots=True)
class AlertMails:
    """The mails of one alert: the reader's own or why there is none, and those to others, by name."""

    own: EmailAlert | None = None
    why_not: Why = Why.OTHER
    others: list[EmailAlert] = field(default_factory=list)


def told(user: User, alerts: Sequence[Alert], *, with_others: bool = False) -> dict[int, AlertMails]:
    """By the keys of `alerts`, which are the user's. Three queries, whatever there is to tell.

    An owner may see which members were told, and no more of them: not what their mail servers say, nor what they read.
    """
    keys = [alert.pk for alert in alerts]
    found: dict[int, AlertMails] = defaultdict(AlertMails)
    mine = Q(recipient=user)
    if with_others:
        mine |= Q(alert__watchlist__owner=user)
    for one in EmailAlert.objects.filter(mine, alert__in=keys).select_related("email", "recipient").order_by("pk"):
        if one.recipient_id == user.pk:
            found[one.alert_id].own = one
        else:
            found[one.alert_id].others.append(one)
    reads = dict(AlertRead.objects.filter(user=user, alert__in=keys).values_list("alert_id", "read_at"))
    off = set(MailChoice.objects.filter(user=user, is_off=True).values_list("watchlist_id", flat=True))
    for alert in alerts:
        found[alert.pk].why_not = _why_not(user, alert, reads.get(alert.pk), off)
    return found


def _why_not(user: User, alert: Alert, read_at: datetime | None, off: set[int]) -> Why:
    before = user.alerts_read_before
    if not alert.is_delivered:
        return Why.NOT_YET
    if read_at is not None and read_at <= alert.created_at:
        return Why.MUTED  # What a mute marks as read is so from its beginning.
    if not user.receives_mail:
        return Why.ALL_OFF
    if alert.watchlist_id in off:
        return Why.LIST_OFF
    if read_at is not None and read_at < (alert.held_until or alert.created_at) + HANDED_OVER_WITHIN:
        return Why.READ
    return Why.READ if before is not None and alert.created_at < before else Why.OTHER
