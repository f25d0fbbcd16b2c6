"""The adaptive schedule: `monitor.schedule` decides, and this does what the product's tables do.

It keeps a row for each product, gives the rows that are due next, and tells the hourly fit its sums.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from heapq import nsmallest
from random import Random

from monitor.provider.codes import Outcome
from monitor.schedule import (
    SHOPS_ZONE,
    Cell,
    Census,
    Fleet,
    History,
    Known,
    Limits,
    Planner,
    Spending,
    Told,
    fitted_day,
    fitted_prior,
    next_check,
    planned_share,
)
from monitor.schedule.census import STEPS
from monitor.schedule.fleet import PATIENT, PLANNED
from monitor.simulation.play import DAY
from monitor.simulation.truth import Life

#: The day's profile is made of about so many changes, those of the last days.
_FOUND, _FOR_DAYS = 6000, 21
#: The hourly fit reads no more beliefs than these.
_SAMPLE = 5000


class Adaptive:
    """All products have the same `limits`. The beginning, second 0, is at the instant `begin`."""

    def __init__(self, lives: Sequence[Life], cap: int, limits: Limits, begin: datetime, seed: int) -> None:
        count = len(lives)
        self._cap, self._limits, self._begin, self._random = cap, limits, begin, Random(seed)
        self._planner = Planner()
        self._spending = self._planner.day.spending(count / cap)
        self._share = PLANNED[1]
        self._found: list[tuple[int, float, float]] = []
        self._known = [Known()] * count
        #: What a product was told to be by its last look, and when that was.
        self._told = [life.at(0) for life in lives]
        self._told_at = [0] * count
        self._rates = [1.0] * count
        self._next_at = [0.0] * count
        self._not_before = [0.0] * count
        self._cannot_wait = [False] * count
        for _ in range(2):  # Once to know the rates, once for what calls they come to.
            for product in range(count):
                self._schedule(product, 0)
            self._fit()
        for product in range(count):
            self._schedule(product, 0)
            # Whatever comes at once is spread over its first wait.
            self._next_at[product] *= self._random.random()

    def hour(self, now: int) -> None:
        """The hourly fit, and at midnight the day's profile."""
        overdue = sum(next_at <= now - PATIENT * 60 for next_at in self._next_at)
        self._share = planned_share(self._share, overdue, self._cap / 24)
        if now % DAY == 0:
            self._found = [one for one in self._found if one[2] > now / DAY - _FOR_DAYS]
            # Of so many changes some products tell enough.
            every = 1 + len(self._found) // _FOUND
            day = fitted_day(one for one in self._found if one[0] // 2 % every == 0)
            self._planner = Planner(self._planner.fleet, day)
            self._spending = day.spending(len(self._known) / self._cap)
        self._fit()

    def chosen(self, now: int, spent: int) -> Sequence[int]:
        """What is due, what cannot wait before all else, and where the day's plan has calls left, what will be next."""
        shares = self._spending if self._planner.day.weights else ()
        plan = Spending(self._cap, self._at(now), SHOPS_ZONE, shares=shares)
        free = [row for row, not_before in enumerate(self._not_before) if not_before <= now]
        due = [row for row in free if self._next_at[row] <= now]
        first = self._next([row for row in due if self._cannot_wait[row]], plan.spendable_at_once - spent)
        spent += len(first)
        others = set(free).difference(first)
        count = max(min(plan.spendable - spent, len(due) - len(first)), plan.planned - spent)
        return [*first, *self._next(others, count)]

    def _next(self, rows: Iterable[int], most: int) -> list[int]:
        return nsmallest(max(most, 0), rows, key=self._next_at.__getitem__)

    def saw(self, product: int, now: int, value: int | None) -> None:
        if value is None:
            again = next_check(History(self._at(now), Outcome.NOT_FOUND), self._limits) - self._at(now)
            self._next_at[product] = self._not_before[product] = now + again.total_seconds()
            return
        was, since = self._told[product], self._told_at[product]
        if was is not None:
            told = Told(self._at(since), self._at(now), value != was, was, value)
            self._known[product] = self._planner.learned(self._known[product], told)
            if told.changed:
                self._found.append((product, since / DAY, now / DAY))
        self._told[product], self._told_at[product] = value, now
        self._schedule(product, now)

    def _at(self, second: int) -> datetime:
        return self._begin + timedelta(seconds=second)

    def _schedule(self, product: int, now: int) -> None:
        at = self._at(now)
        waits, self._rates[product] = self._planner.wait(self._known[product], self._limits, at, at)
        self._next_at[product] = now + waits.total_seconds()
        self._cannot_wait[product] = self._planner.cannot_wait(self._limits, waits)
        soonest = self._limits.latest if self._limits.soonest is None else self._limits.soonest
        self._not_before[product] = now + soonest.total_seconds()

    def _fit(self) -> None:
        fleet, step = self._planner.fleet, max(1, len(self._known) // _SAMPLE)
        sample = (known.belief for known in self._known[self._random.randrange(step) :: step])
        prior = fitted_prior(sample, fleet.prior)
        steps = Counter(round(math.log(rate) * STEPS) for rate in self._rates)
        cells = (Cell(self._limits, math.exp(step / STEPS), count) for step, count in sorted(steps.items()))
        fleet = Census(tuple(cells)).fitted(Fleet(prior, fleet.multiplier), self._share * self._cap, self._cap)
        self._planner = Planner(fleet, self._planner.day)
