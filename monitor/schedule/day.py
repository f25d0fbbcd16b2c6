"""When in the course of a day products change, and when it is best to look for it.

Shops change their prices at certain hours, and hardly at night. How much more often than on average they do so at each
time of the day is learned from the intervals in which changes were found, all products together; how much there is in
it beyond chance decides whether it is used at all. Times here are days since some midnight of the shops' clock.

Where it is used, what a look teaches is measured in days of mean activity, and the next look is planned: changes at
rate λ p(t) that are seen by a look at time u after one at time t cost C(t, u) = λ ∫ p(s)(u − s) ds, and a look costs
what makes the even interval x the best one where p is flat: λx²/2. The looks that cost least on average, a day's plan
after the other, solve V(t) = min over u of C(t, u) + λx²/2 − g(u − t) + V(u), by iteration over V and the mean cost g
(Howard, 1960).
The latest of the best u rises with t (C has the Monge property), so that a few thousand steps find all of them.
"""

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

#: A day in steps of ten minutes.
STEPS = 144
_STEP = 1 / STEPS
#: A time that is meant to be the begin of a step may lie a little before it.
_TINY = 1e-6
#: Intervals, in days, that looks are planned for: half an hour up to a day and three quarters. Shorter ones follow the
#: activity of the hour, longer ones end with a wait of the longest plan.
_INTERVALS = tuple(0.02 * 1.25**number for number in range(21))
#: Below this interval plans of such steps are too coarse.
_SHORTEST = 0.03
_ROUNDS = 12
#: There is a profile where each half foretells the other by so much: e to this power.
_EVIDENCE = 8.0
#: It takes so many changes of each half to look at it.
_FEWEST = 150
_FEWEST_DAYS = 3
_EM_ROUNDS = 25
#: Products are looked at so many times more often or more seldom than the mean, where a day's spending is concerned.
_SPREAD = 6.0
_LEAST = 0.02


@dataclass(frozen=True, slots=True)
class Day:
    """How active products are by step of the day, 1 being the mean. Without weights all hours are alike.

    `plans` tell how many steps after each step the next look is due; `intervals` are the mean days between the looks of
    each, and rise.
    """

    weights: tuple[float, ...] = ()
    plans: tuple[tuple[int, ...], ...] = ()
    intervals: tuple[float, ...] = ()
    _sums: tuple[float, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_sums", tuple(accumulate(self.weights, initial=0.0)))

    def activity(self, since: float, until: float) -> float:
        """Days of mean activity between two times."""
        if not self.weights:
            return until - since
        return self._until(until) - self._until(since)

    def wait(self, since: float, even: float) -> float:
        """Days from a look until the next one of a product that would be looked at every `even` days."""
        if not self.weights:
            return even
        if even < _SHORTEST:
            return even / math.sqrt(max(self.weights[_step(since)], _LEAST))
        if even <= _INTERVALS[-1]:
            return self._planned(since, self._plan(even)[_step(since)])
        longest = self.plans[-1]
        rest = round((even - _INTERVALS[-1]) % 1 * STEPS)
        whole = math.floor(even - _INTERVALS[-1])
        begins = (_step(since) + rest) % STEPS
        return self._planned(since, rest + longest[begins]) + whole

    def _plan(self, even: float) -> tuple[int, ...]:
        """The plan whose looks are about `even` days apart."""
        at = min(bisect_left(self.intervals, even), len(self.intervals) - 1)
        is_nearer = at > 0 and even * even < self.intervals[at] * self.intervals[at - 1]
        return self.plans[at - is_nearer]

    def _planned(self, since: float, steps: int) -> float:
        """To the begin of the step that lies so many after that of `since`."""
        return (math.floor(since * STEPS + _TINY) + steps) * _STEP - since

    def _until(self, time: float) -> float:
        days = math.floor(time)
        into = (time - days) * STEPS
        step = min(int(into), STEPS - 1)
        return days + (self._sums[step] + self.weights[step] * (into - step)) * _STEP

    def spending(self, even: float) -> tuple[float, ...]:
        """The share of a day's looks that is made by the end of each step of the day, by products that are looked at
        every `even` days on average, some much more often and some much more seldom."""
        if not self.weights:
            return tuple((step + 1) * _STEP for step in range(STEPS))
        looks = [0.0] * STEPS
        for interval, plan in zip(self.intervals, self.plans, strict=True):
            if not 1 / _SPREAD < interval / min(max(even, _INTERVALS[0]), _INTERVALS[-1]) < _SPREAD:
                continue
            for step, _ in _circle(plan):
                looks[step] += 1 / interval
        total = sum(looks)
        return tuple(so_far / total for so_far in accumulate(looks))


def fitted_day(found: Iterable[tuple[int, float, float]]) -> Day:
    """The profile that the intervals (product, since, until) suggest in which changes were found.

    They are all intervals of some products that ended within some days, long ones and short ones: to choose among them
    would find the hours at which one looks. Only whole days count.

    Half of the products make one estimate and the others another. Each has to foretell at which hours the other half's
    changes were found: where all hours are alike, the likelihood ratio of an estimate that knows nothing of what it is
    tried on exceeds c with a probability of at most 1/c. Then, as far as the two agree on how hours differ, they differ
    (the reliability of two halves: Spearman and Brown, 1910); what they don't agree on is chance.
    """
    halves: tuple[list[tuple[float, float]], ...] = [], []
    told = [one for one in found if 0 < one[2] - one[1] <= 1]
    ended = [until for _, _, until in told]
    days = math.floor(max(ended) - min(ended)) if told else 0
    if days < _FEWEST_DAYS:
        return Day()
    begin = max(ended) - days
    for product, since, until in told:
        if until > begin:
            halves[product % 2].append((since - math.floor(since), until - math.floor(since)))
    if min(map(len, halves)) < _FEWEST:
        return Day()
    one, other = map(_likeliest, halves)
    if min(_foretold(one, halves[1]), _foretold(other, halves[0])) < _EVIDENCE:
        return Day()
    agreed = sum((a - 1) * (b - 1) for a, b in zip(one, other, strict=True)) / STEPS
    vary = math.sqrt(_variance(one) * _variance(other))
    kept = 2 * agreed / (vary + agreed) if agreed > 0 else 0.0
    weights = [max(1 + kept * ((a + b) / 2 - 1), _LEAST) for a, b in zip(one, other, strict=True)]
    mean = sum(weights) / STEPS
    return planned(tuple(weight / mean for weight in weights))


def _foretold(weights: Sequence[float], spans: Sequence[tuple[float, float]]) -> float:
    """The logarithm of how much likelier it is by these weights, mixed with even ones half and half, than by even ones
    alone that changes were found in these spans."""
    sums = list(accumulate([*weights, *weights], initial=0.0))
    return sum(
        math.log(0.5 + 0.5 * _mass(sums, weights, since * STEPS, until * STEPS) / ((until - since) * STEPS))
        for since, until in spans
    )


def _mass(sums: Sequence[float], weights: Sequence[float], first: float, last: float) -> float:
    """What weights come to between two steps of two days, given their running sums."""
    low, high = int(first), min(int(last), 2 * STEPS - 1)
    return sums[high] + weights[high % STEPS] * (last - high) - sums[low] - weights[low % STEPS] * (first - low)


def _variance(weights: Sequence[float]) -> float:
    return sum((weight - 1) ** 2 for weight in weights) / STEPS


def _likeliest(spans: Sequence[tuple[float, float]]) -> list[float]:
    """The weights that make changes within these spans of two days likeliest, by expectation and maximisation in turn:
    each change is spread over its interval as the weights have it, and the weights are what came together.

    A product is looked at at all times, by short intervals or long ones: every step was exposed alike.
    """
    weights = [1.0] * STEPS
    for _ in range(_EM_ROUNDS):
        sums = list(accumulate([*weights, *weights], initial=0.0))
        # What a step gets of its weight: 1/mass of each interval, by the differences between neighbours.
        steps = [0.0] * (2 * STEPS + 1)
        for since, until in spans:
            first, last = since * STEPS, min(until * STEPS, 2 * STEPS - 1e-9)
            low, high = int(first), int(last)
            share = 1 / max(_mass(sums, weights, first, last), 1e-9)
            steps[low] += share * (low + 1 - first)
            steps[low + 1] += share * (first - low)
            steps[high] -= share * (high + 1 - last)
            steps[high + 1] -= share * (last - high)
        got = list(accumulate(steps))
        weights = [weight * (got[step] + got[step + STEPS]) for step, weight in enumerate(weights)]
        mean = sum(weights) / STEPS
        weights = [max(weight / mean, _LEAST / 10) for weight in weights]
    return weights


def planned(weights: tuple[float, ...]) -> Day:
    """A day of such weights with its plans."""
    values, plans, intervals = [0.0] * STEPS, [], [0.0]
    for even in _INTERVALS:
        plan, values = _cheapest(weights, even, values)
        plans.append(plan)
        intervals.append(max(intervals[-1], sum(steps for _, steps in _circle(plan)) * _STEP / STEPS))
    return Day(weights, tuple(plans), tuple(intervals[1:]))


def _cheapest(weights: Sequence[float], even: float, values: Sequence[float]) -> tuple[tuple[int, ...], list[float]]:
    """The steps from each step of the day to the best next look, and the values of the steps, begun with `values`."""
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
    """For each step of a day the best step of the next look: it never comes earlier for a later step."""
    best = [0] * STEPS
    todo = [(0, STEPS - 1, 1, STEPS + longest - 1)]
    while todo:
        first, last, low, high = todo.pop()
        if first > last:
            continue
        middle = (first + last) // 2
        slope = mass[middle] * _STEP
        candidates = range(max(low, middle + 1), min(high, middle + longest) + 1)
        best[middle] = at = min(candidates, key=lambda at: ends[at] - at * slope)
        todo += [(first, middle - 1, low, at), (middle + 1, last, at, high)]
    return best


def _mean_cost(plan: Sequence[int], mass: Sequence[float], moment: Sequence[float], price: float) -> float:
    """What looks cost a day, in the long run."""
    cost = walked = 0.0
    for step, steps in _circle(plan):
        at = step + steps
        cost += at * _STEP * (mass[at] - mass[step]) - moment[at] + moment[step] + price
        walked += steps
    return cost / (walked * _STEP)


def _circle(plan: Sequence[int]) -> list[tuple[int, int]]:
    """Looks in the long run, when the plan walks in its circle: the step of each, and how many until the next."""
    step, looks = 0, []
    for _ in range(2 * STEPS):
        looks.append((step, plan[step]))
        step = (step + plan[step]) % STEPS
    return looks[STEPS:]


def _step(time: float) -> int:
    return math.floor(time * STEPS + _TINY) % STEPS
