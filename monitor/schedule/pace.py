"""How often to look at a product, given how often it is believed to change.

With changes at rate λ and looks at frequency f a change is found after 1/(2f) on average. To minimise Σ wλ/(2f), w
being what a product is worth, with Σ f given, look at each f = κ √(wλ) times a day (Lagrange), where κ is the fleet's
multiplier; then keep to the limits. Unlike schedules for freshness (Cho and Garcia-Molina, TODS 2003) nothing that
changes often is given up.
"""

import math
from typing import NamedTuple

from monitor.schedule.belief import Belief, expected, expected_in_a_day, outlook
from monitor.schedule.day import Day
from monitor.schedule.fleet import Fleet

#: Look so much sooner than the data's greatest age says, because a look may have to wait for its turn.
IN_TIME = 0.94
#: A look that is put off until so near the greatest age may not be late.
_NEARLY = 0.6
#: The frequency and the rate that it is for depend on each other where a product swings.
_ROUNDS = 2


class Bounds(NamedTuple):
    """What people ask for: how much a product is worth (1 is usual), and between how many days its looks lie."""

    weight: float = 1.0
    soonest: float = 1 / 288
    latest: float = math.inf


def calls_a_day(belief: Belief, fleet: Fleet, bounds: Bounds) -> tuple[float, float]:
    """How many looks a day a product deserves, and its demand √(weight × changes a day) before any limit."""
    weight, soonest, latest = bounds
    multiplier, most, least = fleet.multiplier, 1 / soonest, 1 / (IN_TIME * latest)
    least = min(max(least, fleet.least), most)
    coming = outlook(belief, fleet.prior)
    demand = math.sqrt(weight * expected_in_a_day(coming))
    calls = multiplier * demand
    calls = least if calls < least else calls if calls < most else most
    for _ in range(_ROUNDS):
        before = calls
        demand = math.sqrt(weight * expected(coming, 1 / before))
        calls = multiplier * demand
        calls = least if calls < least else calls if calls < most else most
        if calls == before:
            break
    return calls, demand


def wait(calls: float, bounds: Bounds, day: Day, told_at: float, now: float, cached: float = 0.0) -> float:
    """Days until the next look at a product that is looked at `calls` times a day.

    It is reckoned from `told_at`, the data's own time; times are days since some midnight. The provider has nothing
    newer before the data is `cached` days old.
    """
    since = told_at if told_at < now else now
    _, soonest, latest = bounds
    days = day.wait(since, 1 / calls)
    days = since + (days if days > cached else cached) - now
    latest *= IN_TIME
    if days > latest:
        days = latest
    return days if days > soonest else soonest


def cannot_wait(days: float, bounds: Bounds) -> bool:
    """Whether a look in so many days has to be made as soon as it is due, whatever else is due by then."""
    return days >= _NEARLY * bounds.latest
