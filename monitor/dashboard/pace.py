"""Where the day's calls end if they go on as they did. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor.schedule.spending import AHEAD

DAY = timedelta(days=1)
#: Before this much of a day is over, what was called tells too little of the rest.
TELLING = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class DayEnd:
    """Calls that are wanted by the end of a day, and when its budget is used up, if they are more than it has."""

    calls: int
    used_up_at: datetime | None = None
    #: It is what the schedule asks, and not what the day was like until now.
    is_scheduled: bool = False


def day_end(calls: int, budget: int, began: datetime, now: datetime, scheduled: float | None) -> DayEnd | None:
    """The larger of what the day's pace and the schedule come to; the pace where the calls `scheduled` are not told."""
    at_pace = at_this_pace(calls, budget, began, now)
    if not scheduled:
        return at_pace
    planned = replace(at_a_rate(calls, budget, scheduled, now, began + DAY), is_scheduled=True)
    return at_pace if at_pace and at_pace.calls > planned.calls else planned


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
