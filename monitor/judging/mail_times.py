"""When a mail of alerts is due, by the user's choices. Pure. Hours are those of the user's clock.

A digest's slot is the time at which it is due. If the clock skips an hour, the next existing time
counts; if an hour comes twice, the first one. All returned times are in UTC."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from itertools import count

#: How long the first alert of a mail waits for others.
GATHER = timedelta(minutes=2)
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_SECOND = timedelta(seconds=1)
#: A digest is at most this late: quiet hours and skipped hours delay it.
_LONGEST_DELAY = 3 * _DAY


class How(StrEnum):
    AT_ONCE = "at_once"
    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"


#: Digests that come even without news.
SCHEDULED = (How.DAILY, How.WEEKLY)


@dataclass(frozen=True, slots=True)
class MailPlan:
    """A user's clock and hours.

    `hour` and `weekday` (0 is Monday) are for digests. `quiet` is the hour from which and the hour
    until which only urgent alerts are mailed; the two differ, and midnight may lie between them.
    """

    zone: tzinfo
    hour: int = 9
    weekday: int = 0
    quiet: tuple[int, int] | None = None


def due(plan: MailPlan, how: How, now: datetime) -> datetime:
    """Return when a mail that is written at `now` is sent: later than `now`, and never in quiet
    hours."""
    return wait_out(plan, now + GATHER) if how is How.AT_ONCE else next_slot(plan, how, now)


def next_slot(plan: MailPlan, how: How, after: datetime) -> datetime:
    """Return the first slot after a time. Quiet hours delay a digest to their end."""
    if how is How.HOURLY:
        return wait_out(plan, _full_hour(plan, after) + _HOUR)
    days = _days(plan, how, after - _LONGEST_DELAY)
    return next(slot for slot in (_slot(plan, day) for day in days) if slot > after)


def latest_slot(plan: MailPlan, how: How, at: datetime) -> datetime:
    """Return the last slot up to a time."""
    if how is How.HOURLY:
        hour = _full_hour(plan, at)
        while wait_out(plan, hour) > at:
            hour = _full_hour(plan, hour - _SECOND)
        return wait_out(plan, hour)
    days = _days(plan, how, at + _DAY, step=-1)
    return next(slot for slot in (_slot(plan, day) for day in days) if slot <= at)


def wait_out(plan: MailPlan, moment: datetime) -> datetime:
    """Return the time itself or, in quiet hours, their end."""
    while is_quiet(plan, moment):
        assert plan.quiet is not None
        today, ends = moment.astimezone(plan.zone).date(), plan.quiet[1]
        moment = next(
            end for n in count() if (end := first_at(plan.zone, today + n * _DAY, ends)) > moment
        )
    return moment.astimezone(UTC)


def is_quiet(plan: MailPlan, moment: datetime) -> bool:
    if plan.quiet is None:
        return False
    begins, ends = plan.quiet
    hour = moment.astimezone(plan.zone).hour
    return begins <= hour < ends if begins < ends else hour >= begins or hour < ends


def first_at(zone: tzinfo, day: date, hour: int) -> datetime:
    """Return the first time at which a clock shows that hour of that day; if it skips the hour, as
    much later."""
    return datetime.combine(day, time(hour), zone).astimezone(UTC)


def _slot(plan: MailPlan, day: date) -> datetime:
    return wait_out(plan, first_at(plan.zone, day, plan.hour))


def _days(plan: MailPlan, how: How, start: datetime, step: int = 1) -> Iterator[date]:
    """Yield the days of digests by the user's calendar, from `start` on."""
    first = start.astimezone(plan.zone).date()
    days = (first + n * step * _DAY for n in count())
    return (day for day in days if how is How.DAILY or day.weekday() == plan.weekday)


def _full_hour(plan: MailPlan, at: datetime) -> datetime:
    """Return the last full hour of the user's clock. An hour that comes twice counts as two."""
    local = at.astimezone(plan.zone)
    since = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return at.astimezone(UTC) - since
