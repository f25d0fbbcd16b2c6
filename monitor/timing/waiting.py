"""Puts alerts into the messages that wait for users, and again when users change their choices."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import transaction

from monitor.mail_times import How
from monitor.models import Alert, Channel, Message, MessageAlert, User
from monitor.timing.plans import PERIODS, Choices, Destination, is_urgent, lock_people, new_message

_ROWS_A_STATEMENT = 1000

type News = Mapping[Destination, Sequence[Alert]]


def follow_plan(user: User, now: datetime) -> None:
    """After the user's choices, time zone or address change, or those of a channel, writes the waiting messages again.

    A message that is due, or that a sender has taken, stays as it is.
    """
    with transaction.atomic():
        for changed in lock_people([user.pk]):
            choices = Choices.of([changed])
            changed.next_digest_at = user.next_digest_at = choices.next_digest(changed, now)
            changed.save(update_fields=["next_digest_at"])
            waiting = Message.objects.waiting().filter(recipient=changed, next_attempt_at__gt=now)
            # A digest after its hour only waits for the server.
            movable = waiting.exclude(until__lte=now).select_for_update(skip_locked=True, of=("self",))
            channel_of = {message.pk: message.channel_id for message in movable.only("channel")}
            rows = MessageAlert.objects.filter(message__in=channel_of).select_related("alert").order_by("alert")
            waited: dict[int | None, list[Alert]] = defaultdict(list)
            for row in rows:
                waited[channel_of[row.message_id]].append(row.alert)
            Message.objects.filter(pk__in=channel_of).delete()
            channels: dict[int | None, Channel | None] = {
                None: None,
                **Channel.objects.in_bulk([key for key in waited if key]),
            }
            place({Destination(changed, channels[key]): alerts for key, alerts in waited.items()}, choices, now)


def place(news: News, choices: Choices, now: datetime, rest: Mapping[int, datetime] | None = None) -> int:
    """Puts alerts into the waiting messages of their recipients, who are locked, or into new ones.

    Returns the number of new messages. An urgent alert makes its message due at once, with everything in it; but no
    mail is due to users before the end of their `rest`.
    """
    rest = rest or {}
    waiting = _waiting({to.user for to in news})
    new: list[Message] = []
    rows: list[MessageAlert] = []
    hurried: list[Message] = []
    for to, alerts in news.items():
        rests_until = None if to.channel else rest.get(to.user.pk)
        grouped: dict[tuple[How, bool], list[Alert]] = defaultdict(list)
        for alert in alerts:
            how = How.AT_ONCE if is_urgent(alert) else choices.how(to, alert.watchlist_id)
            grouped[how, is_urgent(alert)].append(alert)
        for (how, is_hurried), group in grouped.items():
            kind = Message.Kind.ALERTS if how is How.AT_ONCE else Message.Kind.DIGEST
            key = (*to.key, kind.value, PERIODS.get(how, ""))
            if key not in waiting:
                waiting[key] = new_message(to, how, now)
                waiting[key].next_attempt_at = max(waiting[key].next_attempt_at, rests_until or now)
                new.append(waiting[key])
            message = waiting[key]
            if is_hurried and message.next_attempt_at > now and rests_until is None:
                message.next_attempt_at = now
                hurried.append(message)
            parts = {"message": message, "recipient": to.user, "channel": to.channel}
            rows += [MessageAlert(**parts, alert=alert, count=alert.count) for alert in group]
    Message.objects.bulk_create(new)
    Message.objects.filter(pk__in=[message.pk for message in hurried]).update(next_attempt_at=now)
    _take_from_old_messages(rows)
    MessageAlert.objects.bulk_create(rows, batch_size=_ROWS_A_STATEMENT)
    return len(new)


def _take_from_old_messages(new_rows: Iterable[MessageAlert]) -> None:
    """Moves alerts that were reported before, and have gathered more since, to their new message."""
    gathered = {(row.alert_id, row.recipient_id, row.channel_id) for row in new_rows if row.count > 1}
    if not gathered:
        return
    alerts, recipients = {alert for alert, _, _ in gathered}, {recipient for _, recipient, _ in gathered}
    rows = MessageAlert.objects.filter(alert__in=alerts, recipient__in=recipients)
    old = [row.pk for row in rows if (row.alert_id, row.recipient_id, row.channel_id) in gathered]
    MessageAlert.objects.filter(pk__in=old).delete()


def _waiting(users: Iterable[User]) -> dict[tuple[int, int | None, str, str], Message]:
    """Returns the message that more alerts can join, by user, channel, kind and period.

    Skips messages that a sender is taking.
    """
    waiting: dict[tuple[int, int | None, str, str], Message] = {}
    fields = ("recipient_id", "channel_id", "kind", "period", "next_attempt_at")
    rows = Message.objects.waiting().filter(recipient__in=users).only(*fields)
    for message in rows.select_for_update(skip_locked=True, no_key=True, of=("self",)):
        assert message.recipient_id is not None
        waiting.setdefault((message.recipient_id, message.channel_id, message.kind, message.period), message)
    return waiting
