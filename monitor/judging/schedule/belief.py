"""How often a product changes, learned from its own checks, starting from what is known of all
products.

A check tells one bit: whether the product has changed since the check before. Two explanations
compete for it.

- The product takes new values at some rate λ (changes a day). The belief on λ is Gamma(shape,
  days). A check after x days without a change makes it Gamma(shape, days + x). After a change the
  exact posterior is not a Gamma; we take the Gamma with the same first two moments. With r = 1 +
  x/days, a = shape and D = 1 − r^−a: E λ = a/days · (1 − r^−(a+1)) / D and E λ² = a(a+1)/days² · (1
  − r^−(a+2)) / D.
- The product swings between two states, like a price that is cut for an hour now and then: a
  telegraph process that leaves its usual state at rate α and the other one at rate β. After x days
  it is in the other state than before with probability α/(α+β) · (1 − e^−(α+β)x), from the other
  state β/(α+β) · (…). Looks that are further apart than the swings miss most of them, so the first
  explanation alone would check such a product much too seldom. Typical swings are weighed against
  it by the logarithm of the odds. A return to the previous value is the strongest sign.

Rates drift. Evidence fades, and at any time a product may start to behave like another one (a
change of regime, at `ANEW` a day): the prior is mixed in, weighted by how well it explains the
check."""

import sys
from dataclasses import dataclass
from math import exp, expm1, log, log1p
from typing import NamedTuple

#: Days in which evidence fades to 1/e.
MEMORY = 40.0
#: Changes of regime a day.
ANEW = 0.02
#: The share of changes that return to the previous value, of products that do not swing.
COMING_BACK = 0.17
#: The chance that a product that swings shows a third state.
THIRD_STATE = 0.002
#: Longer times between two checks count as this many days.
LONGEST_DAYS = 60.0
#: Factor on the odds of a swing while a product is away from its usual state: an early check of
#: whether it returns costs one call, and decides for weeks how often to check.
CURIOSITY = 5.0
#: Bounds of the logarithm of a swing's odds: nothing is ever certain.
_LEAST_ODDS, _MOST_ODDS = -8.0, 12.0
#: The least shape of a belief, as a share of the prior's.
_LEAST_SHARE = 0.1
#: A change of regime that is less likely than this is ignored.
_NEGLIGIBLE = 1e-4
#: The least variance of a Gamma, as a share of its squared mean.
_LEAST_VARIANCE = 1e-9
#: Below this probability of a change, rounding errors matter, and its limit is taken.
_SHORT = 1e-9
#: The least shape and rate of a Gamma.
_TINY = 1e-6
#: Bounds of the changes a day.
_LOWEST, _HIGHEST = 1e-6, 5000.0


class Swing(NamedTuple):
    """How many times a day a swinging product leaves its usual state (`out`) and the other one
    (`back`), if in it."""

    out: float
    back: float

    @property
    def forgets(self) -> float:
        """The rate a day at which it forgets in which state it was."""
        return self.out + self.back

    @property
    def changes(self) -> float:
        """Changes a day in the long run."""
        return 2 * self.out * self.back / self.forgets


#: The typical swings: about 1.5 hours every 14 hours, 1 hour every 5, and 5 hours every 8.
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
    """What to expect of a product without checks: its changes a day have `mean` and Gamma `shape`.
    `swinging` are the shares of products that swing, by `SWINGS`."""

    mean: float = 0.5
    shape: float = 1.0
    swinging: Shares = (0.017, 0.017, 0.017)

    @property
    def days(self) -> float:
        return self.shape / self.mean


class Belief(NamedTuple):
    """What a product's checks add to the prior: to the Gamma's shape (`changes`) and rate (`days`),
    and the logarithm of how much better each of `SWINGS` explains them. `is_away`: it is not in its
    usual state.

    If the Gamma's rate is below the prior's, as with very lively products, `changes` and −`days`
    are shape and rate themselves: as additions they would mean something else once the prior is
    another one."""

    changes: float = 0.0
    days: float = 0.0
    odds: Shares = (0.0, 0.0, 0.0)
    is_away: bool = False


class Sighting(NamedTuple):
    """What a check tells: the `days` between its data time and the one before, whether the product
    changed, and whether the change returned to the value before the last change (`is_back`; None if
    not known)."""

    days: float
    changed: bool
    is_back: bool | None = None


def learned(belief: Belief, prior: Prior, check: Sighting) -> Belief:
    """Return the belief after a check. One without newer data teaches nothing."""
    if not check.days > 0:
        return belief
    check = check._replace(days=min(check.days, LONGEST_DAYS))
    kept = exp(-check.days / MEMORY)
    after, evidence = _after(gamma(belief, prior, kept), Gamma(prior.shape, prior.days), check)
    odds = [
        known * kept + log(_likelihood(swing, belief.is_away, check)) - evidence
        for known, swing in zip(belief.odds, SWINGS, strict=True)
    ]
    excess = max(
        0.0, max(odds) - _MOST_ODDS
    )  # Taken off all swings, it leaves their odds among each other.
    first, second, third = (max(new - excess, _LEAST_ODDS) for new in odds)
    is_away = not (check.is_back and belief.is_away) if check.changed else belief.is_away
    if after.rate < prior.days:
        return Belief(after.shape, -after.rate, (first, second, third), is_away)
    return Belief(
        after.shape - prior.shape, after.rate - prior.days, (first, second, third), is_away
    )


def changes_a_day(
    belief: Belief, prior: Prior, days: float = 1.0, curiosity: float = CURIOSITY
) -> float:
    """Return the expected changes a day over the coming `days`."""
    shares = swinging(belief, prior, curiosity if belief.is_away else 1.0)
    changes = (1 - sum(shares)) * gamma(belief, prior).mean
    for share, swing in zip(shares, SWINGS, strict=True):
        at_first = swing.back if belief.is_away else swing.out
        forgotten = swing.forgets * days
        changes += share * (
            swing.changes + (at_first - swing.changes) * -expm1(-forgotten) / forgotten
        )
    return min(max(changes, _LOWEST), _HIGHEST)


def swinging(belief: Belief, prior: Prior, curiosity: float = 1.0) -> Shares:
    """Return the probabilities that the product swings, by `SWINGS`."""
    first, second, third = (
        share * curiosity * exp(odds)
        for share, odds in zip(prior.swinging, belief.odds, strict=True)
    )
    all_ = 1 - sum(prior.swinging) + first + second + third
    return first / all_, second / all_, third / all_


def gamma(belief: Belief, prior: Prior, kept: float = 1.0) -> Gamma:
    """Return the Gamma of a belief, of which the share `kept` has not faded.

    Beliefs learned under an earlier prior may be too small for this one, so the shape has a
    minimum."""
    if belief.days < 0:
        shape, rate = max(belief.changes, _TINY), max(-belief.days, _TINY)
        return Gamma(kept * shape + (1 - kept) * prior.shape, kept * rate + (1 - kept) * prior.days)
    shape = max(prior.shape + kept * belief.changes, _LEAST_SHARE * prior.shape)
    return Gamma(shape, prior.days + kept * belief.days)


def _after(old: Gamma, new: Gamma, check: Sighting) -> tuple[Gamma, float]:
    """Return the Gamma after a check at a product that may have changed its regime to `new`, and
    the logarithm of the check's probability."""
    old, evidence_old = _seen(old, check)
    new, evidence_new = _seen(new, check)
    anew = -expm1(-ANEW * check.days)
    likely_old, likely_new = (1 - anew) * exp(evidence_old), anew * exp(evidence_new)
    if likely_old + likely_new <= 0:
        return new, evidence_new
    share, evidence = likely_new / (likely_old + likely_new), log(likely_old + likely_new)
    if share < _NEGLIGIBLE:
        return old, evidence
    mean = (1 - share) * old.mean + share * new.mean
    mean_square = (1 - share) * old.mean_square + share * new.mean_square
    return Gamma.of_moments(mean, mean_square), evidence


def _seen(before: Gamma, check: Sighting) -> tuple[Gamma, float]:
    """Return a Gamma after a check, and the logarithm of the check's probability."""
    shape, rate = before
    passed = log1p(check.days / rate)
    if not check.changed:
        return Gamma(shape, rate + check.days), -shape * passed
    if shape * passed < _SHORT:
        return Gamma(shape + 1, rate), log(max(shape * passed, sys.float_info.min))
    likely = -expm1(-shape * passed)
    mean = before.mean * -expm1(-(shape + 1) * passed) / likely
    mean_square = before.mean_square * -expm1(-(shape + 2) * passed) / likely
    return Gamma.of_moments(mean, mean_square), log(likely)


def _likelihood(swing: Swing, is_away: bool, check: Sighting) -> float:
    """Return the probability of a check at a product that swings.

    If `is_back` is known: relative to its probability for a product that does not swing.
    """
    changed = (
        (swing.back if is_away else swing.out) / swing.forgets * -expm1(-swing.forgets * check.days)
    )
    if not check.changed:
        return 1 - changed
    if check.is_back is None:
        return changed
    return changed * (
        (1 - THIRD_STATE) / COMING_BACK if check.is_back else THIRD_STATE / (1 - COMING_BACK)
    )
