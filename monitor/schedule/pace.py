"""How often to look at a product, given how often it is believed to change.

With changes at rate λ and looks at frequency f a change is found after 1/(2f) on average. To minimise Σ wλ/(2f), w
being what a product is worth, with Σ f given, look at each f = κ √(wλ) times a day (Lagrange), where κ is the fleet's
multiplier; then keep to the limits. Unlike schedules for freshness (Cho and Garcia-Molina, TODS 2003) nothing that
changes often is given up.
"""

import math
from dataclasses import dataclass

from monitor.schedule.belief import Belief, outlook
from monitor.schedule.day import Day
from monitor.schedule.fleet import Fleet

#: Look so much sooner than the data's greatest age says, because a look may have to wait for its turn.
IN_TIME = 0.94
#: A look that is put off until so near the greatest age may not be late.
_NEARLY = 0.75
#: The frequency and the rate that it is for depend on each other where a product swings.
_ROUNDS = 2


@dataclass(frozen=True, slots=True)
class Bounds:
    """What people ask for: how much a product is worth (1 is usual), and between how many days its looks lie."""

    weight: float = 1.0
    soonest: float = 1 / 288
    latest: float = math.inf


def calls_a_day(belief: Belief, fleet: Fleet, bounds: Bounds) -> tuple[float, float]:
    """How many looks a day a product deserves, and its demand √(weight × changes a day) before any limit."""
    most, least = 1 / bounds.soonest, 1 / (IN_TIME * bounds.latest)
    least = min(max(least, fleet.least), most)
    expected = outlook(belief, fleet.prior)
    days = 1.0
    for _ in range(_ROUNDS):
        calls = min(max(fleet.multiplier * math.sqrt(bounds.weight * expected.changes_a_day(days)), least), most)
        days = 1 / calls
    demand = math.sqrt(bounds.weight * expected.changes_a_day(days))
    return min(max(fleet.multiplier * demand, least), most), demand


def wait(calls: float, bounds: Bounds, day: Day, told_at: float, now: float, cached: float = 0.0) -> float:
    """Days until the next look at a product that is looked at `calls` times a day.

    It is reckoned from `told_at`, the data's own time; times are days since some midnight. The provider has nothing
    newer before the data is `cached` days old.
    """
    since = min(told_at, now)
    planned = max(since + day.wait(since, 1 / calls), since + cached)
    return max(min(planned - now, IN_TIME * bounds.latest), bounds.soonest)


def cannot_wait(days: float, bounds: Bounds) -> bool:
    """Whether a look in so many days has to be made as soon as it is due, whatever else is due by then."""
    return days >= _NEARLY * bounds.latest
