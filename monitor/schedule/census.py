"""All products together, counted by what is asked of them and by how often they change: what is fitted to the budget,
and what is foretold from it.

A change of a product that is looked at f times a day is found after a time between 0 and 1/f, all alike likely.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from monitor.schedule.fleet import Fleet, fitted_multiplier, least_calls
from monitor.schedule.limits import ALL_DAY, Limits
from monitor.schedule.pace import calls_at_a_rate

#: The multiplier where limits alone take everything.
_LIMITS_ONLY = 1e-9
_STRETCHES = 1e-3, 1e5
_CLOSE = 1.0005
#: Rates are counted in steps of this ratio, to the power of e.
STEPS = 10


class Cell(NamedTuple):
    """So many products of the same limits that change `rate` times a day each."""

    limits: Limits
    rate: float
    products: int


@dataclass(frozen=True, slots=True)
class Census:
    """Products, counted by cells."""

    cells: tuple[Cell, ...] = ()

    @property
    def products(self) -> int:
        return sum(cell.products for cell in self.cells)

    def calls(self, fleet: Fleet) -> float:
        """Calls a day that all of them take together."""
        return sum(cell.products * _calls(cell, fleet) for cell in self.cells)

    def asked(self) -> float:
        """Calls a day that keep to their limits, were none made a little sooner than these say."""
        return sum(cell.products * _share(cell) / cell.limits.bounds(0.0).latest for cell in self.cells)

    def needs(self, stretch: float = 0.0) -> float:
        """Calls a day that their limits take without any beyond them."""
        return self.calls(Fleet(multiplier=_LIMITS_ONLY, stretch=stretch))

    def fitted(self, before: Fleet, budget: float, most: float = 0.0) -> Fleet:
        """The fleet, of the same prior as `before`, whose products take `budget` calls a day.

        Where the limits alone take more, nothing is looked at more often; and where they take more than `most` too, the
        longest waits are stretched, those of the least weight first.
        """
        needs, most = self.needs(), max(budget, most)
        if needs > most:
            stretch = self._stretch(max(most, 1e-6))
            return replace(before, multiplier=_LIMITS_ONLY, least=0.0, stretch=stretch)
        fleet = replace(before, least=least_calls(budget, self.products, needs), stretch=0.0)

        def calls_at(tried: Sequence[float]) -> list[float]:
            return [self.calls(replace(fleet, multiplier=one)) for one in tried]

        return replace(fleet, multiplier=fitted_multiplier(calls_at, budget, before.multiplier))

    def _stretch(self, budget: float) -> float:
        low, high = _STRETCHES
        while high / low > _CLOSE:
            middle = math.sqrt(low * high)
            low, high = (middle, high) if self.needs(middle) > budget else (low, middle)
        return high

    def delay(self, fleet: Fleet, share: float = 0.5) -> float | None:
        """Days within which `share` of all changes are found; None where nothing changes."""
        return found_within(((1 / _calls(cell, fleet), cell.products * cell.rate) for cell in self.cells), share)

    def even_delay(self, calls: float, share: float = 0.5) -> float | None:
        """The same if every product were looked at as often as any other, `calls` times a day all together."""
        return share * self.products / calls if self.products and calls > 0 else None


def found_within(spans: Iterable[tuple[float, float]], share: float) -> float | None:
    """The time within which `share` of changes are found, given how far looks lie apart and how many changes they find;
    None where there are none.

    By the time x those are found that took less, and x/L of those whose looks lie L apart: pieces of straight lines.
    """
    looks = sorted((length, changes) for length, changes in spans if changes > 0 and length > 0)
    wanted = share * sum(changes for _, changes in looks)
    found, slope = 0.0, sum(changes / length for length, changes in looks)
    for length, changes in looks:
        if found + slope * length >= wanted:
            return min((wanted - found) / slope, length)
        found, slope = found + changes, slope - changes / length
    return looks[-1][0] if looks else None


def _calls(cell: Cell, fleet: Fleet) -> float:
    """Calls a day of one product of a cell, as `pace.calls_a_day` and the hours have it."""
    limits, share = cell.limits, _share(cell)
    bounds = limits.bounds(fleet.stretch)
    if limits.is_fixed:
        return share / bounds.latest
    return share * calls_at_a_rate(cell.rate, fleet, bounds)


def _share(cell: Cell) -> float:
    """The share of the day in which its products are looked at."""
    return (cell.limits.hours & ALL_DAY).bit_count() / 24 or 1.0
