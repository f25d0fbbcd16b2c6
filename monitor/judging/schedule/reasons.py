"""Why a product is checked as often as it is. Pure."""

from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

from monitor.judging.schedule.belief import changes_a_day
from monitor.judging.schedule.limits import Limits
from monitor.judging.schedule.next_check import GONE_EVERY
from monitor.judging.schedule.pace import IN_TIME, calls_a_day
from monitor.judging.schedule.planner import Known, Planner

#: An interval that is longer than the one asked for by this factor is called slowed.
_SLOWED = 1.05
#: Intervals count as equal up to rounding.
_CLOSE = 1 + 1e-9


class PaceReason(StrEnum):
    AS_SET = "as_set"
    BY_CHANGES = "by_changes"
    SLOWED = "slowed"
    FAILING = "failing"
    PAUSED = "paused"


class CheckPace(NamedTuple):
    """`every`: about the interval between checks; None while a product is not checked."""

    reason: PaceReason
    every: timedelta | None = None


def check_pace(
    limits: Limits | None,
    known: Known,
    planner: Planner,
    asked: timedelta | None = None,
    *,
    is_failing: bool = False,
    is_gone: bool = False,
) -> CheckPace:
    """Return how often a product with these limits is checked, and why.

    `asked` is the longest interval that the reader's lists ask for, if they ask for any.
    """
    if limits is None:
        return CheckPace(PaceReason.PAUSED)
    longest = limits.stretched(planner.fleet.stretch)
    bounds = limits.bounds(planner.fleet.stretch)
    calls = calls_a_day(changes_a_day(known.belief, planner.fleet.prior), planner.fleet, bounds)
    # The provider has nothing newer before its cached answers expire.
    days = max(1 / calls, known.cached)
    reason, every = PaceReason.BY_CHANGES, timedelta(days)
    if is_gone:
        reason, every = PaceReason.AS_SET, max(GONE_EVERY, longest)
    elif limits.is_fixed or days * _CLOSE >= IN_TIME * bounds.latest:
        reason, every = PaceReason.AS_SET, longest
    elif days <= bounds.soonest * _CLOSE:
        reason, every = PaceReason.AS_SET, timedelta(bounds.soonest)
    if is_failing:
        reason = PaceReason.FAILING
    elif asked is not None and not is_gone and every >= _SLOWED * asked:
        reason = PaceReason.SLOWED
    return CheckPace(reason, every)
