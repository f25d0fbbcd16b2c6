"""Why a product's next check comes when it does. Pure: the product's standing and the planner in, a `Reason` out.

`next_at` was planned at the last check; everything else is as of now:
limits, the budget or the fit may have changed since.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import accumulate

from monitor.schedule.belief import Prior, changes_a_day
from monitor.schedule.limits import ALL_DAY, Limits
from monitor.schedule.looks import GONE_EVERY
from monitor.schedule.pace import IN_TIME, calls_a_day
from monitor.schedule.planner import Known, Planner, days_of

#: The rate is the mean over this many coming days.
_RATE_DAYS = 7.0
#: Hours are busy if at most this many of them have half of all changes, in at most this many spans.
_MOST_HOURS, _MOST_SPANS = 8, 3
_CLOSE = 1 + 1e-9


class NextCheck(StrEnum):
    UNWATCHED = "unwatched"
    RUNNING = "running"
    ASKED = "asked"
    FIRST = "first"
    FAILING = "failing"
    DOUBT = "doubt"
    GONE = "gone"
    PLANNED = "planned"


class Cause(StrEnum):
    """What determines how often a product is checked."""

    FIXED = "fixed"
    LATEST = "latest"
    SOONEST = "soonest"
    #: The provider answers from its cache until the data is this old.
    CACHED = "cached"
    RATE = "rate"


@dataclass(frozen=True, slots=True)
class CheckStanding:
    """A product between two checks. `told_at` is the data time of the last answer."""

    limits: Limits | None
    next_at: datetime | None
    checked_at: datetime | None = None
    told_at: datetime | None = None
    known: Known = field(default_factory=Known)
    is_claimed: bool = False
    is_asked: bool = False
    is_failing: bool = False
    is_doubted: bool = False
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """Why the next check comes at `next_at`; None when nobody asks for checks, or while one is running.

    `every`: about the interval between checks, within the wanted hours. `rate`: changes a day; None while too little is
    known. `stretch`: the factor between the longest interval and the one asked for. `busy`: spans of hours of the
    shops' day in which half of all products' changes happen, if the schedule uses them.
    """

    state: NextCheck
    next_at: datetime | None = None
    cause: Cause | None = None
    every: timedelta | None = None
    rate: float | None = None
    stretch: float = 1.0
    hours: int = ALL_DAY
    busy: tuple[tuple[int, int], ...] = ()
    is_late: bool = False


def explain(standing: CheckStanding, planner: Planner, now: datetime) -> Reason:
    limits, next_at = standing.limits, standing.next_at
    rate = learned_rate(standing.known, planner.fleet.prior)
    if limits is None or next_at is None:
        return Reason(NextCheck.UNWATCHED, rate=rate)
    state = _state(standing)
    cause: Cause | None
    cause, every = _pace(standing, limits, planner, now)
    if state is NextCheck.GONE:
        cause, every = None, max(GONE_EVERY, limits.latest, every)
    return Reason(
        state,
        None if state is NextCheck.RUNNING else next_at,
        cause,
        every,
        rate,
        stretch=limits.stretched(planner.fleet.stretch) / limits.latest,
        hours=limits.hours,
        busy=busy_spans(planner.day.weights) if cause is Cause.RATE else (),
        is_late=state is not NextCheck.RUNNING and next_at <= now,
    )


def _state(standing: CheckStanding) -> NextCheck:
    if standing.is_claimed:
        return NextCheck.RUNNING
    if standing.is_asked:
        return NextCheck.ASKED
    if standing.checked_at is None:
        return NextCheck.FIRST
    if standing.is_failing:
        return NextCheck.FAILING
    if standing.is_doubted:
        return NextCheck.DOUBT
    return NextCheck.GONE if standing.is_gone else NextCheck.PLANNED


def _pace(standing: CheckStanding, limits: Limits, planner: Planner, now: datetime) -> tuple[Cause, timedelta]:
    """Returns what determines the interval between checks, and the interval."""
    fleet = planner.fleet
    longest = limits.stretched(fleet.stretch)
    if limits.is_fixed:
        return Cause.FIXED, longest
    bounds = limits.bounds(fleet.stretch)
    calls, demand, _ = calls_a_day(standing.known.belief, fleet, bounds)
    every = 1 / calls
    told_at = days_of(standing.told_at or standing.checked_at or now)
    cached = standing.known.cached
    if cached > planner.day.wait(told_at, every) and cached > every:
        return Cause.CACHED, timedelta(days=min(cached, bounds.latest))
    if fleet.multiplier * demand * bounds.soonest * _CLOSE >= 1:
        return Cause.SOONEST, timedelta(days=bounds.soonest)
    if calls * IN_TIME * bounds.latest <= _CLOSE:
        return Cause.LATEST, longest
    return Cause.RATE, timedelta(days=every)


def learned_rate(known: Known, prior: Prior) -> float | None:
    """Returns the changes a day in the coming week; None while its own checks tell less than the prior."""
    belief = known.belief
    if belief.days < prior.days and belief.changes < max(1.0, prior.shape):
        return None
    return changes_a_day(belief, prior, _RATE_DAYS, curiosity=1.0)


def busy_spans(weights: Sequence[float]) -> tuple[tuple[int, int], ...]:
    """Returns the fewest hours in which half of all changes happen, as spans from an hour until another.

    Empty if they are many or scattered. `weights` are those of a `Day`.
    """
    if not weights:
        return ()
    steps = len(weights) // 24
    by_hour = [math.fsum(weights[hour * steps : (hour + 1) * steps]) for hour in range(24)]
    ranked = sorted(range(24), key=lambda hour: -by_hour[hour])
    so_far = list(accumulate(by_hour[hour] for hour in ranked))
    enough = next(number for number, total in enumerate(so_far, 1) if 2 * total >= so_far[-1])
    spans = hour_spans(set(ranked[:enough]))
    return spans if enough <= _MOST_HOURS and len(spans) <= _MOST_SPANS else ()


def hour_spans(hours: Collection[int]) -> tuple[tuple[int, int], ...]:
    """Returns some of a day's hours, not all, as spans from an hour until another. A span may contain midnight."""
    begins = sorted(hour for hour in hours if (hour - 1) % 24 not in hours)
    return tuple(
        (begin, next(hour % 24 for hour in range(begin + 1, begin + 25) if hour % 24 not in hours)) for begin in begins
    )
