"""How often to check a product, given its expected rate of change.

With changes at rate λ and checks at frequency f a change is found after 1/(2f) on average. To
minimise Σ wλ/(2f) for a given Σ f, where w is the product's weight, check it f = κ √(wλ) times a
day (Lagrange), where κ is the fleet's multiplier; then apply the limits. Unlike schedules for
freshness (Cho and Garcia-Molina, TODS 2003) this never gives up products that change often."""

import math
from typing import NamedTuple

from monitor.judging.schedule.fleet import Fleet

#: A check is due at this share of the longest interval, because it may have to wait for its turn.
IN_TIME = 0.94
#: A check with a wait of at least this share of the longest interval must not be late.
NEARLY = 0.6


class Bounds(NamedTuple):
    """What users ask for: the product's weight (1 is normal), and the shortest and longest days
    between checks."""

    weight: float = 1.0
    soonest: float = 1 / 288
    latest: float = math.inf


def calls_a_day(rate: float, fleet: Fleet, bounds: Bounds) -> float:
    """Return the checks a day of a product that is expected to change `rate` times a day."""
    most = 1 / bounds.soonest
    least = min(max(1 / (IN_TIME * bounds.latest), fleet.least), most)
    return min(max(fleet.multiplier * demand(rate, bounds), least), most)


def demand(rate: float, bounds: Bounds) -> float:
    """Return the checks a day at a multiplier of 1 and without limits."""
    return math.sqrt(bounds.weight * rate)


def wait(calls: float, bounds: Bounds, age: float, cached: float = 0.0) -> float:
    """Return the days until the next check of a product that is checked `calls` times a day.

    It counts from the data time, `age` days ago. The provider has nothing newer before the data is
    `cached` days old."""
    days = max(1 / calls, cached) - age
    return max(min(days, IN_TIME * bounds.latest), bounds.soonest)
