"""A simulated month of ten followed shops: how late are launches found, and for how many calls?

`python -m tests.planning.readings_table` compares the schedule with reading every shop daily. A shop launches products
at random at its own rate, takes them back at the same rate, and is read page by page; rates and sizes vary widely. The
schedule learns from readings alone, a month before both are measured; its budget is half of the calls that daily
readings take.
"""

import heapq
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from statistics import mean

from monitor.provider.codes import Outcome
from monitor.schedule.census import Cell, Census
from monitor.schedule.fleet import Fleet, fitted_prior
from monitor.schedule.limits import Limits
from monitor.schedule.next_check import CheckHistory, next_check
from monitor.schedule.planner import Known, Planner, bits_of

DAY = timedelta(days=1)
START = datetime(2026, 9, 1, tzinfo=UTC)
#: The schedule learns for a month, then both are measured for a month.
LEARNING, MEASURED = 30 * DAY, 30 * DAY
END = START + LEARNING + MEASURED
LONGEST, SHORTEST = 7 * DAY, timedelta(hours=1)
#: Launches a day and pages of the ten shops, as powers of ten between these, all equally likely.
LAUNCHES, PAGES = (-3.0, 1.0), (0.3, 1.3)


@dataclass
class Shop:
    rate: float
    pages: int
    #: When something came or went, and whether it came.
    events: list[tuple[datetime, bool]]
    known: Known = field(default_factory=Known)
    read_at: datetime = START
    delays: list[float] = field(default_factory=list)
    calls: int = 0

    @property
    def limits(self) -> Limits:
        return Limits(LONGEST, SHORTEST, 1 / self.pages)

    def read(self, now: datetime) -> int:
        """Read the range; return how much has come and gone since the last reading."""
        new = [(at, is_launch) for at, is_launch in self.events if self.read_at < at <= now]
        if now > START + LEARNING:
            self.calls += self.pages
            self.delays += [(now - at) / DAY for at, is_launch in new if is_launch and at > START + LEARNING]
        self.read_at = now
        return len(new)


def shops(seed: int) -> list[Shop]:
    chance = random.Random(seed)
    spreads = [(10 ** chance.uniform(*LAUNCHES), round(10 ** chance.uniform(*PAGES))) for _ in range(10)]
    return [Shop(rate, pages, _events(chance, rate)) for rate, pages in spreads]


def _events(chance: random.Random, rate: float) -> list[tuple[datetime, bool]]:
    events, at = [], START
    while rate and (at := at + DAY * chance.expovariate(2 * rate)) < END:
        events.append((at, chance.random() < 0.5))
    return events


def read_daily(seed: int) -> list[Shop]:
    """Read each shop once a day, at its own time of day."""
    every = shops(seed)
    chance = random.Random(-seed)
    for shop in every:
        begin = START + DAY * chance.random()
        for day in range((END - begin) // DAY + 1):
            shop.read(begin + DAY * day)
    return every


def read_by_schedule(seed: int, calls_a_day: float) -> list[Shop]:
    """Read each shop when the schedule says, fitted once a day to the calls."""
    every, fleet, tie = shops(seed), Fleet(), count()
    due = [(START + timedelta(hours=number), next(tie), shop) for number, shop in enumerate(every)]
    heapq.heapify(due)
    fitted_at = START - DAY
    while due and due[0][0] < END:
        now, _, shop = heapq.heappop(due)
        if now - fitted_at >= DAY:
            fleet, fitted_at = _fitted(every, fleet, calls_a_day), now
        planner, before = Planner(fleet), shop.read_at
        if before < now:
            for bit in bits_of(before, now, shop.read(now)):
                shop.known = planner.learned(shop.known, bit)
        wait, _rate = planner.wait(shop.known, shop.limits, shop.read_at, now)
        heapq.heappush(due, (next_check(CheckHistory(now, Outcome.OK), shop.limits, wait), next(tie), shop))
    return every


def _fitted(every: Sequence[Shop], fleet: Fleet, calls_a_day: float) -> Fleet:
    prior = fitted_prior((shop.known.belief for shop in every), fleet.prior)
    planner = Planner(Fleet(prior))
    rates = [planner.wait(shop.known, shop.limits, shop.read_at, shop.read_at)[1] for shop in every]
    census = Census(tuple(Cell(shop.limits, rate, shop.pages) for shop, rate in zip(every, rates, strict=True)))
    return census.fitted(Fleet(prior), calls_a_day)


def compared(seeds: Iterator[int] | Sequence[int]) -> Mapping[str, tuple[float, float, float]]:
    """Return calls a day, the mean delay in hours, and the launches found, daily and by schedule."""
    daily, scheduled = [], []
    for seed in seeds:
        daily.append(read_daily(seed))
        calls = sum(shop.calls for shop in daily[-1]) / (MEASURED / DAY)
        scheduled.append(read_by_schedule(seed, calls / 2))
    return {"daily": _figures(daily), "by schedule": _figures(scheduled)}


def _figures(runs: Sequence[Sequence[Shop]]) -> tuple[float, float, float]:
    delays = [delay for run in runs for shop in run for delay in shop.delays]
    calls = sum(shop.calls for run in runs for shop in run) / len(runs) / (MEASURED / DAY)
    return calls, 24 * mean(delays), len(delays) / len(runs)


if __name__ == "__main__":
    print("| ten shops, a month | calls a day | mean delay of a launch | launches found |\n|---|---|---|---|")
    for name, (calls, delay, launches) in compared(range(20)).items():
        print(f"| {name} | {calls:.0f} | {delay:.1f} h | {launches:.0f} |")
