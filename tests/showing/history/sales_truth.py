"""Compares ranges of units a day with exact sales, which are invented here without the code that
estimates them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.random import Generator, default_rng

from monitor.judging.sales_pace import (
    DAY,
    LOOKS_BACK,
    SalesChange,
    SalesCount,
    SalesEstimate,
    estimate,
)
from monitor.polling.recording.sold_together import together

START = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAYS = 130
#: What is sold in each hour of the day, as a share of a usual hour.
RHYTHM = (
    np.array([6, 3, 2, 1, 1, 2, 4, 6, 8, 9, 10, 11, 12, 11, 10, 10, 10, 11, 13, 16, 20, 22, 18, 12])
    / 9.5
)
#: From the begin of a change on, the times that is sold of what was usual, day by day; the last one
#: stays.
CHANGES: dict[str, tuple[float, ...]] = {
    "steady": (1,),
    "doubling": (2,),
    "halving": (0.5,),
    "week of x4": (*[4] * 7, 1),
    "3 days of x8": (*[8] * 3, 1),
    "2 dead weeks": (*[0] * 14, 1),
    "night and day": (1,),
}
WINDOWS = (7, 14, 30)


def pace_at(told: Iterable[SalesCount], now: datetime) -> SalesEstimate | None:
    """Return the estimate from the readings until `now`: as recording keeps it, from the last
    change of each day."""
    told = [reading for reading in told if reading.at <= now]
    changes = {
        (now - after.at) // DAY: SalesChange(before.at_least, after.at_least, before.at, after.at)
        for before, after in pairwise(told)
        if before.at_least != after.at_least and after.at > now - LOOKS_BACK
    }
    return estimate(list(changes.values()), told[-1], max(told[0].at, now - LOOKS_BACK))


@dataclass(frozen=True)
class Sold:
    """All units sold until the begin of each hour, and the hours of the checks; the last one is
    now."""

    totals: Any
    checks: list[int]
    is_exact: bool

    def readings(self) -> list[SalesCount]:
        return [self._told(hour) for hour in self.checks]

    def a_day(self, days: int) -> float:
        now = self.checks[-1]
        return float(self.totals[now] - self.totals[now - days * 24]) / days

    def _told(self, hour: int) -> SalesCount:
        """Return what the provider tells: '832', '4000+', '1.3万+', '10万+'."""
        units = int(self.totals[hour])
        step = 1 if self.is_exact or units < 1000 else 1000 if units < 100_000 else 10_000
        return SalesCount(START + hour * HOUR, units // step * step, step)


def product(chance: Generator, change: str, age: float, every: int, *, is_exact: bool) -> Sold:
    """Return a product that sells 2 to 2,000 a day, and has for 2 to 30 months. `change` began
    `age` days ago; checks are about `every` hours."""
    a_day = float(np.exp(chance.uniform(np.log(2), np.log(2000))))
    now = DAYS * 24 - int(chance.integers(24))
    since = (np.arange(DAYS * 24) - (now - age * 24)) / 24
    times = np.array(CHANGES[change])
    factor = np.where(since < 0, 1.0, times[np.clip(since.astype(int), 0, len(times) - 1)])
    days = np.repeat(chance.gamma(9, 1 / 9, DAYS), 24)
    hours = np.tile(RHYTHM, DAYS) if change == "night and day" else 1
    sold = chance.poisson(a_day / 24 * factor * days * hours)
    totals = int(a_day * chance.uniform(60, 900)) + np.concatenate([[0], np.cumsum(sold)])
    steps = np.maximum(1, chance.normal(every, every / 4, DAYS * 48 // every).round()).astype(int)
    begin = int(chance.choice([0, 40, 80])) * 24
    return Sold(
        totals,
        [hour for hour in (begin + np.cumsum(steps)).tolist() if hour < now] + [now],
        is_exact,
    )


@dataclass(frozen=True)
class Case:
    """A range, its likely value, and the truth in each of `WINDOWS`."""

    low: float
    likely: float | None
    high: float
    truths: tuple[float, ...]


def of_products(change: str, seed: int, n: int, *, is_exact: bool) -> Iterator[Case]:
    chance = default_rng([seed, list(CHANGES).index(change), is_exact])
    for _ in range(n):
        age, every = chance.uniform(0, 30), int(chance.choice([2, 6, 24]))
        sold = product(chance, change, age, every, is_exact=is_exact)
        told = sold.readings()
        if pace := pace_at(told, told[-1].at):
            yield Case(pace.units_low, pace.units, pace.units_high, tuple(map(sold.a_day, WINDOWS)))


def of_shops(change: str, seed: int, n: int, *, is_exact: bool) -> Iterator[Case]:
    """Yield the sums of shops of 20 to 100 products, whose sales all change at once."""
    chance = default_rng([seed, 99, list(CHANGES).index(change), is_exact])
    for _ in range(n):
        age, size = chance.uniform(0, 30), int(chance.integers(20, 101))
        every = chance.choice([6, 24], size, p=[0.2, 0.8])
        shop = [product(chance, change, age, int(hours), is_exact=is_exact) for hours in every]
        paces = [(pace_at(told := sold.readings(), told[-1].at), sold) for sold in shop]
        known = [(pace, sold) for pace, sold in paces if pace and pace.risen_7 is not None]
        units = sum(pace.units or pace.risen_7 or 0 for pace, _sold in known)
        rates = [
            (pace.risen_7 or 0, pace.risen_14 or 0, pace.risen_30 or 0) for pace, _sold in known
        ]
        squares = sum([(pace.risen_error or 0) ** 2 for pace, _sold in known])
        row = together(units, None, *map(sum, zip(*rates, strict=True)), squares, len(known), size)
        truths = tuple(sum(sold.a_day(days) for _pace, sold in known) for days in WINDOWS)
        yield Case(row.units_low or 0, row.units, row.units_high or 0, truths)


def shares_held(cases: list[Case]) -> list[float]:
    """Return the share of ranges that hold the truth, by window."""
    return [
        sum(case.low - 1e-9 <= case.truths[place] <= case.high + 1e-9 for case in cases)
        / len(cases)
        for place in range(len(WINDOWS))
    ]
