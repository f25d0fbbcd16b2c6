"""The adaptive schedule: `monitor.schedule` decides, and this does what the product's tables do.

It keeps a row for each product, gives the rows that are due next, and tells the hourly fit its sums.
"""

import math
from collections.abc import Sequence
from heapq import nsmallest
from random import Random

from monitor.schedule import (
    Belief,
    Bounds,
    Day,
    Fleet,
    Look,
    calls_a_day,
    changes_a_day,
    fitted_day,
    fitted_multiplier,
    fitted_prior,
    learned,
    wait,
)
from monitor.schedule.fleet import PLANNED, least_calls, planned_share
from monitor.schedule.pace import IN_TIME
from monitor.simulation.play import DAY
from monitor.simulation.truth import Life

#: The day's profile is made of about so many changes, those of the last days.
_FOUND, _FOR_DAYS = 6000, 21
#: The hourly fit reads no more beliefs than these.
_SAMPLE = 5000
#: How far a day's spending may be ahead of its plan, where hours differ and where they don't.
_AHEAD, _EVENLY_AHEAD = 0.15, 0.02
#: What the provider cannot find is asked for once a day.
_NOT_FOUND_AGAIN = DAY


class Adaptive:
    """Every product is worth the same, and nobody has set limits to when it is looked at."""

    def __init__(self, lives: Sequence[Life], cap: int, seed: int) -> None:
        count = len(lives)
        self._cap, self._random = cap, Random(seed)
        self._fleet, self._day, self._bounds = Fleet(), Day(), Bounds()
        self._spending = self._day.spending(count / cap)
        self._share = PLANNED[1]
        self._found: list[tuple[int, float, float]] = []
        self._beliefs = [Belief()] * count
        #: What a product was told to be by its last look, when that was, and what it was before its last change.
        self._told = [life.at(0) for life in lives]
        self._told_at = [0] * count
        self._before: list[int | None] = [None] * count
        self._demand = [math.sqrt(changes_a_day(Belief(), self._fleet.prior))] * count
        self._next_at = [0.0] * count
        self._not_before = [0.0] * count
        self._fit()
        for product in range(count):
            self._schedule(product, 0)
            # Whatever comes at once is spread over its first wait.
            self._next_at[product] *= self._random.random()

    def hour(self, now: int) -> None:
        """The hourly fit, and at midnight the day's profile."""
        overdue = sum(next_at <= now for next_at in self._next_at)
        self._share = planned_share(self._share, overdue, self._cap / 24)
        if now % DAY == 0:
            self._found = [one for one in self._found if one[2] > now / DAY - _FOR_DAYS]
            # Of so many changes some products tell enough.
            every = 1 + len(self._found) // _FOUND
            self._day = fitted_day(one for one in self._found if one[0] // 2 % every == 0)
            self._spending = self._day.spending(len(self._beliefs) / self._cap)
        self._fit()

    def chosen(self, now: int, spent: int) -> Sequence[int]:
        """What is due, and where the day's plan has calls left, what will be next."""
        share = self._spending[now % DAY * len(self._spending) // DAY]
        ahead = _AHEAD if self._day.weights else _EVENLY_AHEAD
        due = sum(next_at <= now for next_at in self._next_at)
        room = int(self._cap * (share + ahead) - spent)
        count = max(min(room, due), min(room, int(self._cap * share - spent)))
        if count <= 0:
            return ()
        rows = [row for row, not_before in enumerate(self._not_before) if not_before <= now]
        return nsmallest(count, rows, key=self._next_at.__getitem__)

    def saw(self, product: int, now: int, value: int | None) -> None:
        if value is None:
            self._next_at[product] = self._not_before[product] = now + _NOT_FOUND_AGAIN
            return
        told, since = self._told[product], self._told_at[product] / DAY
        if told is not None:
            changed, before = value != told, self._before[product]
            is_back = value == before if changed and before is not None else None
            look = Look(self._day.activity(since, now / DAY), changed, is_back)
            self._beliefs[product] = learned(self._beliefs[product], self._fleet.prior, look)
            if changed:
                self._before[product] = told
                self._found.append((product, since, now / DAY))
        self._told[product], self._told_at[product] = value, now
        self._schedule(product, now)

    def _schedule(self, product: int, now: int) -> None:
        calls, self._demand[product] = calls_a_day(self._beliefs[product], self._fleet, self._bounds)
        waits = wait(calls, self._bounds, self._day, now / DAY, now / DAY) * DAY
        self._next_at[product] = now + waits
        self._not_before[product] = now + round(self._bounds.soonest * DAY)

    def _fit(self) -> None:
        count, fleet = len(self._beliefs), self._fleet
        step = max(1, count // _SAMPLE)
        prior = fitted_prior(self._beliefs[self._random.randrange(step) :: step], fleet.prior)
        least, most = least_calls(self._cap, count), 1 / self._bounds.soonest
        low = min(max(1 / (IN_TIME * self._bounds.latest), least), most)
        multiplier = fitted_multiplier(
            lambda tried: [sum(min(max(one * demand, low), most) for demand in self._demand) for one in tried],
            self._share * self._cap,
            fleet.multiplier,
        )
        self._fleet = Fleet(prior, multiplier, least)
