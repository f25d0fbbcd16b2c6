"""Alerts become rows of the outbox: messages that are due when their recipients have chosen.

An alert joins the waiting message of each of its recipient's channels, unless a sender has claimed
it. Every writer of waiting messages locks the users first, in one order, so two writers never begin
two messages for one user and channel."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet

from monitor.judging.mail_times import latest_slot
from monitor.models import (
    Alert,
    AlertRead,
    Channel,
    Membership,
    Message,
    MessageAlert,
    Mute,
    Watchlist,
)
from monitor.models.usage import quota_reset
from monitor.people.allowances import without_mails
from monitor.people.timing.times import (
    PERIODS,
    digest,
    is_urgent,
    lock_people,
    next_digest,
    scheduled,
    times_of,
)
from monitor.people.timing.waiting import News, place, with_choices
from monitor.telling.channels import FOR_PROGRAMS

#: Users, or alerts, in one transaction.
BATCH = 500


def write_messages(now: datetime) -> int:
    """Write the digests that are due, and the messages of all undelivered alerts; return the number
    of new ones.

    Digests come first: they contain all alerts up to their time.
    """
    Message.objects.make_due(now)
    return _in_batches(_write_digests, now) + _in_batches(_write_alerts, now)


@transaction.atomic
def _write_alerts(now: datetime) -> tuple[bool, int]:
    """Return whether there may be more alerts, and the number of new messages."""
    # Alerts that another sender has locked are skipped: they are delivered when it commits.
    locked = Alert.objects.undelivered(now).select_for_update(
        skip_locked=True, no_key=True, of=("self",)
    )
    fields = ("pk", "watchlist_id", "product_id", "created_at", "rule_as_it_was", "count")
    alerts = list(locked.only(*fields)[:BATCH])
    readers = _readers_of(
        Watchlist.objects.kept().filter(pk__in={alert.watchlist_id for alert in alerts})
    )
    users = lock_people({user_id for _, user_id in readers})
    channels = _channels_of(readers, with_choices(Channel.objects.in_use(), users))
    rest = dict.fromkeys(without_mails([user.pk for user in users], now), quota_reset(now))
    messages = place(_news(alerts, channels, now), now, rest)
    Alert.objects.filter(pk__in=[alert.pk for alert in alerts]).update(is_delivered=True)
    return len(alerts) == BATCH, messages


def _news(
    alerts: Collection[Alert], channels: Mapping[int, Sequence[Channel]], now: datetime
) -> News:
    """Return the alerts for each channel: not reported before, not read unless it is a program, of
    no muted product.

    `channels` are those that get the alerts of a watchlist, by its key.
    """
    products = {alert.product_id for alert in alerts if alert.product_id is not None}
    mutes = Mute.objects.in_force(now).filter(product__in=products)
    muted = set(mutes.values_list("product_id", "user_id"))
    # A mute marks alerts as read when they are created; if it is undone in time, they are mailed.
    reads = AlertRead.objects.filter(alert__in=alerts, read_at__gt=F("alert__created_at"))
    reported, read = _reported(alerts), set(reads.values_list("alert_id", "user_id"))
    news: dict[Channel, list[Alert]] = defaultdict(list)
    for alert in alerts:
        for channel in channels.get(alert.watchlist_id, ()):
            user = channel.owner
            is_old = (
                user.alerts_read_before is not None and alert.created_at < user.alerts_read_before
            )
            is_read = is_old or (alert.pk, user.pk) in read
            is_held_back = is_read and channel.kind not in FOR_PROGRAMS
            is_quiet = (alert.product_id, user.pk) in muted or (
                channel.only_urgent and not is_urgent(alert)
            )
            if not (is_held_back or is_quiet or (alert.pk, channel.pk) in reported):
                news[channel].append(alert)
    return news


def _reported(alerts: Collection[Alert]) -> set[tuple[int, int]]:
    """Return alerts and channels that need no new message.

    The alert is in an unsent message, or its present count was reported. A program's message that
    was tried tells the count of its first attempt."""
    rows = MessageAlert.objects.filter(alert__in=alerts)
    is_frozen = Q(channel__kind__in=FOR_PROGRAMS, message__attempts__gt=0)
    is_pending = Q(message__status=Message.Status.PENDING, message__lease__isnull=True)
    is_unsent = is_pending & ~is_frozen | Q(message__status=Message.Status.HELD)
    return set(
        rows.filter(is_unsent | Q(count__gte=F("alert__count"))).values_list(
            "alert_id", "channel_id"
        )
    )


def _in_batches(write_batch: Callable[[datetime], tuple[bool, int]], now: datetime) -> int:
    """Call `write_batch` until it says that there are no more rows; return the number of new
    messages."""
    has_more, written = True, 0
    while has_more:
        has_more, messages = write_batch(now)
        written += messages
    return written


@transaction.atomic
def _write_digests(now: datetime) -> tuple[bool, int]:
    """Write digests that no alert has begun. Return whether there may be more due channels, and the
    number of digests.

    They come at their hour even without changes: then they say that polling goes on. Each is
    written once, even by many senders: they skip channels that another one has locked. After a
    standstill there is one digest for all missed ones."""
    due = Channel.objects.digest_due(now).select_related("owner").prefetch_related("choices")
    locked = due.select_for_update(skip_locked=True, no_key=True, of=("self", "owner"))
    channels = list(locked[:BATCH])
    new = [message for channel in channels for message in _digests_of(channel, now)]
    Message.objects.bulk_create(new)
    for channel in channels:
        channel.next_digest_at = next_digest(channel, now)
    Channel.objects.bulk_update(channels, ["next_digest_at"])
    return len(channels) == BATCH, len(new)


def _digests_of(channel: Channel, now: datetime) -> list[Message]:
    """Return the unsaved digests of a due channel that no alert has begun. A refused channel gets
    none."""
    first = channel.next_digest_at
    assert first is not None
    if not channel.is_in_use or channel.refused_at is not None:
        return []
    digests = channel.messages.filter(kind=Message.Kind.DIGEST)
    begun = set(digests.filter(until__range=(first, now)).values_list("period", flat=True))
    slots = {how: latest_slot(times_of(channel.owner), how, now) for how in scheduled(channel)}
    return [
        digest(channel, how, (first, slot), now)
        for how, slot in slots.items()
        if slot >= first and PERIODS[how] not in begun
    ]


def _readers_of(watchlists: QuerySet[Watchlist]) -> set[tuple[int, int]]:
    """Return watchlists with their owners and members."""
    members = Membership.objects.filter(watchlist__in=watchlists.values("pk"))
    return {
        *watchlists.values_list("pk", "owner_id"),
        *members.values_list("watchlist_id", "user_id"),
    }


def _channels_of(
    readers: Iterable[tuple[int, int]], channels: Iterable[Channel]
) -> dict[int, list[Channel]]:
    """Return those of `channels` that get the alerts of a watchlist, by its key."""
    own: dict[int, list[Channel]] = defaultdict(list)
    for channel in channels:
        own[channel.owner_id].append(channel)
    of_list: dict[int, list[Channel]] = defaultdict(list)
    for watchlist_id, user_id in sorted(readers):
        of_list[watchlist_id] += [
            channel for channel in own[user_id] if not channel.leaves_out(watchlist_id)
        ]
    return of_list
