"""A policy looks at products for some days, with so many calls a day and no more."""

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from monitor.simulation.truth import Life

MINUTE, HOUR, DAY = 60, 3600, 86_400


class Policy(Protocol):
    """Seconds count from the beginning, a midnight in China; products are numbers. At the beginning each of them has
    just been looked at for the first time."""

    def hour(self, now: int) -> None:
        """An hour begins."""

    def chosen(self, now: int, spent: int) -> Sequence[int]:
        """The products to look at now, the most urgent first, when the day has cost `spent` calls so far."""

    def saw(self, product: int, now: int, value: int | None) -> None:
        """The look at `product` found `value`, or nothing."""


@dataclass(frozen=True, slots=True)
class Played:
    """`looks` are the seconds at which each product was looked at, `calls` those of each day."""

    looks: Sequence[Sequence[int]]
    calls: Sequence[int]


def play(lives: Sequence[Life], policy: Policy, cap: int, days: int, advance: Callable[[int], None]) -> Played:
    """Let `policy` spend up to `cap` calls on each of `days`. Tells `advance` of each day that is over."""
    looks = [array("l") for _ in lives]
    calls = [0] * days
    for day in range(days):
        for now in range(day * DAY, (day + 1) * DAY, MINUTE):
            if now % HOUR == 0:
                policy.hour(now)
            left = cap - calls[day]
            for product in policy.chosen(now, calls[day])[:left] if left > 0 else ():
                calls[day] += 1
                looks[product].append(now)
                policy.saw(product, now, lives[product].at(now))
        advance(1)
    return Played(looks, calls)
