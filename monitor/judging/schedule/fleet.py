"""What all products share: the prior of their beliefs, and the multiplier at which they use the
budget.

Both are fitted once an hour: the prior to some thousand beliefs, the multiplier to the calls of all
products."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from monitor.judging.schedule.belief import Belief, Prior, gamma

#: Evidence added to the products' own, so that there is a prior without products.
_PRIOR_CHANGES, _PRIOR_DAYS = 5.0, 10.0
#: Products added to the others, which differ as the default prior says.
_PRIOR_PRODUCTS = 5.0
_SHAPES = 0.3, 100.0
#: The least information that checks are taken to give about how products differ, and the largest
#: factor by which the spread may change in an hour.
_LEAST_INFORMATION, _LARGEST_STEP = 0.1, 2.0
#: The least calls a day of each product, as a share of an equal share of the budget.
LEAST_SHARE = 0.15
#: The share of the budget for which frequencies are planned, at least and at most. The rest is
#: spent on what is due next, and on products that turn out to be worth more than planned.
PLANNED = 0.8, 0.96
#: A product that is due for less than this is not overdue.
PATIENT_MINUTES = 10
#: The planned share falls in an hour in which more than this share of an hour's calls is overdue,
#: and rises in others.
_OVERDUE, _FALLS, _RISES = 0.02, 0.97, 1.005
#: A search ends within this ratio.
_CLOSE = 1 + 1e-9


@dataclass(frozen=True, slots=True)
class Fleet:
    """`multiplier`: calls a day for a demand of 1. `least`: the least calls a day of a product.
    `stretch`: the factor by which the longest intervals of products with weight 1 are stretched, if
    those alone exceed the budget."""

    prior: Prior = field(default_factory=Prior)
    multiplier: float = 1.0
    least: float = 0.0
    stretch: float = 0.0


def planned_share(before: float, overdue: float, calls_an_hour: float) -> float:
    """Return the share of the budget to plan for in the coming hour.

    `overdue` is the number of products that are due for more than `PATIENT_MINUTES`. A queue delays
    urgent products too, and helps none."""
    low, high = PLANNED
    return min(max(before * (_FALLS if overdue > _OVERDUE * calls_an_hour else _RISES), low), high)


def least_calls(budget: float, products: int, needed: float = 0.0) -> float:
    """Return the least calls a day of each product, within what the limits, which need `needed`,
    leave of the budget.

    Rates drift, so no product is forgotten.
    """
    return max(0.0, min(LEAST_SHARE * budget, budget - needed)) / max(1, products)


def fitted_prior(beliefs: Iterable[Belief], before: Prior) -> Prior:
    """Return the prior that a sample of products suggests. Their beliefs are relative to the prior
    `before`.

    Its mean is (ΣK + 5)/(ΣE + 10), with counts K and exposures E in days. Over many fits it
    converges: the products' rates then differ as much as it says."""
    count = changes = days = known = first = second = 0.0
    for belief in beliefs:
        shape, rate = gamma(belief, before)
        mean = shape / rate
        count += 1
        changes += max(shape - before.shape, 0.0)
        days += max(rate - before.days, 0.0)
        known += max(1 - before.days / rate, 0.0)
        first += mean
        second += mean * (mean + 1 / rate)
    spread = _spread(before, count, known, first, second)
    low, high = _SHAPES
    mean = (changes + _PRIOR_CHANGES) / (days + _PRIOR_DAYS)
    return Prior(mean, min(max(1 / spread, low), high))


def _spread(before: Prior, count: float, known: float, first: float, second: float) -> float:
    """Return the relative variance, 1/shape, of products' rates, from the sums of their first and
    second moments.

    If the prior is true, the beliefs together vary as it says. Otherwise their variance lies on the
    way to the true one (one step of expectation and maximisation: Dempster, Laird and Rubin, 1977).
    With the share r of full information it covers r² of the way, as for normal distributions; so
    the step is divided by r², within limits."""
    information = known / count if count > 0 else 0.0
    products = count + _PRIOR_PRODUCTS
    mean = (first + _PRIOR_PRODUCTS * before.mean) / products
    square = (second + _PRIOR_PRODUCTS * before.mean**2 * (1 + 1 / Prior().shape)) / products
    old = 1 / before.shape
    new = old + (square / (mean * mean) - 1 - old) / max(
        information * information, _LEAST_INFORMATION
    )
    return min(max(new, old / _LARGEST_STEP), old * _LARGEST_STEP)


def fitted_multiplier(calls_at: Callable[[float], float], budget: float) -> float:
    """Return the multiplier at which all products take `budget` calls a day.

    `calls_at` returns the calls at a multiplier; they rise until all products are at their limits.
    The result is very small if the limits need more than the budget, and very large if they allow
    less."""
    return crossing(lambda multiplier: calls_at(multiplier) > budget, 1e-9, 1e9)


def crossing(is_past: Callable[[float], bool], low: float, high: float) -> float:
    """Return where `is_past` becomes true between two positive numbers, by bisection of the
    logarithm."""
    while high / low > _CLOSE:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if is_past(middle) else (middle, high)
    return high
