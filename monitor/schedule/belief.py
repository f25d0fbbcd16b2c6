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
#: Within these the logarithm of the odds of a swing is kept: nothing is ever beyond doubt.
_LEAST_ODDS, _MOST_ODDS = -8.0, 12.0
#: Shape and rate that a belief has at least, as a share of the prior's.
_LEAST_SHARE = 0.1
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
    def forgets(self) -> float:
        """How fast it forgets in which state it was, a day."""
        return self.out + self.back

    @property
    def changes(self) -> float:
        """Changes a day in the long run."""
        return 2 * self.out * self.back / self.forgets


#: The typical swings: some hour and a half every fourteen hours, an hour every five, and five hours every eight.
SWINGS = Swing(24 / 14, 24 / 1.5), Swing(24 / 5, 24 / 1), Swing(24 / 8, 24 / 5)
#: One number for each of `SWINGS`.
type Shares = tuple[float, float, float]


class Gamma(NamedTuple):
    """A distribution of changes a day."""

    shape: float
    rate: float

    @property
    def mean(self) -> float:
        return self.shape / self.rate

    @property
    def mean_square(self) -> float:
        return self.shape * (self.shape + 1) / self.rate**2

    @classmethod
    def of_moments(cls, mean: float, mean_square: float) -> "Gamma":
        variance = max(mean_square - mean**2, _LEAST_VARIANCE * mean**2)
        return cls(mean**2 / variance, mean / variance)


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


class Sighting(NamedTuple):
    """What a look tells: `days` lie between its data time and that of the one before. `is_back` says of a change that
    the product is again what it was before its last change; None where that is not known."""

    days: float
    changed: bool
    is_back: bool | None = None


def learned(belief: Belief, prior: Prior, look: Sighting) -> Belief:
    """The belief after a look. One whose data is not newer than the last one's teaches nothing."""
    if not look.days > 0:
        return belief
    look = look._replace(days=min(look.days, LONGEST_DAYS))
    kept = exp(-look.days / MEMORY)
    after, evidence = _after(gamma(belief, prior, kept), Gamma(prior.shape, prior.days), look)
    odds = [
        one * kept + log(_likelihood(swing, belief.is_away, look)) - evidence
        for one, swing in zip(belief.odds, SWINGS, strict=True)
    ]
    too_sure = max(0.0, max(odds) - _MOST_ODDS)  # Which swing it is stays as sure as it was.
    first, second, third = (max(one - too_sure, _LEAST_ODDS) for one in odds)
    is_away = not (look.is_back and belief.is_away) if look.changed else belief.is_away
    if after.rate < prior.days:
        return Belief(after.shape, -after.rate, (first, second, third), is_away)
    return Belief(after.shape - prior.shape, after.rate - prior.days, (first, second, third), is_away)


def changes_a_day(belief: Belief, prior: Prior, days: float = 1.0, curiosity: float = CURIOSITY) -> float:
    """Changes that are expected on average in each of the coming `days`."""
    shares = swinging(belief, prior, curiosity if belief.is_away else 1.0)
    changes = (1 - sum(shares)) * gamma(belief, prior).mean
    for share, swing in zip(shares, SWINGS, strict=True):
        at_first = swing.back if belief.is_away else swing.out
        forgotten = swing.forgets * days
        changes += share * (swing.changes + (at_first - swing.changes) * -expm1(-forgotten) / forgotten)
    return min(max(changes, _LOWEST), _HIGHEST)


def swinging(belief: Belief, prior: Prior, curiosity: float = 1.0) -> Shares:
    """How likely it is that the product swings, by `SWINGS`."""
    first, second, third = (
        share * curiosity * exp(odds) for share, odds in zip(prior.swinging, belief.odds, strict=True)
    )
    all_ = 1 - sum(prior.swinging) + first + second + third
    return first / all_, second / all_, third / all_


def gamma(belief: Belief, prior: Prior, kept: float = 1.0) -> Gamma:
    """The Gamma of a belief of which so much is `kept`, and the prior's for the rest. What was learned under an earlier
    prior may be less than this one can bear."""
    if belief.days < 0:
        shape, rate = max(belief.changes, _TINY), max(-belief.days, _TINY)
        return Gamma(kept * shape + (1 - kept) * prior.shape, kept * rate + (1 - kept) * prior.days)
    shape = max(prior.shape + kept * belief.changes, _LEAST_SHARE * prior.shape)
    return Gamma(shape, prior.days + kept * belief.days)


def _after(old: Gamma, new: Gamma, look: Sighting) -> tuple[Gamma, float]:
    """The Gamma after a look at a product that may have become a `new` one, and the logarithm of how likely the look
    was."""
    old, evidence_old = _seen(old, look)
    new, evidence_new = _seen(new, look)
    anew = -expm1(-ANEW * look.days)
    likely_old, likely_new = (1 - anew) * exp(evidence_old), anew * exp(evidence_new)
    if likely_old + likely_new <= 0:
        return new, evidence_new
    share, evidence = likely_new / (likely_old + likely_new), log(likely_old + likely_new)
    if share < _NEGLIGIBLE:
        return old, evidence
    mean = (1 - share) * old.mean + share * new.mean
    mean_square = (1 - share) * old.mean_square + share * new.mean_square
    return Gamma.of_moments(mean, mean_square), evidence


def _seen(before: Gamma, look: Sighting) -> tuple[Gamma, float]:
    """A Gamma after a look, and the logarithm of how likely that was."""
    shape, rate = before
    passed = log1p(look.days / rate)
    if not look.changed:
        return Gamma(shape, rate + look.days), -shape * passed
    if shape * passed < _SHORT:
        return Gamma(shape + 1, rate), log(max(shape * passed, sys.float_info.min))
    likely = -expm1(-shape * passed)
    mean = before.mean * -expm1(-(shape + 1) * passed) / likely
    mean_square = before.mean_square * -expm1(-(shape + 2) * passed) / likely
    return Gamma.of_moments(mean, mean_square), log(likely)


def _likelihood(swing: Swing, is_away: bool, look: Sighting) -> float:
    """How likely a look is of a product that swings. Where it is told whether a change came back: as against how likely
    that is of one that does not swing."""
    changed = (swing.back if is_away else swing.out) / swing.forgets * -expm1(-swing.forgets * look.days)
    if not look.changed:
        return 1 - changed
    if look.is_back is None:
        return changed
    return changed * ((1 - THIRD_STATE) / COMING_BACK if look.is_back else THIRD_STATE / (1 - COMING_BACK))
