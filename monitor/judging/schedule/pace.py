"""How often to check a product, given its expected rate of change.

With changes at rate λ and checks at frequency f a change is found after 1/(2f) on average. To
minimise Σ wλ/(2f) for a given Σ f, where w is the product's weight, check it f = κ √(wλ) times a
day (Lagrange), where κ is the fleet's multiplier; then apply the limits. Unlike schedules for
freshness (Cho and Garcia-Molina, TODS 2003) this never gives up products that change often.

A change that is undone before the next check is missed. With x = λ/f changes between two checks,
and a share p of changes that restore the state before, x²/2 · e^−x is the probability of two
changes, so about p x e^−x are missed. If a missed change is as bad as one found c days later,
minimise Σ wλ (1/(2f) + c p x e^−x): f = κ √(wλ a) with a = 1 + 2cpλ (1 − x) e^−x. For x > 1 this
would be less than 1, as fewer checks see fewer changes undone; but they find changes later too, so
a is 1 there."""

import math
from collections.abc import Callable
from typing import NamedTuple

from monitor.judging.schedule.belief import COMING_BACK, Belief, changes_a_day
from monitor.judging.schedule.fleet import Fleet

#: A check is due at this share of the longest interval, because it may have to wait for its turn.
IN_TIME = 0.94
#: A check with a wait of at least this share of the longest interval must not be late.
NEARLY = 0.6
#: A missed change is as bad as one found this many days, or this many changes, later, whichever is
#: sooner.
_DAYS_FOR_MISSED, _CHANGES_FOR_MISSED = 0.5, 12
#: Frequency and demand depend on each other.
_ROUNDS = 2


class Bounds(NamedTuple):
    """What users ask for: the product's weight (1 is normal), and the shortest and longest days
    between checks."""

    weight: float = 1.0
    soonest: float = 1 / 288
    latest: float = math.inf


def calls_a_day(belief: Belief, fleet: Fleet, bounds: Bounds) -> tuple[float, float, float]:
    """Return the checks a day of a product, its demand (at a multiplier of 1 and without limits),
    and the expected changes a day."""
    return _calls_a_day(lambda days: changes_a_day(belief, fleet.prior, days), fleet, bounds)


def calls_at_a_rate(rate: float, fleet: Fleet, bounds: Bounds) -> float:
    """Return the checks a day of a product with a constant rate of change."""
    return _calls_a_day(lambda _: rate, fleet, bounds)[0]


def _calls_a_day(
    rate_within: Callable[[float], float], fleet: Fleet, bounds: Bounds
) -> tuple[float, float, float]:
    """Return what `calls_a_day` returns; `rate_within` returns the changes a day expected in the
    coming days."""
    most = 1 / bounds.soonest
    least = min(max(1 / (IN_TIME * bounds.latest), fleet.least), most)
    rate = rate_within(1.0)
    demand = math.sqrt(bounds.weight * rate)
    for _ in range(_ROUNDS):
        calls = min(max(fleet.multiplier * demand, least), most)
        rate = rate_within(1 / calls)
        demand = demanded(bounds.weight, rate, calls)
    return min(max(fleet.multiplier * demand, least), most), demand, rate


def demanded(weight: float, rate: float, calls: float) -> float:
    """Return the checks a day at a multiplier of 1, for a product that is checked about `calls`
    times a day."""
    changes = rate / calls
    days_for_missed = min(_DAYS_FOR_MISSED, _CHANGES_FOR_MISSED / rate)
    more_missed = COMING_BACK * max(1 - changes, 0.0) * math.exp(-changes)
    return math.sqrt(weight * rate * (1 + 2 * days_for_missed * rate * more_missed))


def wait(calls: float, bounds: Bounds, age: float, cached: float = 0.0) -> float:
    """Return the days until the next check of a product that is checked `calls` times a day.

    It counts from the data time, `age` days ago. The provider has nothing newer before the data is
    `cached` days old."""
    days = max(1 / calls, cached) - age
    return max(min(days, IN_TIME * bounds.latest), bounds.soonest)
