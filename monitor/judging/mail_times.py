"""When a mail of alerts is due, by the user's choices. Pure. Hours are those of the user's clock.

A digest's slot is the time at which it is due: each full hour of UTC, or the user's hour of a day.
If the clock skips that hour, the next existing time counts; if it comes twice, the first one. All
returned times are in UTC."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

#: How long the first alert of a mail waits for others.
GATHER = timedelta(minutes=2)
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)


class How(StrEnum):
    AT_ONCE = "at_once"
    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"


#: Digests that come even without news.
SCHEDULED = (How.DAILY, How.WEEKLY)


@dataclass(frozen=True, slots=True)
class MailTimes:
    """A user's clock and hours.

    `hour` and `weekday` (0 is Monday) are for digests. `quiet` is the hour from which and the hour
    until which only urgent alerts are mailed; the two differ, and midnight may lie between them.
    """

    zone: tzinfo
    hour: int = 9
    weekday: int = 0
    quiet: tuple[int, int] | None = None


def due(times: MailTimes, how: How, now: datetime) -> datetime:
    """Return when a mail that is written at `now` is sent: later than `now`, and never in quiet
    hours."""
    return wait_out(times, now + GATHER) if how is How.AT_ONCE else next_slot(times, how, now)


def next_slot(times: MailTimes, how: How, after: datetime) -> datetime:
    """Return the first slot after a time. Quiet hours delay a digest to their end."""
    return next(slot for slot in _slots(times, how, after) if slot > after)


def latest_slot(times: MailTimes, how: How, at: datetime) -> datetime:
    """Return the last slot up to a time."""
    return max(slot for slot in _slots(times, how, at) if slot <= at)


def wait_out(times: MailTimes, moment: datetime) -> datetime:
    """Return the time itself or, in quiet hours, their end."""
    if times.quiet is None or not is_quiet(times, moment):
        return moment.astimezone(UTC)
    today, ends = moment.astimezone(times.zone).date(), times.quiet[1]
    end = first_at(times.zone, today, ends)
    return end if end > moment else first_at(times.zone, today + _DAY, ends)


def is_quiet(times: MailTimes, moment: datetime) -> bool:
    if times.quiet is None:
        return False
    begins, ends = times.quiet
    hour = moment.astimezone(times.zone).hour
    return begins <= hour < ends if begins < ends else hour >= begins or hour < ends


def first_at(zone: tzinfo, day: date, hour: int) -> datetime:
    """Return the first time at which a clock shows that hour of that day; if it skips the hour, as
    much later."""
    return datetime.combine(day, time(hour), zone).astimezone(UTC)


def _slots(times: MailTimes, how: How, around: datetime) -> list[datetime]:
    """Return the slots around a time, in order: at least one up to it and one after it, also if
    quiet hours delay them for a day."""
    if how is How.HOURLY:
        hour = around.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        starts = [hour + n * _HOUR for n in range(-25, 27)]
    else:
        today = around.astimezone(times.zone).date()
        days = [today + n * _DAY for n in range(-9, 10)]
        starts = [
            first_at(times.zone, day, times.hour)
            for day in days
            if how is How.DAILY or day.weekday() == times.weekday
        ]
    return [wait_out(times, start) for start in starts]
