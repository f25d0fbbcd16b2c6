"""Alerts become rows of the outbox: messages that are due when their recipients have chosen.

An alert joins the waiting message of each of its recipient's channels, unless a sender has claimed it. Every writer of
waiting messages locks the users first, in one order, so two writers never begin two messages for one user and channel.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet

from monitor.budget.allowances import without_mails
from monitor.mail_times import SCHEDULED, How, latest_slot
from monitor.models import Alert, AlertRead, Channel, Membership, Message, MessageAlert, Mute, User, Watchlist
from monitor.models.usage import quota_reset
from monitor.timing.plans import PERIODS, Choices, Destination, digest, is_urgent, lock_people, plan_of
from monitor.timing.waiting import News, place

#: Users, or alerts, in one transaction.
BATCH = 500


def write_messages(now: datetime) -> int:
    """Write the digests that are due, and the messages of all undelivered alerts; returns the number of new ones.

    Digests come first: they contain all alerts up to their time.
    """
    return _in_batches(_write_digests, now) + _in_batches(_write_alerts, now)


@transaction.atomic
def _write_alerts(now: datetime) -> tuple[bool, int]:
    """Returns whether there may be more alerts, and the number of new messages."""
    # Alerts that another sender has locked are skipped: they are delivered when it commits.
    locked = Alert.objects.undelivered(now).select_for_update(skip_locked=True, no_key=True, of=("self",))
    fields = ("pk", "watchlist_id", "product_id", "created_at", "rule_as_it_was", "count")
    alerts = list(locked.only(*fields)[:BATCH])
    readers = _readers_of(Watchlist.objects.kept().filter(pk__in={alert.watchlist_id for alert in alerts}))
    users = lock_people({user_id for _, user_id in readers})
    choices = Choices.of(users)
    recipients: dict[int, list[Destination]] = defaultdict(list)
    for watchlist_id, user in _mail_readers(readers, users, choices):
        recipients[watchlist_id].append(Destination(user))
    for watchlist_id, channel in _on_channels(readers, users):
        recipients[watchlist_id].append(Destination(channel.owner, channel))
    rest = dict.fromkeys(without_mails([user.pk for user in users], now), quota_reset(now))
    messages = place(_news(alerts, recipients, now), choices, now, rest)
    Alert.objects.filter(pk__in=[alert.pk for alert in alerts]).update(is_delivered=True)
    return len(alerts) == BATCH, messages


def _news(alerts: Collection[Alert], recipients: Mapping[int, Sequence[Destination]], now: datetime) -> News:
    """The alerts for each destination: not reported before, not read, of no muted product."""
    products = {alert.product_id for alert in alerts if alert.product_id is not None}
    mutes = Mute.objects.in_force(now).filter(product__in=products)
    muted = set(mutes.values_list("product_id", "user_id"))
    # A mute marks alerts as read when they are created; if it is undone in time, they are mailed.
    reads = AlertRead.objects.filter(alert__in=alerts, read_at__gt=F("alert__created_at"))
    reported, read = _reported(alerts), set(reads.values_list("alert_id", "user_id"))
    news: dict[Destination, list[Alert]] = defaultdict(list)
    for alert in alerts:
        for to in recipients.get(alert.watchlist_id, ()):
            user = to.user
            is_old = user.alerts_read_before is not None and alert.created_at < user.alerts_read_before
            is_known = (alert.pk, *to.key) in reported or (alert.pk, user.pk) in read
            is_quiet = (alert.product_id, user.pk) in muted or (
                to.channel is not None and to.channel.only_urgent and not is_urgent(alert)
            )
            if not (is_old or is_known or is_quiet):
                news[to].append(alert)
    return news


def _reported(alerts: Collection[Alert]) -> set[tuple[int, int, int | None]]:
    """Alerts that need no new message for a user or channel: they are in an unsent message, or their present count was
    reported."""
    rows = MessageAlert.objects.filter(alert__in=alerts)
    is_unsent = Q(message__status=Message.Status.PENDING, message__lease__isnull=True) | Q(
        message__status=Message.Status.HELD
    )
    return set(
        rows.filter(is_unsent | Q(count__gte=F("alert__count"))).values_list("alert_id", "recipient_id", "channel_id")
    )


def _in_batches(write_batch: Callable[[datetime], tuple[bool, int]], now: datetime) -> int:
    """Call `write_batch` until it says that there are no more rows; returns the number of new messages."""
    has_more, written = True, 0
    while has_more:
        has_more, messages = write_batch(now)
        written += messages
    return written


@transaction.atomic
def _write_digests(now: datetime) -> tuple[bool, int]:
    """Write digests that no alert has begun. Returns whether there may be more due users, and the number of digests.

    They come at their hour even without changes: then they say that polling goes on. Each is written once, even by many
    senders: they skip users that another one has locked. After a standstill there is one digest for all missed ones.
    """
    due = list(User.objects.digest_due(now).select_for_update(skip_locked=True, no_key=True)[:BATCH])
    choices = Choices.of(due)
    wanted, begun = _wanted(due, choices), _begun(due, now)
    new = []
    for user in due:
        assert user.next_digest_at is not None
        for how in SCHEDULED:
            slot = latest_slot(plan_of(user), how, now)
            is_due = slot >= user.next_digest_at and how in wanted[user.pk]
            if is_due and (user.pk, PERIODS[how]) not in begun:
                new.append(digest(Destination(user), how, (user.next_digest_at, slot), now))
        user.next_digest_at = choices.next_digest(user, now)
    Message.objects.bulk_create(new)
    User.objects.bulk_update(due, ["next_digest_at"])
    return len(due) == BATCH, len(new)


def _wanted(users: Iterable[User], choices: Choices) -> dict[int, set[How]]:
    """How users, by their keys, get the alerts of their lists."""
    lists = Watchlist.objects.kept().filter(Q(owner__in=users) | Q(memberships__user__in=users))
    wanted: dict[int, set[How]] = defaultdict(set)
    for watchlist_id, user in _mail_readers(_readers_of(lists), users, choices):
        wanted[user.pk].add(choices.how(Destination(user), watchlist_id))
    return wanted


def _readers_of(watchlists: QuerySet[Watchlist]) -> set[tuple[int, int]]:
    """Watchlists with their owners and members."""
    members = Membership.objects.filter(watchlist__in=watchlists.values("pk"))
    return {*watchlists.values_list("pk", "owner_id"), *members.values_list("watchlist_id", "user_id")}


def _mail_readers(
    readers: Iterable[tuple[int, int]], users: Iterable[User], choices: Choices
) -> Iterator[tuple[int, User]]:
    """The pairs of `readers` with the user instead of a key, for those of `users` who want mails of the list."""
    mailed = {user.pk: user for user in users if user.receives_mail and user.is_active}
    for watchlist_id, user_id in sorted(readers):
        if user_id in mailed and choices.wants(user_id, watchlist_id):
            yield watchlist_id, mailed[user_id]


def _on_channels(readers: Iterable[tuple[int, int]], users: Iterable[User]) -> Iterator[tuple[int, Channel]]:
    """The pairs of `readers` with each channel of the user that is in use, except on lists that it leaves out."""
    channels: dict[int, list[Channel]] = defaultdict(list)
    by_key = {user.pk: user for user in users}
    for channel in Channel.objects.in_use().filter(owner__in=by_key).prefetch_related("left_out").order_by("pk"):
        channel.owner = by_key[channel.owner_id]
        channels[channel.owner_id].append(channel)
    for watchlist_id, user_id in sorted(readers):
        for channel in channels.get(user_id, ()):
            if watchlist_id not in {watchlist.pk for watchlist in channel.left_out.all()}:
                yield watchlist_id, channel


def _begun(users: Iterable[User], now: datetime) -> set[tuple[int | None, str]]:
    """Users and periods whose digest exists already, begun by an alert."""
    begun = Message.objects.filter(
        recipient__in=users,
        channel=None,
        kind=Message.Kind.DIGEST,
        until__gte=F("recipient__next_digest_at"),
        until__lte=now,
    )
    return set(begun.values_list("recipient_id", "period"))
