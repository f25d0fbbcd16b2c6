"""How often to look at a product, given how often it is believed to change.

With changes at rate λ and looks at frequency f a change is found after 1/(2f) on average. To minimise Σ wλ/(2f), w
being what a product is worth, with Σ f given, look at each f = κ √(wλ) times a day (Lagrange), where κ is the fleet's
multiplier; then keep to the limits. Unlike schedules for freshness (Cho and Garcia-Molina, TODS 2003) nothing that
changes often is given up.

A change that the next one undoes before anybody looks is missed. Where x = λ/f changes come between two looks and the
share p of changes bring back what was before, x²/2 · e^−x is the chance of two changes, so about p x e^−x are missed.
If a missed change is as bad as one found c days later, Σ wλ (1/(2f) + c p x e^−x) is what to minimise: f = κ √(wλ a)
with a = 1 + 2cpλ (1 − x) e^−x. Where looks don't keep up with a product, x > 1, a would be less than 1: fewer looks
would see fewer of its changes undone. They would find them later too, so a is 1 there.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

from monitor.schedule.belief import COMING_BACK, Belief, changes_a_day
from monitor.schedule.day import Day
from monitor.schedule.fleet import Fleet

#: Look so much sooner than the data's greatest age says, because a look may have to wait for its turn.
IN_TIME = 0.94
#: A look that is put off until so near the greatest age may not be late.
_NEARLY = 0.6
#: A missed change is as bad as one that is found so many days later, or so many changes later where that is sooner.
_DAYS_FOR_MISSED, _CHANGES_FOR_MISSED = 0.5, 12
#: The frequency and what it is for depend on each other.
_ROUNDS = 2


class Bounds(NamedTuple):
    """What people ask for: how much a product is worth (1 is usual), and between how many days its looks lie."""

    weight: float = 1.0
    soonest: float = 1 / 288
    latest: float = math.inf


def calls_a_day(belief: Belief, fleet: Fleet, bounds: Bounds) -> tuple[float, float, float]:
    """How many looks a day a product deserves, how many it would at a multiplier of 1 and without limits, and how many
    changes a day are expected."""

    def rate_within(days: float) -> float:
        return changes_a_day(belief, fleet.prior, days)

    return _deserved(rate_within, fleet, bounds)


def calls_at_a_rate(rate: float, fleet: Fleet, bounds: Bounds) -> float:
    """How many looks a day a product deserves that changes so often whenever it is looked at."""
    return _deserved(lambda _: rate, fleet, bounds)[0]


def _deserved(rate_within: Callable[[float], float], fleet: Fleet, bounds: Bounds) -> tuple[float, float, float]:
    """The same, where `rate_within` tells how many changes a day are expected in so many coming days."""
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
    """How many looks a day a product deserves at a multiplier of 1, which changes so often a day and is looked at about
    so many times."""
    changes = rate / calls
    days_for_missed = min(_DAYS_FOR_MISSED, _CHANGES_FOR_MISSED / rate)
    more_missed = COMING_BACK * max(1 - changes, 0.0) * math.exp(-changes)
    return math.sqrt(weight * rate * (1 + 2 * days_for_missed * rate * more_missed))


def wait(calls: float, bounds: Bounds, day: Day, told_at: float, now: float, cached: float = 0.0) -> float:
    """Days until the next look at a product that is looked at `calls` times a day.

    It is reckoned from `told_at`, the data's own time; times are days since some midnight. The provider has nothing
    newer before the data is `cached` days old.
    """
    since = min(told_at, now)
    days = since + max(day.wait(since, 1 / calls), cached) - now
    return max(min(days, IN_TIME * bounds.latest), bounds.soonest)


def cannot_wait(days: float, bounds: Bounds) -> bool:
    """Whether a look in so many days has to be made as soon as it is due, whatever else is due by then."""
    return days >= _NEARLY * bounds.latest
