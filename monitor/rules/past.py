"""What a condition asks of the past: the extremes of a window, and what was sold in one."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from monitor.rules.condition import Step


def earlier(steps: Sequence[Step], at: datetime | None, days: int | None) -> list[int]:
    """The values before the present one that were in force at some time in the `days` before `at`, or ever."""
    if at is None or days is None:
        return [value for _, value in steps[:-1]]
    begins = _before(at, days)
    return [step.value for step, following in pairwise(steps) if following.at > begins]


def at_start(steps: Sequence[Step], at: datetime | None, days: int | None) -> int | None:
    """The value that was in force `days` before `at`; where nothing is known of then, the first that is."""
    if not steps:
        return None
    known = None if at is None or days is None else value_at(steps, _before(at, days))
    return steps[0].value if known is None else known


def value_at(steps: Sequence[Step], when: datetime) -> int | None:
    """The value that was in force at a moment; None before the first is known."""
    return next((step.value for step in reversed(steps) if step.at <= when), None)


def grown(steps: Sequence[Step], at: datetime, days: int) -> tuple[int, int] | None:
    """By how much a count grew in the last `days` and in as many days before; None where that is not known."""
    middle, first = (value_at(steps, _before(at, count)) for count in (days, 2 * days))
    return None if middle is None or first is None else (steps[-1].value - middle, middle - first)


def _before(at: datetime, days: int) -> datetime:
    return at - timedelta(days=days)
