"""The same as `monitor.schedule.belief` and `pace.calls_a_day`, formula by formula: slower, and easier to believe."""

import math

from monitor.schedule import Belief, Bounds, Fleet, Look, Prior
from monitor.schedule.belief import (
    ANEW,
    COMING_BACK,
    CURIOSITY,
    LONGEST_DAYS,
    MEMORY,
    SWINGS,
    THIRD_STATE,
    Shares,
    Swing,
)
from monitor.schedule.pace import IN_TIME

type Gamma = tuple[float, float]

LEAST_SHARE_OF_PRIOR, LEAST_GAMMA = 0.1, 1e-6
LEAST_ODDS, MOST_ODDS = -8.0, 12.0
NEGLIGIBLE, SHORT = 1e-4, 1e-9
LEAST_RATE, MOST_RATE = 1e-6, 5000.0
DAYS_FOR_A_MISSED_ONE, CHANGES_FOR_A_MISSED_ONE = 0.5, 12


def learned(belief: Belief, prior: Prior, look: Look) -> Belief:
    if not look.days > 0:
        return belief
    look = look._replace(days=min(look.days, LONGEST_DAYS))
    kept = math.exp(-look.days / MEMORY)
    (shape, rate), evidence = _with_anew(_kept(belief, prior, kept), (prior.shape, prior.days), look)
    odds = tuple(
        one * kept + math.log(_likely(swing, belief.is_away, look)) - evidence
        for one, swing in zip(belief.odds, SWINGS, strict=True)
    )
    too_sure = max(0.0, max(odds) - MOST_ODDS)
    first, second, third = (max(one - too_sure, LEAST_ODDS) for one in odds)
    is_away = (not (look.is_back and belief.is_away)) if look.changed else belief.is_away
    if rate < prior.days:
        return Belief(shape, -rate, (first, second, third), is_away)
    return Belief(shape - prior.shape, rate - prior.days, (first, second, third), is_away)


def changes_a_day(belief: Belief, prior: Prior, days: float) -> float:
    shape, rate = _kept(belief, prior, 1.0)
    steady, *swinging = _shares(belief, prior)
    changes = steady * shape / rate
    for share, swing in zip(swinging, SWINGS, strict=True):
        at_first = swing.back if belief.is_away else swing.out
        passed = (swing.out + swing.back) * days
        changes += share * (swing.changes + (at_first - swing.changes) * -math.expm1(-passed) / passed)
    return min(max(changes, LEAST_RATE), MOST_RATE)


def calls_a_day(belief: Belief, fleet: Fleet, bounds: Bounds) -> tuple[float, float, float]:
    most = 1 / bounds.soonest
    least = min(max(1 / (IN_TIME * bounds.latest), fleet.least), most)
    demand = math.sqrt(bounds.weight * changes_a_day(belief, fleet.prior, 1))
    for _ in range(2):
        calls = min(max(fleet.multiplier * demand, least), most)
        rate = changes_a_day(belief, fleet.prior, 1 / calls)
        days = min(DAYS_FOR_A_MISSED_ONE, CHANGES_FOR_A_MISSED_ONE / rate)
        demand = math.sqrt(bounds.weight * rate * (1 + 2 * days * rate * max(_more_missed(rate / calls), 0)))
    return min(max(fleet.multiplier * demand, least), most), demand, rate


def missed(changes: float) -> float:
    """The share of changes that is missed where so many come between two looks: the second of two undoes the first."""
    return COMING_BACK * changes * math.exp(-changes)


def _more_missed(changes: float) -> float:
    """Its derivative."""
    return COMING_BACK * math.exp(-changes) - missed(changes)


def _kept(belief: Belief, prior: Prior, kept: float) -> Gamma:
    if belief.days < 0:
        own_shape, own_rate = max(belief.changes, LEAST_GAMMA), max(-belief.days, LEAST_GAMMA)
        return kept * own_shape + (1 - kept) * prior.shape, kept * own_rate + (1 - kept) * prior.days
    return max(prior.shape + kept * belief.changes, LEAST_SHARE_OF_PRIOR * prior.shape), prior.days + kept * belief.days


def _with_anew(old: Gamma, new: Gamma, look: Look) -> tuple[Gamma, float]:
    """The Gamma after a look at a product that may have become another one, and the logarithm of how likely it was."""
    old, evidence_old = _seen(old, look)
    new, evidence_new = _seen(new, look)
    anew = 1 - math.exp(-ANEW * look.days)
    likely_old, likely_new = (1 - anew) * math.exp(evidence_old), anew * math.exp(evidence_new)
    if likely_old + likely_new == 0:
        return new, evidence_new
    share, evidence = likely_new / (likely_old + likely_new), math.log(likely_old + likely_new)
    if share < NEGLIGIBLE:
        return old, evidence
    mean = sum(part * shape / rate for part, (shape, rate) in ((1 - share, old), (share, new)))
    square = sum(part * shape * (shape + 1) / rate**2 for part, (shape, rate) in ((1 - share, old), (share, new)))
    return _of_moments(mean, square), evidence


def _seen(gamma: Gamma, look: Look) -> tuple[Gamma, float]:
    shape, rate = gamma
    nothing = math.log1p(look.days / rate)
    if not look.changed:
        return (shape, rate + look.days), -shape * nothing
    if shape * nothing < SHORT:
        return (shape + 1, rate), math.log(shape * nothing)
    likely = -math.expm1(-shape * nothing)
    mean = shape / rate * -math.expm1(-(shape + 1) * nothing) / likely
    square = shape * (shape + 1) / rate**2 * -math.expm1(-(shape + 2) * nothing) / likely
    return _of_moments(mean, square), math.log(likely)


def _of_moments(mean: float, square: float) -> Gamma:
    variance = max(square - mean**2, 1e-9 * mean**2)
    return mean**2 / variance, mean / variance


def _likely(swing: Swing, is_away: bool, look: Look) -> float:
    """How likely a look is of a product that swings, as against how likely it is of others that it came back or not."""
    out = (swing.back if is_away else swing.out) / (swing.out + swing.back)
    changed = out * -math.expm1(-(swing.out + swing.back) * look.days)
    if not look.changed:
        return 1 - changed
    if look.is_back is None:
        return changed
    return changed * ((1 - THIRD_STATE) / COMING_BACK if look.is_back else THIRD_STATE / (1 - COMING_BACK))


def _shares(belief: Belief, prior: Prior) -> tuple[float, float, float, float]:
    """How likely it is that the product takes ever new values, and that it swings."""
    curious = CURIOSITY if belief.is_away else 1.0
    odds: Shares = belief.odds
    parts = [share * curious * math.exp(one) for share, one in zip(prior.swinging, odds, strict=True)]
    rest = 1 - sum(prior.swinging)
    steady, first, second, third = (part / (rest + sum(parts)) for part in (rest, *parts))
    return steady, first, second, third
