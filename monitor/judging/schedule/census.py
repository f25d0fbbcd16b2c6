"""All products, counted by their limits and their rates of change, for the fit to the budget."""

from dataclasses import dataclass, replace
from typing import NamedTuple

from monitor.judging.schedule.fleet import Fleet, crossing, fitted_multiplier, least_calls
from monitor.judging.schedule.limits import Limits
from monitor.judging.schedule.pace import calls_a_day

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
        """Return the calls a day of all products."""
        return sum(cell.products * _calls(cell, fleet) for cell in self.cells)

    def asked(self) -> float:
        """Return the calls a day that the longest intervals need, without any safety margin."""
        return sum(cell.products / cell.limits.bounds(0.0).latest for cell in self.cells)

    def needs(self, stretch: float = 0.0) -> float:
        """Return the calls a day that the limits alone need."""
        return self.calls(Fleet(multiplier=_LIMITS_ONLY, stretch=stretch))

    def fitted(self, before: Fleet, budget: float, most: float = 0.0) -> Fleet:
        """Return the fleet, with the prior of `before`, whose products take `budget` calls a day.

        If the limits alone need more, no product is checked more often than that. If they need more
        than `most` too, the longest intervals are stretched, those with the least weight first."""
        needs, most = self.needs(), max(budget, most)
        if needs > most:
            stretch = crossing(lambda tried: self.needs(tried) <= max(most, 1e-6), *_STRETCHES)
            return replace(before, multiplier=_LIMITS_ONLY, least=0.0, stretch=stretch)
        fleet = replace(before, least=least_calls(budget, self.products, needs), stretch=0.0)
        multiplier = fitted_multiplier(
            lambda tried: self.calls(replace(fleet, multiplier=tried)), budget
        )
        return replace(fleet, multiplier=multiplier)


def _calls(cell: Cell, fleet: Fleet) -> float:
    """Return the calls a day of one of the cell's products."""
    bounds = cell.limits.bounds(fleet.stretch)
    if cell.limits.is_fixed:
        return 1 / bounds.latest
    return calls_a_day(cell.rate, fleet, bounds)
