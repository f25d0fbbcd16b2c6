"""Puts alerts into the messages that wait for users, and again when users change their choices."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from monitor.judging.mail_times import How
from monitor.models import Alert, Channel, Message, MessageAlert, User
from monitor.people.timing.times import PERIODS, is_urgent, lock_people, new_message, next_digest

_ROWS_A_STATEMENT = 1000

type News = Mapping[Channel, Sequence[Alert]]


def with_choices(channels: QuerySet[Channel], owners: Iterable[User]) -> list[Channel]:
    """Return those of `channels` that these users own, with their choices, by owner. Two
    queries."""
    by_key = {user.pk: user for user in owners}
    own = list(channels.filter(owner__in=by_key).prefetch_related("choices").order_by("pk"))
    for channel in own:
        channel.owner = by_key[channel.owner_id]
    return own


@transaction.atomic
def follow_times(user: User, now: datetime) -> None:
    """Write the waiting messages of a user again, after a change of their choices, time zone or
    address.

    A message that is due, or that a sender has taken, stays as it is.
    """
    channels = {
        channel.pk: channel
        for channel in with_choices(Channel.objects.all(), lock_people([user.pk]))
    }
    for channel in channels.values():
        if (due_at := next_digest(channel, now)) != channel.next_digest_at:
            Channel.objects.filter(pk=channel.pk).update(next_digest_at=due_at)
    waiting = Message.objects.waiting().filter(recipient=user, next_attempt_at__gt=now)
    # A digest after its hour only waits for the server.
    movable = waiting.exclude(until__lte=now).select_for_update(skip_locked=True, of=("self",))
    channel_of = {message.pk: message.channel_id for message in movable.only("channel")}
    rows = (
        MessageAlert.objects.filter(message__in=channel_of)
        .select_related("alert")
        .order_by("alert")
    )
    waited: dict[Channel, list[Alert]] = defaultdict(list)
    for row in rows:
        waited[channels[row.channel_id]].append(row.alert)
    Message.objects.filter(pk__in=channel_of).delete()
    place(waited, now)


def place(news: News, now: datetime, rest: Mapping[int, datetime] | None = None) -> int:
    """Put alerts into the waiting messages of channels, whose owners are locked, or into new ones.

    Return the number of new messages. An urgent alert makes its message due at once, with
    everything in it; but no mail is due to users before the end of their `rest`."""
    rest = rest or {}
    waiting = _waiting(news)
    new: list[Message] = []
    rows: list[MessageAlert] = []
    hurried: list[Message] = []
    for channel, alerts in news.items():
        rests_until = rest.get(channel.owner_id) if channel.is_mail else None
        for alert in alerts:
            is_hurried = is_urgent(alert)
            how = How.AT_ONCE if is_hurried else channel.how_of(alert.watchlist_id)
            kind = Message.Kind.ALERTS if how is How.AT_ONCE else Message.Kind.DIGEST
            key = (channel.pk, kind.value, PERIODS.get(how, ""))
            if key not in waiting:
                waiting[key] = new_message(channel, how, now)
                waiting[key].next_attempt_at = max(waiting[key].next_attempt_at, rests_until or now)
                new.append(waiting[key])
            message = waiting[key]
            if is_hurried and message.next_attempt_at > now and rests_until is None:
                message.next_attempt_at = now
                hurried.append(message)
            parts = {"message": message, "recipient": channel.owner, "channel": channel}
            rows.append(MessageAlert(**parts, alert=alert, count=alert.count))
    Message.objects.bulk_create(new)
    Message.objects.filter(pk__in=[message.pk for message in hurried]).update(next_attempt_at=now)
    _take_from_old_messages(rows)
    MessageAlert.objects.bulk_create(rows, batch_size=_ROWS_A_STATEMENT)
    return len(new)


def _take_from_old_messages(new_rows: Iterable[MessageAlert]) -> None:
    """Move alerts that were reported before, and have gathered more since, to their new message."""
    for row in new_rows:
        if row.count > 1:
            MessageAlert.objects.filter(alert=row.alert_id, channel=row.channel_id).delete()


def _waiting(channels: Iterable[Channel]) -> dict[tuple[int | None, str, str], Message]:
    """Return the youngest message that more alerts can join, by channel, kind and period: the
    others go before it.

    Skip messages that a sender is taking.
    """
    waiting: dict[tuple[int | None, str, str], Message] = {}
    fields = ("channel_id", "kind", "period", "next_attempt_at")
    rows = Message.objects.waiting().filter(channel__in=channels).only(*fields)
    for message in rows.select_for_update(skip_locked=True, no_key=True, of=("self",)):
        waiting[message.channel_id, message.kind, message.period] = message
    return waiting
