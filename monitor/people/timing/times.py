"""How users have chosen to get the alerts of their watchlists, and the messages that follow from
it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from django.conf import settings

from monitor.judging.mail_times import (
    SCHEDULED,
    How,
    MailTimes,
    due,
    latest_slot,
    next_slot,
    wait_out,
)
from monitor.models import Alert, Channel, Message, User, Watchlist

PERIODS = {
    How.HOURLY: Message.Period.HOUR,
    How.DAILY: Message.Period.DAY,
    How.WEEKLY: Message.Period.WEEK,
}
HOWS = {period: how for how, period in PERIODS.items()}


def next_digest(channel: Channel, now: datetime) -> datetime | None:
    """Return when the next daily or weekly digest is due, if any list may need one. Other channels
    than mailboxes get digests only of alerts."""
    hows = channel.hows if channel.is_mail else ()
    return min(
        (next_slot(times_of(channel.owner), how, now) for how in SCHEDULED if how in hows),
        default=None,
    )


def scheduled(channel: Channel) -> list[How]:
    """Return which of daily and weekly digests a channel gets of its owner's lists."""
    lists = Watchlist.objects.for_user(channel.owner).values_list("pk", flat=True)
    hows = {channel.how_of(key) for key in lists if not channel.leaves_out(key)}
    return [how for how in SCHEDULED if how in hows]


def zone_of(user: User | None) -> tzinfo:
    """Return the user's time zone, or the default without a user or with an unknown zone."""
    try:
        return ZoneInfo(user.time_zone if user else settings.DEFAULT_USER_TIME_ZONE)
    except (ValueError, LookupError):
        return ZoneInfo(settings.DEFAULT_USER_TIME_ZONE)


def times_of(user: User) -> MailTimes:
    begins, ends = user.quiet_from, user.quiet_to
    quiet = (begins, ends) if begins is not None and ends is not None else None
    return MailTimes(zone_of(user), user.digest_hour, user.digest_weekday, quiet)


def is_urgent(alert: Alert) -> bool:
    """Return whether the rule was urgent when it fired. Old alerts do not record it."""
    return bool(alert.rule_as_it_was.get("is_urgent"))


def quiet_until(message: Message, now: datetime) -> datetime | None:
    """Return until when a due message of alerts waits. A failing server may have delayed it into
    quiet hours."""
    if message.channel is None:
        return None
    end = wait_out(times_of(message.channel.owner), now)
    if end <= now or any(map(is_urgent, message.alerts.all())):
        return None
    return end


def lock_people(keys: Collection[int]) -> list[User]:
    """Lock users, so that their choices and waiting messages do not change during the
    transaction."""
    return list(User.objects.filter(pk__in=keys).order_by("pk").select_for_update(no_key=True))


def new_message(channel: Channel, how: How, now: datetime) -> Message:
    """Return an unsaved message of alerts, due by the times of the channel's owner."""
    due_at = due(times_of(channel.owner), how, now)
    if how is not How.AT_ONCE:
        return digest(channel, how, (due_at, due_at), now)
    message = Message.of_alerts(channel, now)
    message.next_attempt_at = due_at
    return message


def digest(channel: Channel, how: How, slots: tuple[datetime, datetime], now: datetime) -> Message:
    """Return an unsaved digest, due at the last of these slots. It covers the time since the slot
    before the first."""
    first, until = slots
    since = latest_slot(times_of(channel.owner), how, first - first.resolution)
    period = PERIODS[how]
    context = {"period": period.value, "since": since.isoformat(), "until": until.isoformat()}
    message = Message.of_alerts(
        channel, now, kind=Message.Kind.DIGEST, period=period, until=until, context=context
    )
    message.next_attempt_at = until
    return message
