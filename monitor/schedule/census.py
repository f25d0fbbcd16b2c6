"""All products, counted by their limits and their rates of change: for the fit to the budget, and for forecasts.

If a product is checked f times a day, a change is found after 0 to 1/f days, with uniform probability.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from monitor.schedule.fleet import Fleet, crossing, fitted_multiplier, least_calls
from monitor.schedule.limits import ALL_DAY, Limits
from monitor.schedule.pace import calls_at_a_rate

#: The multiplier when the limits alone use the budget.
_LIMITS_ONLY = 1e-9
_STRETCHES = 1e-3, 1e5
#: Rates are rounded to this many steps for each factor of e.
STEPS = 10


class Cell(NamedTuple):
    """The number of products with these limits that change `rate` times a day."""

    limits: Limits
    rate: float
    products: int


@dataclass(frozen=True, slots=True)
class Census:
    cells: tuple[Cell, ...] = ()

    @property
    def products(self) -> int:
        return sum(cell.products for cell in self.cells)

    def calls(self, fleet: Fleet) -> float:
        """Returns the calls a day of all products."""
        return sum(cell.products * _calls(cell, fleet) for cell in self.cells)

    def asked(self) -> float:
        """Returns the calls a day that the longest intervals need, without any safety margin."""
        return sum(cell.products * _share(cell) / cell.limits.bounds(0.0).latest for cell in self.cells)

    def needs(self, stretch: float = 0.0) -> float:
        """Returns the calls a day that the limits alone need."""
        return self.calls(Fleet(multiplier=_LIMITS_ONLY, stretch=stretch))

    def fitted(self, before: Fleet, budget: float, most: float = 0.0) -> Fleet:
        """Returns the fleet, with the prior of `before`, whose products take `budget` calls a day.

        If the limits alone need more, no product is checked more often than that. If they need more than `most` too,
        the longest intervals are stretched, those with the least weight first.
        """
        needs, most = self.needs(), max(budget, most)
        if needs > most:
            stretch = crossing(lambda tried: self.needs(tried) <= max(most, 1e-6), *_STRETCHES)
            return replace(before, multiplier=_LIMITS_ONLY, least=0.0, stretch=stretch)
        fleet = replace(before, least=least_calls(budget, self.products, needs), stretch=0.0)
        multiplier = fitted_multiplier(lambda tried: self.calls(replace(fleet, multiplier=tried)), budget)
        return replace(fleet, multiplier=multiplier)

    def delay(self, fleet: Fleet, share: float = 0.5) -> float | None:
        """Returns the days within which `share` of all changes are found; None if nothing changes."""
        return found_within(((1 / _calls(cell, fleet), cell.products * cell.rate) for cell in self.cells), share)

    def even_delay(self, calls: float) -> float | None:
        """Returns the days within which half of all changes are found by uniform checks, `calls` a day."""
        return 0.5 * self.products / calls if self.products and calls > 0 else None


def found_within(spans: Iterable[tuple[float, float]], share: float) -> float | None:
    """Returns the time within which `share` of changes are found; None without changes.

    `spans` are intervals between checks, with the number of changes. At time x, all changes of intervals shorter than x
    are found, and x/L of those with a longer interval L: this is piecewise linear in x.
    """
    intervals = sorted((length, changes) for length, changes in spans if changes > 0 and length > 0)
    wanted = share * sum(changes for _, changes in intervals)
    so_far, slope = 0.0, sum(changes / length for length, changes in intervals)
    for length, changes in intervals:
        if so_far + slope * length >= wanted:
            return min((wanted - so_far) / slope, length)
        so_far, slope = so_far + changes, slope - changes / length
    return intervals[-1][0] if intervals else None


def _calls(cell: Cell, fleet: Fleet) -> float:
    """Returns the calls a day of one of the cell's products, within its hours."""
    limits, share = cell.limits, _share(cell)
    bounds = limits.bounds(fleet.stretch)
    if limits.is_fixed:
        return share / bounds.latest
    return share * calls_at_a_rate(cell.rate, fleet, bounds)


def _share(cell: Cell) -> float:
    """Returns the share of the day in which the products are checked."""
    return (cell.limits.hours & ALL_DAY).bit_count() / 24 or 1.0
