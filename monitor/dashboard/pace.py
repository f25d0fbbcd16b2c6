"""Where the day's calls end if they go on as they did. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor.schedule.spending import AHEAD

DAY = timedelta(days=1)
#: Before this much of a day is over, what was called tells too little of the rest.
TELLING = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls a day: what checks take at least, and at most, however much there is to be found."""

    least: float = 0.0
    most: float = 0.0

    def __add__(self, other: Calls) -> Calls:
        return Calls(self.least + other.least, self.most + other.most)

    def __mul__(self, count: int) -> Calls:
        return Calls(self.least * count, self.most * count)

    @property
    def is_open(self) -> bool:
        """Whether checks take more than the least where there are calls for it."""
        return self.most > self.least


@dataclass(frozen=True, slots=True)
class DayEnd:
    """Calls that are wanted by the end of a day, and when its budget is used up, if they are more than it has."""

    calls: int
    used_up_at: datetime | None = None
    #: It is what the schedule asks, and not what the day was like until now.
    is_scheduled: bool = False
    #: The schedule spends what is left of the budget where most is found, all of it.
    is_whole: bool = False


def day_end(calls: int, budget: int, began: datetime, now: datetime, scheduled: Calls | None) -> DayEnd | None:
    """The larger of what the day's pace and the schedule come to; the pace where the calls `scheduled` are not told."""
    at_pace = at_this_pace(calls, budget, began, now)
    if scheduled is None or not scheduled.most:
        return at_pace
    planned = as_scheduled(calls, budget, scheduled, now, began + DAY)
    return at_pace if at_pace and at_pace.calls > planned.calls and not planned.is_whole else planned


def as_scheduled(calls: int, budget: int, scheduled: Calls, now: datetime, ends: datetime) -> DayEnd:
    """After `calls` until `now`, checks go on as the schedule has them: what is needed first, which may be more than
    the budget has, and then what is left of it, as far as there is anything that may be checked more often."""
    needed = at_a_rate(calls, budget, scheduled.least, now, ends)
    if needed.used_up_at is not None or not scheduled.is_open:
        return replace(needed, is_scheduled=True)
    wanted = at_a_rate(calls, budget, scheduled.most, now, ends)
    return DayEnd(min(budget, wanted.calls), is_scheduled=True, is_whole=wanted.calls >= budget)


def at_this_pace(calls: int, budget: int, began: datetime, now: datetime) -> DayEnd | None:
    """The day that `began` goes on as it did until `now`; None while that cannot be said yet."""
    elapsed = now - began
    if elapsed < TELLING or calls <= 0:
        return None
    return at_a_rate(calls, budget, calls * (DAY / elapsed), now, began + DAY)


def at_a_rate(calls: int, budget: int, calls_a_day: float, now: datetime, ends: datetime) -> DayEnd:
    """After `calls` until `now`, they go on at `calls_a_day` until the day `ends`.

    Too many of them are spread over the day: they last until the schedule may spend the whole budget.
    """
    wanted = calls + round(calls_a_day * (max(timedelta(0), ends - now) / DAY))
    if wanted <= budget:
        return DayEnd(wanted)
    left = budget - calls
    spread_until = ends - DAY * AHEAD / 100
    return DayEnd(wanted, max(now + DAY * (left / calls_a_day), spread_until) if left > 0 else now)
