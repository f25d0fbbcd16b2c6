"""Replays checks of the sandbox's products, and compares estimates of the units a day with the
truth.

`DEBUG=1 python -m tests.showing.history.sales_table` prints the table.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from monitor.judging.sales_pace import (
    DAY,
    LOOKS_BACK,
    SalesChange,
    SalesEstimate,
    SalesReading,
    estimate,
)
from monitor.provider.sales import sales
from monitor.provider.sandbox.catalogue import SandboxProduct, example_id, product_of
from monitor.provider.sandbox.chance import between
from monitor.provider.sandbox.market import shown_sales, units_sold

START = datetime(2026, 8, 1, tzinfo=UTC)
#: Days after `START` at which is estimated, and the time between checks.
MOMENTS = (
    timedelta(days=92),
    timedelta(days=101, hours=7),
    timedelta(days=110, hours=14),
    timedelta(days=125),
)
INTERVALS = (timedelta(hours=1), timedelta(hours=6))


class Case(NamedTuple):
    habit: str
    pace: SalesEstimate | None
    truth: float


def readings(product: SandboxProduct, every: timedelta) -> list[SalesReading]:
    """Return what checks from `START` to the last of `MOMENTS` are told; nothing if the seller
    hides the sales."""
    times = (START + every * number for number in range(MOMENTS[-1] // every + 1))
    told = (
        (at, sales(shown_sales(product, units_sold(product, int(at.timestamp()))), "sales", []))
        for at in times
    )
    return [SalesReading(at, count.at_least, count.step) for at, count in told if count]


def pace_at(told: Iterable[SalesReading], now: datetime) -> SalesEstimate | None:
    """Return the estimate from the readings until `now`: as recording keeps it, from the last
    change of each day."""
    told = [reading for reading in told if reading.at <= now]
    changes = {
        (now - after.at) // DAY: SalesChange(before.at_least, after.at_least, before.at, after.at)
        for before, after in pairwise(told)
        if before.at_least != after.at_least and after.at > now - LOOKS_BACK
    }
    return estimate(list(changes.values()), told[-1], max(told[0].at, now - LOOKS_BACK))


def cases(endings: Iterable[int]) -> Iterator[Case]:
    for product in (product_of(example_id(ending)) for ending in endings):
        habit = product.sales_habit
        truth = habit.a_day * between(0.6, 1.6, product.num_iid, "sales")
        name = f"{habit.a_day:g} a day{', exact' * habit.is_exact}{', audited' * habit.is_audited}"
        for every in INTERVALS:
            if told := readings(product, every):
                yield from (Case(name, pace_at(told, START + moment), truth) for moment in MOMENTS)


def errors(rows: Iterable[Case]) -> list[float]:
    """Return by how much the estimates differ from the truth, as shares of it."""
    return [
        row.pace.units / row.truth - 1 for row in rows if row.pace and row.pace.units is not None
    ]


def share_in_range(rows: Iterable[Case]) -> float:
    inside = [row.pace.units_low <= row.truth <= row.pace.units_high for row in rows if row.pace]
    return sum(inside) / len(inside)


def main() -> None:
    table: dict[str, list[Case]] = defaultdict(list)
    for case in cases(range(3, 10_000, 97)):
        table[case.habit].append(case)
        table["all"].append(case)
    print(
        f"{'sells':24}{'cases':>7}{'estimates':>11}"
        f"{'median error':>14}{'median bias':>13}{'in range':>10}"
    )
    for habit, rows in table.items():
        wrong = errors(rows)
        figures = f"{median(map(abs, wrong)):14.1%}{median(wrong):+13.1%}" if wrong else " " * 27
        print(f"{habit:24}{len(rows):7}{len(wrong):11}{figures}{share_in_range(rows):10.1%}")


if __name__ == "__main__":
    main()
