"""A day's calls are spent evenly: how many of them may have been made by an instant of the day."""

from datetime import UTC, datetime, time, timedelta, tzinfo

#: So many of a hundred calls may be spent ahead of the even share.
AHEAD = 2
#: So many of a hundred are kept for what people ask for and for confirmations, until the day's last hour.
KEPT = 5
LAST_HOUR = timedelta(hours=1)
_UNIT = timedelta(microseconds=1)


def spendable(cap: int, now: datetime, zone: tzinfo) -> int:
    """How many of the day's `cap` calls the schedule may have spent by `now`, an aware instant.

    The day is the calendar's in `zone`, of 23 or 25 hours where its clocks change. Nothing but the instant counts, so
    a clock that jumps leads nowhere else than one that did not.
    """
    begins, ends = _day(now, zone)
    passed, whole = (now.astimezone(UTC) - begins) // _UNIT, (ends - begins) // _UNIT
    even = cap * (100 * passed + AHEAD * whole) // (100 * whole)
    kept = cap * KEPT // 100 if ends - now > LAST_HOUR else 0
    return max(0, min(even, cap - kept))


def _day(now: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """The instants at which the day of `now` begins and ends."""
    today = now.astimezone(zone).date()
    midnights = (datetime.combine(day, time.min, zone) for day in (today, today + timedelta(days=1)))
    begins, ends = (midnight.astimezone(UTC) for midnight in midnights)
    return begins, ends
