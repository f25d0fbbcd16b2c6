"""The day's profile: when in the day products change, and the best times to check them.

Shops change their prices at certain hours, and hardly at night. The activity at each time of the day, relative to the
mean, is learned from the intervals in which changes of all products were found. It is used only if it is more than
chance. Times are days since some midnight of the shops' clock.

With a profile, evidence of a check is measured in days of mean activity, and checks are planned as follows. With
changes at rate λ p(t), a check at time u after one at time t costs C(t, u) = λ ∫ p(s)(u − s) ds. Each check also costs
λx²/2, which makes x the best interval for a flat p. The cheapest plan solves V(t) = min over u of C(t, u) + λx²/2 − g(u
− t) + V(u), by iteration over V and the mean cost g (Howard, 1960). The best u rises with t (C has the Monge property),
so a few thousand steps are enough.
"""

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from statistics import pvariance

#: Ten-minute steps of a day.
STEPS = 144
_STEP = 1 / STEPS
#: Rounding may put a time just before the start of its step.
_TINY = 1e-6
#: The planned intervals, in days: half an hour to 1.75 days. Shorter ones follow the activity of the hour; longer ones
#: end with a wait of the longest plan.
_INTERVALS = tuple(0.02 * 1.25**number for number in range(21))
#: Below this interval, in days, ten-minute steps are too coarse.
_SHORTEST = 0.03
_ROUNDS = 12
#: The log likelihood ratio by which each half of the products must predict the other half's changes.
_EVIDENCE = 8.0
#: The least changes of each half, and the least days.
_FEWEST_CHANGES, _FEWEST_DAYS = 150, 3
_EM_ROUNDS = 25
#: A day's spending counts products that are checked at most this many times more or less often than the mean.
_SPREAD = 6.0
_LEAST_WEIGHT = 0.02


@dataclass(frozen=True, slots=True)
class Day:
    """The activity by step of the day, with a mean of 1. Without weights all hours are alike.

    Each of `plans` has, for each step of the day, the number of steps until the next check. `intervals` are the plans'
    mean days between checks, in rising order.
    """

    weights: tuple[float, ...] = ()
    plans: tuple[tuple[int, ...], ...] = ()
    intervals: tuple[float, ...] = ()
    _sums: tuple[float, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_sums", tuple(accumulate(self.weights, initial=0.0)))

    def activity(self, since: float, until: float) -> float:
        """Return the days of mean activity between two times."""
        if not self.weights:
            return until - since
        return self._until(until) - self._until(since)

    def wait(self, since: float, even: float) -> float:
        """Return the days from a check to the next one, for a product with a mean interval of `even` days."""
        if not self.weights:
            return even
        if even < _SHORTEST:
            return even / math.sqrt(max(self.weights[_step(since)], _LEAST_WEIGHT))
        if even <= _INTERVALS[-1]:
            return self._planned(since, self._plan(even)[_step(since)])
        longest = self.plans[-1]
        rest = round((even - _INTERVALS[-1]) % 1 * STEPS)
        whole = math.floor(even - _INTERVALS[-1])
        begins = (_step(since) + rest) % STEPS
        return self._planned(since, rest + longest[begins]) + whole

    def _plan(self, even: float) -> tuple[int, ...]:
        """Return the plan with a mean interval of about `even` days."""
        at = min(bisect_left(self.intervals, even), len(self.intervals) - 1)
        is_nearer = at > 0 and even * even < self.intervals[at] * self.intervals[at - 1]
        return self.plans[at - is_nearer]

    def _planned(self, since: float, steps: int) -> float:
        """Return the days to the start of the step that comes `steps` steps after `since`."""
        return (math.floor(since * STEPS + _TINY) + steps) * _STEP - since

    def _until(self, time: float) -> float:
        days = math.floor(time)
        into = (time - days) * STEPS
        step = min(int(into), STEPS - 1)
        return days + (self._sums[step] + self.weights[step] * (into - step)) * _STEP

    def spending(self, even: float) -> tuple[float, ...]:
        """Return the share of a day's checks until the end of each step, for products with a mean interval of `even`
        days, some checked much more often and some much less."""
        if not self.weights:
            return tuple((step + 1) * _STEP for step in range(STEPS))
        checks = [0.0] * STEPS
        for interval, plan in zip(self.intervals, self.plans, strict=True):
            if not 1 / _SPREAD < interval / min(max(even, _INTERVALS[0]), _INTERVALS[-1]) < _SPREAD:
                continue
            for step, _ in _circle(plan):
                checks[step] += 1 / interval
        total = sum(checks)
        return tuple(so_far / total for so_far in accumulate(checks))


def fitted_day(changes: Iterable[tuple[int, float, float]]) -> Day:
    """Return the profile from the intervals (product, since, until) in which changes were found.

    They must be all intervals of some products that ended within some days: a selection of short ones would only show
    the hours of checks. Only whole days count.

    Two halves of the products give two estimates. Each must predict the hours of the other half's changes: if all hours
    are alike, the likelihood ratio of an independent estimate exceeds c with a probability of at most 1/c. The profile
    keeps what the two agree on (split-half reliability: Spearman and Brown, 1910); the rest is chance.
    """
    halves: tuple[list[tuple[float, float]], ...] = [], []
    intervals = [interval for interval in changes if 0 < interval[2] - interval[1] <= 1]
    ends = [until for _, _, until in intervals]
    days = math.floor(max(ends) - min(ends)) if intervals else 0
    if days < _FEWEST_DAYS:
        return Day()
    begin = max(ends) - days
    for product, since, until in intervals:
        if until > begin:
            halves[product % 2].append((since - math.floor(since), until - math.floor(since)))
    if min(map(len, halves)) < _FEWEST_CHANGES:
        return Day()
    first, second = map(_likeliest, halves)
    if min(_log_likelihood_ratio(first, halves[1]), _log_likelihood_ratio(second, halves[0])) < _EVIDENCE:
        return Day()
    covariance = sum((a - 1) * (b - 1) for a, b in zip(first, second, strict=True)) / STEPS
    deviations = math.sqrt(pvariance(first, 1.0) * pvariance(second, 1.0))
    reliability = 2 * covariance / (deviations + covariance) if covariance > 0 else 0.0
    weights = [max(1 + reliability * ((a + b) / 2 - 1), _LEAST_WEIGHT) for a, b in zip(first, second, strict=True)]
    mean = sum(weights) / STEPS
    return planned(tuple(weight / mean for weight in weights))


def _log_likelihood_ratio(weights: Sequence[float], spans: Sequence[tuple[float, float]]) -> float:
    """Compare these weights, mixed half and half with even ones, with even ones, for changes in these spans."""
    sums = list(accumulate([*weights, *weights], initial=0.0))
    return sum(
        math.log(0.5 + 0.5 * _mass(sums, weights, since * STEPS, until * STEPS) / ((until - since) * STEPS))
        for since, until in spans
    )


def _mass(sums: Sequence[float], weights: Sequence[float], first: float, last: float) -> float:
    """Return the sum of weights between two steps of two days, from the running sums."""
    low, high = int(first), min(int(last), 2 * STEPS - 1)
    return sums[high] + weights[high % STEPS] * (last - high) - sums[low] - weights[low % STEPS] * (first - low)


def _likeliest(spans: Sequence[tuple[float, float]]) -> list[float]:
    """Return the maximum likelihood weights for changes within these spans of two days.

    By expectation and maximisation: each change is spread over its span by the weights, and the sums are the new
    weights. Spans of a product cover all times, so every step has the same exposure.
    """
    weights = [1.0] * STEPS
    for _ in range(_EM_ROUNDS):
        sums = list(accumulate([*weights, *weights], initial=0.0))
        # A step gets 1/mass of each span as a factor; `steps` has the differences of adjacent factors.
        steps = [0.0] * (2 * STEPS + 1)
        for since, until in spans:
            first, last = since * STEPS, min(until * STEPS, 2 * STEPS - 1e-9)
            low, high = int(first), int(last)
            share = 1 / max(_mass(sums, weights, first, last), 1e-9)
            steps[low] += share * (low + 1 - first)
            steps[low + 1] += share * (first - low)
            steps[high] -= share * (high + 1 - last)
            steps[high + 1] -= share * (last - high)
        factors = list(accumulate(steps))
        weights = [weight * (factors[step] + factors[step + STEPS]) for step, weight in enumerate(weights)]
        mean = sum(weights) / STEPS
        weights = [max(weight / mean, _LEAST_WEIGHT / 10) for weight in weights]
    return weights


def planned(weights: tuple[float, ...]) -> Day:
    """Return a day with these weights and its plans."""
    values, plans, intervals = [0.0] * STEPS, [], [0.0]
    for even in _INTERVALS:
        plan, values = _cheapest(weights, even, values)
        plans.append(plan)
        intervals.append(max(intervals[-1], sum(steps for _, steps in _circle(plan)) * _STEP / STEPS))
    return Day(weights, tuple(plans), tuple(intervals[1:]))


def _cheapest(weights: Sequence[float], even: float, values: Sequence[float]) -> tuple[tuple[int, ...], list[float]]:
    """Return the steps from each step of the day to the best next check, and the new values V, starting from
    `values`."""
    longest = min(3 * STEPS, int(3 * even * STEPS) + STEPS // 2)
    count = STEPS + longest + 1
    mass = [0.0, *accumulate(weights[step % STEPS] * _STEP for step in range(count))]
    moment = [0.0, *accumulate(weights[step % STEPS] * _STEP * (step + 0.5) * _STEP for step in range(count))]
    price = even * even / 2
    mean, steps, now = even, [1] * STEPS, list(values)
    for _ in range(_ROUNDS):
        ends = [at * _STEP * (mass[at] - mean) - moment[at] + price + now[at % STEPS] for at in range(count)]
        best = _best(ends, mass, longest)
        now = [ends[at] - at * _STEP * mass[step] + moment[step] + mean * step * _STEP for step, at in enumerate(best)]
        lowest = min(now)
        now = [value - lowest for value in now]
        after = [at - step for step, at in enumerate(best)]
        mean = _mean_cost(after, mass, moment, price)
        if after == steps:
            break
        steps = after
    return tuple(steps), now


def _best(ends: Sequence[float], mass: Sequence[float], longest: int) -> list[int]:
    """Return the best step of the next check for each step of a day, by divide and conquer: it rises with the step."""
    best = [0] * STEPS
    ranges = [(0, STEPS - 1, 1, STEPS + longest - 1)]
    while ranges:
        first, last, low, high = ranges.pop()
        if first > last:
            continue
        middle = (first + last) // 2
        slope = mass[middle] * _STEP
        candidates = range(max(low, middle + 1), min(high, middle + longest) + 1)
        best[middle] = at = min(candidates, key=lambda at: ends[at] - at * slope)
        ranges += [(first, middle - 1, low, at), (middle + 1, last, at, high)]
    return best


def _mean_cost(plan: Sequence[int], mass: Sequence[float], moment: Sequence[float], price: float) -> float:
    """Return the long-run cost a day."""
    cost = walked = 0.0
    for step, steps in _circle(plan):
        at = step + steps
        cost += at * _STEP * (mass[at] - mass[step]) - moment[at] + moment[step] + price
        walked += steps
    return cost / (walked * _STEP)


def _circle(plan: Sequence[int]) -> list[tuple[int, int]]:
    """Return the checks of the plan in the long run, when it repeats: each one's step, and the steps until the
    next."""
    step, checks = 0, []
    for _ in range(2 * STEPS):
        checks.append((step, plan[step]))
        step = (step + plan[step]) % STEPS
    return checks[STEPS:]


def _step(time: float) -> int:
    return math.floor(time * STEPS + _TINY) % STEPS
