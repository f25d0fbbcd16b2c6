"""The Chinese shopping year: the great sales, weekends and hours of the day, all in UTC+8."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import NamedTuple

from monitor.sandbox.rhythm import DAY, HOUR

BEIJING = timezone(timedelta(hours=8))
_OFFSET = 8 * HOUR
# 1 January 1970 was a Thursday; Monday is day 0 of a week.
_FIRST_WEEKDAY = 3
SATURDAY = 5
FESTIVALS_A_YEAR = 6


class Festival(NamedTuple):
    """A sale every merchant knows, from `start` up to `end` (Unix seconds)."""

    name: str
    start: int
    end: int


def day_of(now: int) -> int:
    """The number of the local day that holds the Unix second `now`."""
    return (now + _OFFSET) // DAY


def start_of(day: int) -> int:
    """The Unix second at which local day `day` begins."""
    return day * DAY - _OFFSET


def hour_of(now: int) -> float:
    """Hours since local midnight, in [0, 24)."""
    return (now + _OFFSET) % DAY / HOUR


def weekday_of(day: int) -> int:
    """0 for Monday to 6 for Sunday."""
    return (day + _FIRST_WEEKDAY) % 7


def year_of(now: int) -> int:
    """The local calendar year."""
    return datetime.fromtimestamp(now, BEIJING).year


@cache
def festivals(year: int) -> tuple[Festival, ...]:
    """The year's sales in order. Most begin at eight in the evening before their first day, as the platforms do it."""
    spans = (
        ("年货节", (1, 8, 0), (1, 13, 0)),
        ("38", (3, 4, 20), (3, 9, 0)),
        ("618", (6, 15, 20), (6, 21, 0)),
        ("818", (8, 16, 20), (8, 20, 0)),
        ("1111", (11, 8, 20), (11, 13, 0)),
        ("1212", (12, 10, 20), (12, 14, 0)),
    )
    return tuple(Festival(f"{name}-{year}", _second(year, *start), _second(year, *end)) for name, start, end in spans)


def _second(year: int, month: int, day: int, hour: int) -> int:
    return int(datetime(year, month, day, hour, tzinfo=BEIJING).astimezone(UTC).timestamp())


def festival_at(now: int) -> Festival | None:
    """The sale that is on at `now`, if any."""
    for festival in festivals(year_of(now)):
        if festival.start <= now < festival.end:
            return festival
    return None


def festivals_between(start: int, end: int) -> Iterator[Festival]:
    """Every sale that is on at some moment of [start, end]."""
    for year in range(year_of(start), year_of(end) + 1):
        for festival in festivals(year):
            if festival.start <= end and festival.end > start:
                yield festival


def festivals_so_far(start_year: int, now: int) -> float:
    """How many sales there have been since `start_year` began; one that is on counts by its elapsed share."""
    year = year_of(now)
    done = 0.0
    for festival in festivals(year):
        elapsed = (now - festival.start) / (festival.end - festival.start)
        done += min(1.0, max(0.0, elapsed))
    return FESTIVALS_A_YEAR * (year - start_year) + done
