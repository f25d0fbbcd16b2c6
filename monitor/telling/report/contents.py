"""What a message about watchlists tells: its alerts as its reader sees them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Exists, F, OuterRef
from django.utils.translation import gettext_noop

from monitor.models import Alert, AlertRead, Message, MessageAlert, Watch, Watchlist
from monitor.models.alerts import own_of_rule
from monitor.people.timing.times import is_urgent
from monitor.showing.history.series import Point
from monitor.showing.history.trends import sparklines
from monitor.telling.channels import is_for_program, is_frozen

_RELATED = ("change", "product__shop", "shop", "watchlist", "rule")
_OFF = gettext_noop("The channel leaves its alerts out.")
_READ = gettext_noop("already read")
_GONE = gettext_noop("Its alerts are gone, or the recipient may no longer see them.")


@dataclass(slots=True)
class MailContents:
    """The alerts to tell; prices by a product's key. Without alerts, `why_none` says why."""

    alerts: list[Alert] = field(default_factory=list)
    prices: dict[int, list[Point]] = field(default_factory=dict)
    why_none: str = _GONE


def read(message: Message) -> MailContents:
    """Read what a message of alerts tells, with a fixed number of queries. Store each alert's
    present count with it, so that only later firings count as new."""
    channel = message.channel
    assert channel is not None
    contents = MailContents()
    alerts = _alerts_of(message)
    # A list may have been deleted, or is no longer shared with the reader.
    lists = Watchlist.objects.for_user(channel.owner)
    lists = lists.filter(pk__in={alert.watchlist_id for alert in alerts})
    seen = set(lists.values_list("pk", flat=True))
    already_read = _read_meanwhile(message)
    for alert in alerts:
        if alert.watchlist_id not in seen:
            continue
        is_too_calm = channel.only_urgent and not is_urgent(alert)
        if is_too_calm or channel.leaves_out(alert.watchlist_id):
            contents.why_none = _OFF
        elif alert.pk in already_read:
            contents.why_none = _READ
        else:
            contents.alerts.append(alert)
    products = {alert.product.pk: alert.product for alert in contents.alerts if alert.product}
    if products:
        contents.prices = sparklines(list(products.values()), message.created_at)
    return contents


def _alerts_of(message: Message) -> Sequence[Alert]:
    """Return the alerts of a message, with what its recipient may see of them."""
    own = own_of_rule("alert__rule_as_it_was")
    rows = (
        MessageAlert.objects.filter(message=message)
        .select_related(*(f"alert__{name}" for name in _RELATED))
        .annotate(
            sees_own=Exists(Watch.objects.seen_by(OuterRef("recipient"), own)),
            is_watched=Exists(
                Watch.objects.seen_by(OuterRef("recipient"), OuterRef("alert__product"))
            ),
        )
        .order_by("alert_id")
    )
    alerts, grown = [], []
    for row in rows:
        row.alert.sees_own, row.alert.is_watched = row.sees_own, row.is_watched
        alerts.append(row.alert)
        if row.count < row.alert.count and not is_frozen(message):
            row.count = row.alert.count
            grown.append(row)
    MessageAlert.objects.bulk_update(grown, ["count"])
    return alerts


def _read_meanwhile(message: Message) -> set[int]:
    """Return the alerts that the recipient has read and that are left out therefore: not of a
    digest, nor of a message that may have arrived already, nor for a program.

    A mute, which marks new alerts as read, does not count."""
    if message.kind != Message.Kind.ALERTS or message.attempts or is_for_program(message):
        return set()
    reads = AlertRead.objects.filter(
        alert__messages=message, user=message.recipient_id, read_at__gt=F("alert__created_at")
    )
    return set(reads.values_list("alert_id", flat=True))
