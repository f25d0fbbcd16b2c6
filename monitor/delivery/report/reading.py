"""The data of many messages about watchlists, read together to save queries."""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Exists, F, OuterRef

from monitor.delivery.errors import PROGRAM_ERRORS
from monitor.history.series import Point
from monitor.history.trends import sparklines
from monitor.models import Alert, AlertRead, Channel, MailChoice, Membership, Message, MessageAlert, User, Watch
from monitor.models.alerts import own_of_rule
from monitor.planning.frame import Shell, shell
from monitor.timing.plans import is_urgent

logger = logging.getLogger(__name__)

_RELATED = ("alert__change", "alert__product__shop", "alert__shop", "alert__watchlist", "alert__rule")


@dataclass(slots=True)
class MailReading:
    """Alerts by an e-mail's key, and prices by a product's key.

    `off` and `read` are messages with alerts left out because the user or the channel no longer gets them, or because
    the user has read them meanwhile. `grown` are rows whose alert has fired again since it was put into its e-mail.
    """

    alerts: dict[int, list[Alert]] = field(default_factory=lambda: defaultdict(list))
    prices: dict[int, list[Point]] = field(default_factory=dict)
    off: set[int] = field(default_factory=set)
    read: set[int] = field(default_factory=set)
    grown: list[MessageAlert] = field(default_factory=list)
    _account: Shell | None = None

    def account(self, user: User, now: datetime) -> Shell:
        """Whether polling goes on: the same for all users. One query."""
        if self._account is None:
            self._account = shell(user, now)
        return self._account


def read_claimed(messages: Sequence[Message]) -> MailReading | None:
    """The data of claimed messages. Stores each alert's present count with its message, so that only later firings
    count as new. None if the data of one message cannot be read: then each is read alone.
    """
    try:
        reading = read(messages)
    except PROGRAM_ERRORS:
        logger.exception("What messages tell cannot be read for all of them together.")
        return None
    MessageAlert.objects.bulk_update(reading.grown, ["count"])
    return reading


def read(emails: Iterable[Message]) -> MailReading:
    """At most five queries for all e-mails, and none without e-mails about watchlists."""
    reading = MailReading()
    keys = {email.pk: email for email in emails if email.kind in Message.OF_ALERTS}
    if not keys:
        return reading
    sees_own = Exists(Watch.objects.seen_by(OuterRef("recipient"), own_of_rule("alert__rule_as_it_was")))
    rows = MessageAlert.objects.filter(message__in=keys).select_related(*_RELATED).order_by("alert_id")
    rows = rows.annotate(sees_own=sees_own)
    for row in rows:
        row.alert.sees_own = row.sees_own
        if row.count < row.alert.count:
            row.count = row.alert.count
            reading.grown.append(row)
    lists = {row.alert.watchlist_id for row in rows}
    members, off = _members(lists), _off(lists, {row.channel_id for row in rows})
    done = _read_meanwhile([row for row in rows if _omits_read(keys[row.message_id])])
    for row in rows:
        email, reader, alert = row.message_id, row.recipient_id, row.alert
        key = (alert.watchlist_id, reader)
        # The list may have been deleted, or is no longer shared with the reader.
        if alert.watchlist.deleted_at or (alert.watchlist.owner_id != reader and key not in members):
            continue
        channel = keys[email].channel
        is_left_out = channel is not None and channel.only_urgent and not is_urgent(alert)
        if is_left_out or (*key, row.channel_id) in off:
            reading.off.add(email)
        elif (alert.pk, reader) in done and _omits_read(keys[email]):
            reading.read.add(email)
        else:
            reading.alerts[email].append(alert)
    products = {row.alert.product.pk: row.alert.product for row in rows if row.alert.product is not None}
    if products:
        reading.prices.update(sparklines(list(products.values()), min(email.created_at for email in keys.values())))
    return reading


def _omits_read(email: Message) -> bool:
    """Whether alerts read meanwhile are left out. Not of a digest, nor of an e-mail that may have arrived already."""
    return email.kind == Message.Kind.ALERTS and not email.attempts


def _read_meanwhile(rows: Collection[MessageAlert]) -> set[tuple[int, int]]:
    """Alerts with the users who have read them; a mute, which marks new alerts as read, does not count."""
    if not rows:
        return set()
    alerts, users = {row.alert_id for row in rows}, {row.recipient_id for row in rows}
    reads = AlertRead.objects.filter(alert__in=alerts, user__in=users, read_at__gt=F("alert__created_at"))
    return set(reads.values_list("alert_id", "user_id"))


def _members(lists: Collection[int]) -> set[tuple[int, int]]:
    """Lists with their members."""
    return set(Membership.objects.filter(watchlist__in=lists).values_list("watchlist_id", "user_id"))


def _off(lists: Collection[int], channels: Collection[int | None]) -> set[tuple[int, int, int | None]]:
    """Lists with users who want no mails of them, and with channels that leave them out."""
    mails = MailChoice.objects.filter(watchlist__in=lists, is_off=True).values_list("watchlist_id", "user_id")
    off: set[tuple[int, int, int | None]] = {(watchlist, user, None) for watchlist, user in mails}
    if any(channels):
        left_out = Channel.objects.filter(pk__in=filter(None, channels), left_out__in=lists)
        off.update(left_out.values_list("left_out", "owner_id", "pk"))
    return off
