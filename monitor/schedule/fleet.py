"""What is common to all products: the prior of their beliefs, and the multiplier that makes them take the budget.

Both are fitted once an hour from aggregates: the prior from some thousand beliefs, the multiplier from how many calls
all products together would take under a few of them.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from monitor.schedule.belief import Belief, Prior, Shares, gamma, swinging

#: What products are expected to do before there are any, as so many changes and days of evidence.
_CHANGES, _DAYS = 5.0, 10.0
#: So many products that differ as the first prior says, and of which this share swings, are added to the others.
_PRODUCTS, _SWINGING = 5.0, 0.05
_SHAPES = 0.3, 100.0
#: Looks are taken to tell at least so much of how products differ; how many times more or less they are said to differ
#: than an hour before, at most.
_LEAST_TOLD, _FARTHEST = 0.1, 2.0
#: Calls a day that every product gets at least, as a share of what each would get if all got the same.
LEAST_SHARE = 0.15
#: The share of the budget that frequencies are made for, at least and at most. The rest is spent as well: on what is
#: due next, and on what turns out to be worth more than was planned.
PLANNED = 0.8, 0.96
#: What is due for less than so many minutes does not wait for its turn yet: many looks are planned for one moment, as
#: the day's profile has it.
PATIENT = 10
#: By how much it falls in an hour in which more than this share of an hour's calls is overdue, and rises in others.
_OVERDUE, _FALLS, _RISES = 0.02, 0.97, 1.005
#: How many multipliers are tried at once, and how far from the present one at first.
_TRIED, _NEAR = 17, 32.0
#: No multiplier lies beyond these.
_MULTIPLIERS = 1e-9, 1e9
#: A multiplier is found when it is known within this ratio.
_CLOSE = 1.001


@dataclass(frozen=True, slots=True)
class Fleet:
    """`multiplier`: calls a day for a demand of 1; `least`: calls a day that every product gets at least; `stretch`: by
    how much the longest waits of a product of weight 1 are stretched, where those alone take more than there is."""

    prior: Prior = field(default_factory=Prior)
    multiplier: float = 1.0
    least: float = 0.0
    stretch: float = 0.0


def planned_share(before: float, overdue: float, calls_an_hour: float) -> float:
    """The share of the budget to make frequencies for in the coming hour, when so many products are overdue now by more
    than `PATIENT` minutes.

    Where products wait for their turn those that must not wait suffer as well, and none is the better for it.
    """
    low, high = PLANNED
    return min(max(before * (_FALLS if overdue > _OVERDUE * calls_an_hour else _RISES), low), high)


def least_calls(budget: float, products: int, needed: float = 0.0) -> float:
    """Calls a day that each of so many products gets at least, of what their limits leave of the budget, which alone
    take `needed`: nobody is forgotten, rates drift."""
    return max(0.0, min(LEAST_SHARE * budget, budget - needed)) / max(1, products)


def fitted_prior(beliefs: Iterable[Belief], before: Prior) -> Prior:
    """The prior that a sample of products suggests, whose beliefs are read on top of the one `before`.

    Of those that don't swing it has the mean (ΣK + 5)/(ΣE + 10), with counts K and exposures E in days. Fitted hour
    after hour it comes to be true: the products' rates then differ as much as it says.
    """
    count = changes = days = known = first = second = 0.0
    sums, seen = [0.0, 0.0, 0.0], 0
    for belief in beliefs:
        shares = swinging(belief, before)
        steady = 1 - sum(shares)
        shape, rate = gamma(belief, before)
        mean = shape / rate
        seen += 1
        count += steady
        changes += steady * max(shape - before.shape, 0.0)
        days += steady * max(rate - before.days, 0.0)
        known += steady * max(1 - before.days / rate, 0.0)
        first += steady * mean
        second += steady * mean * (mean + 1 / rate)
        for number, share in enumerate(shares):
            sums[number] += share
    spread = _spread(before, count, known, first, second)
    low, high = _SHAPES
    return Prior((changes + _CHANGES) / (days + _DAYS), min(max(1 / spread, low), high), _shares(sums, seen))


def _spread(before: Prior, count: float, known: float, first: float, second: float) -> float:
    """The relative variance, 1/shape, of products' rates, given the sums of their first and second moments.

    What is believed of all of them together differs as the prior says if that is true. If not, it lies on the way to
    what is true (a step of expectation and maximisation: Dempster, Laird and Rubin, 1977): looks that tell the share r
    of all that could be known bring it r² of the way, as may be seen of normal distributions, so the whole way is
    gone, within limits.
    """
    told = known / count if count > 0 else 0.0
    all_ = count + _PRODUCTS
    mean = (first + _PRODUCTS * before.mean) / all_
    square = (second + _PRODUCTS * before.mean**2 * (1 + 1 / Prior().shape)) / all_
    was = 1 / before.shape
    spread = was + (square / (mean * mean) - 1 - was) / max(told * told, _LEAST_TOLD)
    return min(max(spread, was / _FARTHEST), was * _FARTHEST)


def _shares(sums: Sequence[float], products: int) -> Shares:
    first, second, third = ((one + _PRODUCTS * _SWINGING / 3) / (products + _PRODUCTS) for one in sums)
    return first, second, third


def fitted_multiplier(calls_at: Callable[[Sequence[float]], Sequence[float]], budget: float, before: float) -> float:
    """The multiplier at which all products take `budget` calls a day.

    `calls_at` tells for some multipliers how many that would be: they rise with it, up to where all products are at
    their limits. Asked four times where the new multiplier is near the one `before`. Where limits alone take more
    than the budget it is the smallest there is, and where they let all take less, the greatest.
    """
    lowest, highest = _MULTIPLIERS
    low, high = max(before / _NEAR, lowest), min(before * _NEAR, highest)
    while high / low > _CLOSE:
        tried = [low * (high / low) ** (step / (_TRIED - 1)) for step in range(_TRIED)]
        over = [total > budget for total in calls_at(tried)]
        if over[0] and low > lowest:
            low, high = lowest, low
        elif not over[-1] and high < highest:
            low, high = high, highest
        elif over[0]:
            return lowest
        elif not over[-1]:
            return highest
        else:
            first = over.index(True)
            low, high = tried[first - 1], tried[first]
    return math.sqrt(low * high)
