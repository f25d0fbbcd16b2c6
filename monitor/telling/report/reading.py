"""The data of many messages about watchlists, read together to save queries."""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from copy import copy
from dataclasses import dataclass, field

from django.db.models import Exists, F, OuterRef

from monitor.models import (
    Alert,
    AlertRead,
    ChannelChoice,
    Membership,
    Message,
    MessageAlert,
    Watch,
)
from monitor.models.alerts import own_of_rule
from monitor.people.timing.plans import is_urgent
from monitor.showing.history.series import Point
from monitor.showing.history.trends import sparklines
from monitor.telling.channels import is_for_program, is_frozen
from monitor.telling.errors import PROGRAM_ERRORS

logger = logging.getLogger(__name__)

_RELATED = ("change", "product__shop", "shop", "watchlist", "rule")


@dataclass(slots=True)
class MailReading:
    """Alerts by an e-mail's key; prices, and what is sold a day, by a product's key.

    `off` and `read` are messages with alerts left out because the channel no longer gets them, or
    because the user has read them meanwhile. `grown` are rows whose alert has fired again since it
    was put into its message."""

    alerts: dict[int, list[Alert]] = field(default_factory=lambda: defaultdict(list))
    prices: dict[int, list[Point]] = field(default_factory=dict)
    off: set[int] = field(default_factory=set)
    read: set[int] = field(default_factory=set)
    grown: list[MessageAlert] = field(default_factory=list)


def read_claimed(messages: Sequence[Message]) -> MailReading | None:
    """Return the data of claimed messages, and store each alert's present count with its message,
    so that only later firings count as new. Return None if the data of one message cannot be read:
    then each is read alone."""
    try:
        reading = read(messages)
    except PROGRAM_ERRORS:
        logger.exception("What messages tell cannot be read for all of them together.")
        return None
    MessageAlert.objects.bulk_update(reading.grown, ["count"])
    return reading


def read(emails: Iterable[Message]) -> MailReading:
    """Read the data of messages. At most six queries for all, and none without messages of alerts.

    Members of a list get the same alerts: each is read once, and those who see the same of it share
    it."""
    reading = MailReading()
    keys = {email.pk: email for email in emails if email.kind in Message.OF_ALERTS}
    if not keys:
        return reading
    reported = MessageAlert.objects.filter(message__in=keys)
    sees_own = Exists(
        Watch.objects.seen_by(OuterRef("recipient"), own_of_rule("alert__rule_as_it_was"))
    )
    is_watched = Exists(Watch.objects.seen_by(OuterRef("recipient"), OuterRef("alert__product")))
    whole = Alert.objects.select_related(*_RELATED)
    alerts = {alert.pk: alert for alert in whole.filter(pk__in=reported.values("alert"))}
    rows = [
        row
        for row in reported.annotate(sees_own=sees_own, is_watched=is_watched).order_by("alert_id")
        if row.alert_id in alerts  # Else it was added or removed just now.
    ]
    as_seen: dict[tuple[int, bool, bool], Alert] = {}
    for row in rows:
        key = (row.alert_id, row.sees_own, row.is_watched)
        if key not in as_seen:
            as_seen[key] = copy(alerts[row.alert_id])
            as_seen[key].sees_own, as_seen[key].is_watched = row.sees_own, row.is_watched
        row.alert = as_seen[key]
        if row.count < row.alert.count and not is_frozen(keys[row.message_id]):
            row.count = row.alert.count
            reading.grown.append(row)
    lists = {row.alert.watchlist_id for row in rows}
    members, off = _members(lists), _off(lists, {row.channel_id for row in rows})
    done = _read_meanwhile([row for row in rows if _omits_read(keys[row.message_id])])
    for row in rows:
        email, reader, alert = row.message_id, row.recipient_id, row.alert
        is_member = alert.watchlist.owner_id == reader or (alert.watchlist_id, reader) in members
        # The list may have been deleted, or is no longer shared with the reader.
        if alert.watchlist.deleted_at or not is_member:
            continue
        channel = keys[email].channel
        is_left_out = channel is not None and channel.only_urgent and not is_urgent(alert)
        if is_left_out or (alert.watchlist_id, row.channel_id) in off:
            reading.off.add(email)
        elif (alert.pk, reader) in done and _omits_read(keys[email]):
            reading.read.add(email)
        else:
            reading.alerts[email].append(alert)
    products = {
        alert.product.pk: alert.product for alert in alerts.values() if alert.product is not None
    }
    if products:
        reading.prices.update(
            sparklines(list(products.values()), min(email.created_at for email in keys.values()))
        )
    return reading


def _omits_read(email: Message) -> bool:
    """Return whether alerts read meanwhile are left out. Not of a digest, nor of an e-mail that may
    have arrived already, nor for a program."""
    return email.kind == Message.Kind.ALERTS and not email.attempts and not is_for_program(email)


def _read_meanwhile(rows: Collection[MessageAlert]) -> set[tuple[int, int]]:
    """Return alerts with the users who have read them; a mute, which marks new alerts as read, does
    not count."""
    if not rows:
        return set()
    alerts, users = {row.alert_id for row in rows}, {row.recipient_id for row in rows}
    reads = AlertRead.objects.filter(
        alert__in=alerts, user__in=users, read_at__gt=F("alert__created_at")
    )
    return set(reads.values_list("alert_id", "user_id"))


def _members(lists: Collection[int]) -> set[tuple[int, int]]:
    """Return lists with their members."""
    return set(
        Membership.objects.filter(watchlist__in=lists).values_list("watchlist_id", "user_id")
    )


def _off(lists: Collection[int], channels: Collection[int]) -> set[tuple[int, int]]:
    """Return lists with the channels that leave them out."""
    choices = ChannelChoice.objects.filter(watchlist__in=lists, channel__in=channels, is_off=True)
    return set(choices.values_list("watchlist_id", "channel_id"))
