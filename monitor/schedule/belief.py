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

import sys
from dataclasses import dataclass
from math import exp, expm1, log, log1p
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
#: What a change that brings back the state before the last one, or another one, adds to the logarithm of how likely
#: the look was without a swing, as against with one.
_CAME_BACK = log(COMING_BACK / (1 - THIRD_STATE))
_CAME_NEW = log((1 - COMING_BACK) / THIRD_STATE)
#: Within these the logarithm of the odds of a swing is kept: nothing is ever beyond doubt.
_ODDS = -8.0, 12.0
#: Shape and rate that a belief has at least, as a share of the prior's.
_LEAST = 0.1
#: That a product has become another one is not reckoned with where it is less likely than this.
_NEGLIGIBLE = 1e-4
#: A Gamma's variance is at least so much of its squared mean.
_LEAST_VARIANCE = 1e-9
#: A change is so unlikely where the look came so soon that its rounding errors matter: the limit is taken.
_SHORT = 1e-9
#: A Gamma has no shape and no rate below this.
_TINY = 1e-6
#: No product is believed to change more often, or more seldom, a day.
_LOWEST, _HIGHEST = 1e-6, 5000.0


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
#: For each swing: how fast it forgets in which state it was, as an exponent of e, and how much it has in a day; changes
#: a day in the long run, and how many more at first, all in all, from its usual state, and from the other one.
_FORGETS = tuple(-(swing.out + swing.back) for swing in SWINGS)
_FORGOTTEN_IN_A_DAY = tuple(-expm1(one) for one in _FORGETS)
_MEANS = tuple(swing.changes for swing in SWINGS)
_MORE_AT_HOME = tuple((swing.out - swing.changes) / (swing.out + swing.back) for swing in SWINGS)
_MORE_AWAY = tuple((swing.back - swing.changes) / (swing.out + swing.back) for swing in SWINGS)
#: The same as shares: how many of its long pauses it would be found in the other state after, from either.
_OUT = tuple(swing.out / (swing.out + swing.back) for swing in SWINGS)
_BACK = tuple(swing.back / (swing.out + swing.back) for swing in SWINGS)

#: Makes a named tuple in less than half the time.
new_tuple = tuple.__new__

type Shares = tuple[float, float, float]
#: What is expected of a product: changes a day in the long run, and for each of `SWINGS` how many more at first, all in
#: all.
type Outlook = tuple[float, float, float, float]


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


class Belief(NamedTuple):
    """What a product's looks add to the prior: to the Gamma's shape (`changes`) and rate (`days`), and the logarithm
    of how much better each of `SWINGS` explains them. `is_away`: it is not in the state it is usually in.

    Where the Gamma's rate is less than the prior's, as it is of very lively products, `changes` and −`days` are shape
    and rate themselves: added to those of another prior they would mean another product.
    """

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
    days, changed, is_back = look
    return after_look(belief, prior, days, changed, is_back)


def after_look(belief: Belief, prior: Prior, days: float, changed: bool, is_back: bool | None) -> Belief:
    """The same, of what a `Look` holds. It is called for each check, so most of it stands here."""
    if not days > 0:
        return belief
    if days > LONGEST_DAYS:
        days = LONGEST_DAYS
    kept = exp(-days / MEMORY)
    changes, learned_days, odds, is_away = belief
    prior_shape = prior.shape
    prior_rate = prior_shape / prior.mean
    shape, rate = _faded(changes, learned_days, prior_shape, prior_rate, kept)
    if changed:
        shape, rate, old = _changed(shape, rate, days)
        new_shape, new_rate, new = _changed(prior_shape, prior_rate, days)
    else:  # Days are added, and it was as likely as that nothing comes in them.
        old, rate = -shape * log1p(days / rate), rate + days
        new, new_shape, new_rate = -prior_shape * log1p(days / prior_rate), prior_shape, prior_rate + days
    anew = -expm1(-ANEW * days)
    likely_new = anew * exp(new)
    likely = (1 - anew) * exp(old) + likely_new
    if likely <= 0:
        shape, rate, evidence = new_shape, new_rate, new
    else:
        share, evidence = likely_new / likely, log(likely)
        if share >= _NEGLIGIBLE:
            mean_old, mean_new = shape / rate, new_shape / new_rate
            mean = mean_old + share * (mean_new - mean_old)
            square = (1 - share) * mean_old * (mean_old + 1 / rate) + share * mean_new * (mean_new + 1 / new_rate)
            variance, least = square - mean * mean, _LEAST_VARIANCE * mean * mean
            if variance < least:
                variance = least
            shape, rate = mean * mean / variance, mean / variance
    if changed and is_back is not None:
        evidence += _CAME_BACK if is_back else _CAME_NEW
    odds = _odds(odds, is_away, days, changed, kept, evidence)
    if changed:
        is_away = not is_back or not is_away
    more = rate - prior_rate
    if more < 0:
        return Belief(shape, -rate, odds, is_away)
    return new_tuple(Belief, (shape - prior_shape, more, odds, is_away))


def changes_a_day(belief: Belief, prior: Prior, days: float = 1.0, curiosity: float = CURIOSITY) -> float:
    """Changes that are expected on average in each of the coming `days`."""
    return expected(outlook(belief, prior, curiosity), days)


def outlook(belief: Belief, prior: Prior, curiosity: float = CURIOSITY) -> Outlook:
    """What is expected of a product in the coming time."""
    changes, learned_days, (one, two, three), is_away = belief
    first, second, third = prior.swinging
    all_ = steady = 1 - first - second - third
    if is_away:
        first, second, third = first * curiosity, second * curiosity, third * curiosity
    first, second, third = first * exp(one), second * exp(two), third * exp(three)
    shape = prior.shape
    shape, rate = _faded(changes, learned_days, shape, shape / prior.mean)
    all_ += first + second + third
    one, two, three = _MEANS
    steady = (steady * shape / rate + first * one + second * two + third * three) / all_
    one, two, three = _MORE_AWAY if is_away else _MORE_AT_HOME
    return steady, first * one / all_, second * two / all_, third * three / all_


def expected(outlook: Outlook, days: float) -> float:
    """Changes that are expected on average in each of the coming `days`."""
    steady, first, second, third = outlook
    one, two, three = _FORGETS
    more = first * expm1(one * days) + second * expm1(two * days) + third * expm1(three * days)
    changes = steady - more / days
    return _LOWEST if changes < _LOWEST else changes if changes < _HIGHEST else _HIGHEST


def expected_in_a_day(outlook: Outlook) -> float:
    """The same for one day."""
    steady, first, second, third = outlook
    one, two, three = _FORGOTTEN_IN_A_DAY
    changes = steady + first * one + second * two + third * three
    return _LOWEST if changes < _LOWEST else changes if changes < _HIGHEST else _HIGHEST


def swinging(belief: Belief, prior: Prior, curiosity: float = 1.0) -> Shares:
    """How likely it is that the product swings, by `SWINGS`."""
    (first, second, third), (one, two, three) = prior.swinging, belief.odds
    a, b, c = first * curiosity * exp(one), second * curiosity * exp(two), third * curiosity * exp(three)
    all_ = 1 - first - second - third + a + b + c
    return a / all_, b / all_, c / all_


def gamma(belief: Belief, prior: Prior) -> tuple[float, float]:
    """Shape and rate of a belief."""
    return _faded(belief.changes, belief.days, prior.shape, prior.days)


def _faded(changes: float, days: float, shape: float, rate: float, kept: float = 1.0) -> tuple[float, float]:
    """Shape and rate of which so much of a belief's `changes` and `days` is kept, and the prior's `shape` and `rate`
    for the rest. What was learned under an earlier prior may be less than this one can bear."""
    if days < 0:
        own_shape, own_rate = max(changes, _TINY), max(-days, _TINY)
        return shape + (own_shape - shape) * kept, rate + (own_rate - rate) * kept
    least, changes = _LEAST * shape, shape + changes * kept
    return changes if changes > least else least, rate + days * kept


def _changed(shape: float, rate: float, days: float) -> tuple[float, float, float]:
    """A Gamma after a look that found a change, and the logarithm of the probability of that."""
    passed = log1p(days / rate)
    if shape * passed < _SHORT:
        return shape + 1, rate, log(max(shape * passed, sys.float_info.min))
    likely = -expm1(-shape * passed)
    mean = shape / rate * -expm1(-(shape + 1) * passed) / likely
    square = shape * (shape + 1) / (rate * rate) * -expm1(-(shape + 2) * passed) / likely
    variance = max(square - mean * mean, _LEAST_VARIANCE * mean * mean)
    return mean * mean / variance, mean / variance, log(likely)


def _odds(odds: Shares, is_away: bool, days: float, changed: bool, kept: float, evidence: float) -> Shares:
    """The odds of each swing after a look that the first explanation gave `evidence` for."""
    first, second, third = odds
    one, two, three = _FORGETS
    to_first, to_second, to_third = _BACK if is_away else _OUT
    one, two, three = to_first * expm1(one * days), to_second * expm1(two * days), to_third * expm1(three * days)
    if changed:
        one, two, three = log(-one), log(-two), log(-three)
    else:
        one, two, three = log(1 + one), log(1 + two), log(1 + three)
    first = first * kept + one - evidence
    second = second * kept + two - evidence
    third = third * kept + three - evidence
    low, high = _ODDS
    if first > high or second > high or third > high:  # Which swing it is stays as sure as it was.
        too_sure = max(first, second, third) - high
        first, second, third = first - too_sure, second - too_sure, third - too_sure
    return first if first > low else low, second if second > low else low, third if third > low else low
