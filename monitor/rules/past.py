"""What a condition asks of the past: the extremes of a window, and what was sold in one."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from operator import attrgetter

from monitor.rules.condition import Step

_since = attrgetter("at")


def earlier(steps: Sequence[Step], at: datetime | None, days: int | None) -> list[int]:
    """The values before the present one that were in force at some time in the `days` before `at`, or ever."""
    first = 0 if at is None or days is None else max(_place(steps, _before(at, days)), 0)
    return [value for _, value in steps[first:-1]]


def at_start(steps: Sequence[Step], at: datetime | None, days: int | None) -> int | None:
    """The value that was in force `days` before `at`; where nothing is known of then, the first that is."""
    if not steps:
        return None
    known = None if at is None or days is None else value_at(steps, _before(at, days))
    return steps[0].value if known is None else known


def value_at(steps: Sequence[Step], when: datetime) -> int | None:
    """The value that was in force at a moment; None before the first is known."""
    place = _place(steps, when)
    return None if place < 0 else steps[place].value


def grown(steps: Sequence[Step], at: datetime, days: int) -> tuple[int, int] | None:
    """By how much a count grew in the last `days` and in as many days before; None where that is not known."""
    middle, first = (value_at(steps, _before(at, count)) for count in (days, 2 * days))
    return None if middle is None or first is None else (steps[-1].value - middle, middle - first)


def _place(steps: Sequence[Step], when: datetime) -> int:
    """The place of the step that was in force at a moment; -1 before the first."""
    return bisect_right(steps, when, key=_since) - 1


def _before(at: datetime, days: int) -> datetime:
    return at - timedelta(days=days)
