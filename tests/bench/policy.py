"""`monitor.judging.schedule` as a policy of the simulator that measures schedules:
`make bench-schedule SIM=folder`.

The simulator has the products and the provider. `Policy` replaces the product's tables: it keeps a
row for each product, picks the rows that are due, and gives the hourly fit its sums.
`monitor.judging.schedule` makes all decisions."""

import random
import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from monitor.judging.schedule.belief import Belief, changes_a_day, learned
from monitor.judging.schedule.fleet import (
    PATIENT_MINUTES,
    PLANNED,
    Fleet,
    fitted_multiplier,
    fitted_prior,
    least_calls,
    planned_share,
)
from monitor.judging.schedule.pace import IN_TIME, NEARLY, Bounds, calls_a_day, demand, wait

DAY = 86400.0
SAMPLE = 5000
#: How far a day's spending may be ahead of its plan, and how much further for checks that cannot
#: wait.
AHEAD, MORE_AHEAD = 0.02, 0.15


class Policy:
    """The policy of one run. Times are in seconds, as in the simulator."""

    tick_every = 3600.0

    def __init__(self, context: Any) -> None:
        count = context.n
        self.budget = float(context.cap)
        self.fleet = Fleet()
        self.usual = self.early = 0.0
        self.share = PLANNED[1]
        self.random = random.Random(context.seed)
        self.beliefs = [Belief()] * count
        self.bounds = [Bounds()] * count
        self.cached = [0.0] * count
        self.is_there = np.zeros(count, bool)
        self.demand, self.least, self.most = np.zeros(count), np.zeros(count), np.ones(count)
        self.cannot_wait = np.zeros(count, bool)
        self.next_at, self.not_before = np.full(count, np.inf), np.full(count, np.inf)

    def add_batch(
        self, ids: Any, now: float, weights: Any, max_ages: Any, min_intervals: Any
    ) -> Any:
        for row, weight, latest, soonest in zip(
            ids.tolist(), weights, max_ages, min_intervals, strict=True
        ):
            bounds = Bounds(float(weight), float(soonest) / DAY, float(latest) / DAY)
            self.bounds[row] = bounds
            self.is_there[row] = True
            self.demand[row] = demand(changes_a_day(Belief(), self.fleet.prior), bounds)
            self.least[row], self.most[row] = 1 / (IN_TIME * bounds.latest), 1 / bounds.soonest
        if now == 0:
            self._fit()
        for row in ids.tolist():
            waits = self._schedule(row, now, now)
            # The first products are spread over their first wait.
            self.next_at[row] = now + waits * (self.random.random() if now == 0 else 1.0)
        return self.next_at[ids]

    def observed_batch(
        self,
        ids: Any,
        now: float,
        data_times: Any,
        changed: Any,
        _looked: Any,
        told_at: Any,
        *_limits: Any,
    ) -> Any:
        for row, data_time, is_changed, before in zip(
            ids.tolist(), data_times.tolist(), changed.tolist(), told_at.tolist(), strict=True
        ):
            days = (data_time - before) / DAY
            self.beliefs[row] = learned(
                self.beliefs[row], self.fleet.prior, days, changed=is_changed
            )
            self.cached[row] = max(self.cached[row], min((now - data_time) / DAY, 0.25))
            self._schedule(row, now, data_time)
        return self.next_at[ids]

    def on_tick(self, now: float, _spent: int) -> None:
        self.share = planned_share(
            self.share, float((self.next_at <= now - PATIENT_MINUTES * 60).sum()), self.budget / 24
        )
        self._fit()

    def quota(self, now: float, spent: int, cap: int) -> float:
        """Return the calls that may be made: up to the day's plan and a little ahead of it."""
        plan = (now % DAY + 60) / DAY
        self.usual, self.early = (cap * min(share, 1.0) - spent for share in (plan + AHEAD, plan))
        return cap * (plan + AHEAD + MORE_AHEAD) - spent

    def pick(self, now: float, quota: int) -> Any:
        """Return the rows that are due, those that cannot wait first; and if the day's plan has
        calls left, the next ones."""
        is_due, is_free = self.next_at <= now, self.is_there & (self.not_before <= now + 1)
        first = self._soonest(is_due & is_free & self.cannot_wait, quota)
        rest = is_free & ~(is_due & self.cannot_wait)
        usual, early = (min(int(calls), quota) - len(first) for calls in (self.usual, self.early))
        due = min(usual, int((is_due & rest).sum()))
        return np.concatenate([first, self._soonest(rest, max(due, early))])

    def _soonest(self, mask: Any, most: int) -> Any:
        """Return the next of the marked rows, at most `most`."""
        rows = np.flatnonzero(mask)
        if len(rows) <= most:
            return rows
        return rows[np.argpartition(self.next_at[rows], most - 1)[:most]] if most > 0 else rows[:0]

    def _schedule(self, row: int, now: float, data_time: float) -> float:
        bounds = self.bounds[row]
        rate = changes_a_day(self.beliefs[row], self.fleet.prior)
        self.demand[row], calls = demand(rate, bounds), calls_a_day(rate, self.fleet, bounds)
        waits = wait(calls, bounds, max(0.0, now - data_time) / DAY, self.cached[row]) * DAY
        self.next_at[row], self.not_before[row] = now + waits, now + bounds.soonest * DAY
        self.cannot_wait[row] = waits / DAY >= NEARLY * bounds.latest
        return waits

    def _fit(self) -> None:
        rows = np.flatnonzero(self.is_there)
        step = max(1, len(rows) // SAMPLE)
        sample = rows[self.random.randrange(step) :: step]
        prior = fitted_prior((self.beliefs[row] for row in sample), self.fleet.prior)
        demands, most = self.demand[rows], self.most[rows]
        needed = float(np.minimum(self.least[rows], most).sum())
        least = least_calls(self.budget, len(rows), needed)
        lows = np.minimum(np.maximum(self.least[rows], least), most)
        multiplier = fitted_multiplier(
            lambda tried: float(np.clip(tried * demands, lows, most).sum()),
            self.share * self.budget,
        )
        self.fleet = Fleet(prior, multiplier, least)
