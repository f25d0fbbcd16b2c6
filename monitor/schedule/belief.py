"""How often a product changes, learned from its own looks on top of what is known of all products.

A look tells one bit: whether the product is still as the look before found it. Two explanations compete for it.

- It takes new values at some rate λ (changes a day). The belief on λ is Gamma(shape, days). A look after x days that
  finds no change makes it Gamma(shape, days + x). After a change the exact posterior is no Gamma; the one with its
  first two moments is taken. With r = 1 + x/days, a = shape and D = 1 − r^−a:
  E λ = a/days · (1 − r^−(a+1)) / D and E λ² = a(a+1)/days² · (1 − r^−(a+2)) / D.
- It swings between two states, as a price does that is cut for an hour now and then: a telegraph process which leaves
  its usual state at rate α and the other at rate β. After x days it is in the other one than before with probability
  α/(α+β) · (1 − e^−(α+β)x), from the other state β/(α+β) · (…). Looks that are further apart than its swings see few
  of them: as a product of the first kind it would be looked at much too seldom. Some typical swings are weighed
  against the first explanation by the logarithm of the odds; that it came back to what it was is what tells most.

Rates drift. What was learned fades, and at any time a product may have become another one (a change of regime, at
`ANEW` a day): what a new product would be expected to do is mixed in, weighted by how well it explains the look.
"""

import math
import sys
from dataclasses import dataclass
from typing import NamedTuple

#: Days in which evidence fades to 1/e.
MEMORY = 40.0
#: How often, a day, a product begins to behave as if it were another one.
ANEW = 0.02
#: The share of changes that bring back what was before the last one, of products that don't swing.
COMING_BACK = 0.17
#: The chance that a product that swings shows a third state.
THIRD_STATE = 0.002
#: A look after a longer absence tells no more than one after so many days.
LONGEST_DAYS = 60.0
#: While a product is away from its usual state, swinging is taken for so many times as likely as it is: to look soon
#: whether it comes back costs one call, and tells for weeks how often to look.
CURIOSITY = 5.0
#: Within these the logarithm of the odds of a swing is kept: nothing is ever beyond doubt.
_ODDS = -8.0, 12.0
#: Shape and rate that a belief has at least, as a share of the prior's.
_LEAST = 0.1
#: A Gamma's variance is at least so much of its squared mean.
_LEAST_VARIANCE = 1e-9
#: A change is so unlikely where the look came so soon that its rounding errors matter: the limit is taken.
_SHORT = 1e-9
#: No product is believed to change more often, or more seldom, a day.
_RATES = 1e-6, 5000.0


class Swing(NamedTuple):
    """How often, a day, a swinging product leaves its usual state (`out`) and the other one (`back`)."""

    out: float
    back: float

    @property
    def changes(self) -> float:
        """Changes a day in the long run."""
        return 2 * self.out * self.back / (self.out + self.back)


#: The typical swings: some hour and a half every fourteen hours, an hour every five, and five hours every eight.
SWINGS = Swing(24 / 14, 24 / 1.5), Swing(24 / 5, 24 / 1), Swing(24 / 8, 24 / 5)
#: For each swing: rates out and back, their sum, changes a day.
_SWINGS = tuple((swing.out, swing.back, swing.out + swing.back, swing.changes) for swing in SWINGS)

type Shares = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Prior:
    """What to expect of a product that was not looked at yet: changes a day have `mean` and Gamma `shape`, and
    `swinging` are the shares of products that swing, by `SWINGS`."""

    mean: float = 0.5
    shape: float = 1.0
    swinging: Shares = (0.017, 0.017, 0.017)

    @property
    def days(self) -> float:
        return self.shape / self.mean


@dataclass(frozen=True, slots=True)
class Belief:
    """What a product's looks add to the prior: to the Gamma's shape (`changes`) and rate (`days`), and the logarithm
    of how much better each of `SWINGS` explains them. `is_away`: it is not in the state it is usually in."""

    changes: float = 0.0
    days: float = 0.0
    odds: Shares = (0.0, 0.0, 0.0)
    is_away: bool = False


class Look(NamedTuple):
    """What a look tells: `days` lie between its data time and that of the one before. `is_back` says of a change that
    the product is again what it was before its last change; None where that is not known."""

    days: float
    changed: bool
    is_back: bool | None = None


def learned(belief: Belief, prior: Prior, look: Look) -> Belief:
    """The belief after a look. One whose data is not newer than the last one's teaches nothing."""
    if not look.days > 0:
        return belief
    days = min(look.days, LONGEST_DAYS)
    shape, rate, evidence = _gamma(belief, prior, days, changed=look.changed)
    return Belief(
        changes=shape - prior.shape,
        days=rate - prior.days,
        odds=_odds(belief, look, days, evidence),
        is_away=belief.is_away if not look.changed else not look.is_back or not belief.is_away,
    )


def changes_a_day(belief: Belief, prior: Prior, days: float = 1.0, curiosity: float = CURIOSITY) -> float:
    """Changes that are expected on average in each of the coming `days`."""
    shape, rate = _on(prior, belief.changes, belief.days)
    shares = swinging(belief, prior, curiosity if belief.is_away else 1.0)
    expected = shape / rate * (1 - sum(shares))
    for share, (out, back, both, mean) in zip(shares, _SWINGS, strict=True):
        begins = back if belief.is_away else out
        mixed = both * days
        expected += share * (mean + (begins - mean) * (-math.expm1(-mixed) / mixed if mixed > 1e-9 else 1.0))
    return min(max(expected, _RATES[0]), _RATES[1])


def swinging(belief: Belief, prior: Prior, curiosity: float = 1.0) -> Shares:
    """How likely it is that the product swings, by `SWINGS`."""
    (first, second, third), odds = prior.swinging, belief.odds
    a = first * curiosity * math.exp(odds[0])
    b = second * curiosity * math.exp(odds[1])
    c = third * curiosity * math.exp(odds[2])
    all_ = 1 - first - second - third + a + b + c
    return a / all_, b / all_, c / all_


def _on(prior: Prior, changes: float, days: float) -> tuple[float, float]:
    """Shape and rate of a belief: what was learned under an earlier prior may be more than a later one can bear."""
    return max(prior.shape + changes, _LEAST * prior.shape), max(prior.days + days, _LEAST * prior.days)


def _gamma(belief: Belief, prior: Prior, days: float, *, changed: bool) -> tuple[float, float, float]:
    """Shape and rate after a look, and the logarithm of how likely it was."""
    kept = math.exp(-days / MEMORY)
    old = _seen(*_on(prior, belief.changes * kept, belief.days * kept), days, changed=changed)
    new = _seen(prior.shape, prior.days, days, changed=changed)
    anew = -math.expm1(-ANEW * days)
    likely = (1 - anew) * math.exp(old[2]) + anew * math.exp(new[2])
    if likely <= 0:
        return new
    share = anew * math.exp(new[2]) / likely
    evidence = math.log(likely)
    if share < 1e-4:
        return old[0], old[1], evidence
    mean_old, mean_new = old[0] / old[1], new[0] / new[1]
    mean = (1 - share) * mean_old + share * mean_new
    square = (1 - share) * mean_old * (mean_old + 1 / old[1]) + share * mean_new * (mean_new + 1 / new[1])
    variance = max(square - mean * mean, _LEAST_VARIANCE * mean * mean)
    return mean * mean / variance, mean / variance, evidence


def _seen(shape: float, rate: float, days: float, *, changed: bool) -> tuple[float, float, float]:
    """A Gamma after a look, and the logarithm of the probability of what it told."""
    passed = math.log1p(days / rate)
    if not changed:
        return shape, rate + days, -shape * passed
    if shape * passed < _SHORT:
        return shape + 1, rate, math.log(max(shape * passed, sys.float_info.min))
    likely = -math.expm1(-shape * passed)
    mean = shape / rate * -math.expm1(-(shape + 1) * passed) / likely
    square = shape * (shape + 1) / (rate * rate) * -math.expm1(-(shape + 2) * passed) / likely
    variance = max(square - mean * mean, _LEAST_VARIANCE * mean * mean)
    return mean * mean / variance, mean / variance, math.log(likely)


def _odds(belief: Belief, look: Look, days: float, evidence: float) -> Shares:
    """The odds of each swing after a look that the first explanation gave `evidence` for."""
    if look.changed and look.is_back is not None:
        evidence += math.log(COMING_BACK / (1 - THIRD_STATE) if look.is_back else (1 - COMING_BACK) / THIRD_STATE)
    kept = math.exp(-days / MEMORY)
    after = []
    for odds, (out, back, both, _) in zip(belief.odds, _SWINGS, strict=True):
        moved = (back if belief.is_away else out) / both * -math.expm1(-both * days)
        told = math.log(moved if look.changed else 1 - moved)
        after.append(odds * kept + told - evidence)
    low, high = _ODDS
    too_sure = max(0.0, max(after) - high)  # Which swing it is stays as sure as it was.
    first, second, third = (max(odds - too_sure, low) for odds in after)
    return first, second, third
