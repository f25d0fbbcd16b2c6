"""How users have chosen to get the alerts of their watchlists, and the messages that follow from it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Self
from zoneinfo import ZoneInfo

from django.conf import settings

from monitor.mail_times import SCHEDULED, How, MailPlan, due, latest_slot, next_slot, wait_out
from monitor.models import Alert, Channel, MailChoice, Message, User

PERIODS = {How.HOURLY: Message.Period.HOUR, How.DAILY: Message.Period.DAY, How.WEEKLY: Message.Period.WEEK}
HOWS = {period: how for how, period in PERIODS.items()}


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a user's alerts go: a channel, or the mailbox if it is None."""

    user: User
    channel: Channel | None = None

    @property
    def key(self) -> tuple[int, int | None]:
        return self.user.pk, self.channel.pk if self.channel else None


@dataclass(frozen=True, slots=True)
class Choices:
    """The choices of some users for single watchlists, by user and watchlist."""

    _chosen: dict[int, dict[int, MailChoice]]

    @classmethod
    def of(cls, users: Iterable[User]) -> Self:
        """One query."""
        chosen: dict[int, dict[int, MailChoice]] = {user.pk: {} for user in users}
        for choice in MailChoice.objects.filter(user__in=chosen):
            chosen[choice.user_id][choice.watchlist_id] = choice
        return cls(chosen)

    def wants(self, user_id: int, watchlist_id: int) -> bool:
        choice = self._chosen[user_id].get(watchlist_id)
        return choice is None or not choice.is_off

    def how(self, to: Destination, watchlist_id: int) -> How:
        """Returns how a list's alerts are sent, if they are wanted."""
        if to.channel is not None:
            return How(to.channel.how)
        user = to.user
        choice = self._chosen[user.pk].get(watchlist_id)
        return How(choice.how if choice is not None and choice.how else user.mail_how)

    def next_digest(self, user: User, now: datetime) -> datetime | None:
        """Returns when the next daily or weekly digest for `user` is due, if any list may need one."""
        chosen = {choice.how for choice in self._chosen[user.pk].values() if not choice.is_off}
        plan = plan_of(user)
        return min(
            (next_slot(plan, how, now) for how in SCHEDULED if how.value in chosen | {user.mail_how}), default=None
        )


def zone_of(user: User | None) -> tzinfo:
    """Returns the user's time zone, or the default without a user or with an unknown zone."""
    try:
        return ZoneInfo(user.time_zone if user else settings.DEFAULT_USER_TIME_ZONE)
    except (ValueError, LookupError):
        return ZoneInfo(settings.DEFAULT_USER_TIME_ZONE)


def plan_of(user: User) -> MailPlan:
    begins, ends = user.quiet_from, user.quiet_to
    quiet = (begins, ends) if begins is not None and ends is not None else None
    return MailPlan(zone_of(user), user.digest_hour, user.digest_weekday, quiet)


def is_urgent(alert: Alert) -> bool:
    """Whether the rule was urgent when it fired. Old alerts do not record it."""
    return bool(alert.rule_as_it_was.get("is_urgent"))


def quiet_until(message: Message, alerts: Iterable[Alert], now: datetime) -> datetime | None:
    """Returns until when a due message of `alerts` waits. A failing server may have delayed it into quiet hours."""
    if message.recipient is None or message.kind not in Message.OF_ALERTS or any(map(is_urgent, alerts)):
        return None
    end = wait_out(plan_of(message.recipient), now)
    return end if end > now else None


def lock_people(keys: Collection[int]) -> list[User]:
    """Locks users, so that their choices and waiting mails do not change during the transaction."""
    return list(User.objects.filter(pk__in=keys).order_by("pk").select_for_update(no_key=True))


def new_message(to: Destination, how: How, now: datetime) -> Message:
    """Returns an unsaved message of alerts, due by the user's plan."""
    due_at = due(plan_of(to.user), how, now)
    if how is not How.AT_ONCE:
        return digest(to, how, (due_at, due_at), now)
    message = Message.to(to.user, now, channel=to.channel)
    message.next_attempt_at = due_at
    return message


def digest(to: Destination, how: How, slots: tuple[datetime, datetime], now: datetime) -> Message:
    """Returns an unsaved digest, due at the last of these slots. It covers the time since the slot before the first."""
    first, until = slots
    since = latest_slot(plan_of(to.user), how, first - first.resolution)
    period = PERIODS[how]
    context = {"period": period.value, "since": since.isoformat(), "until": until.isoformat()}
    kind = Message.Kind.DIGEST
    message = Message.to(to.user, now, channel=to.channel, kind=kind, period=period, until=until, context=context)
    message.next_attempt_at = until
    return message
