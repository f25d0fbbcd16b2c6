"""How often products change, and thus how spare calls are shared.

Limits are counted as of now. Rates of change and weights come from the last fit, and for the products of a forecast
from their rows.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from monitor.budget.fitted import load_fleet
from monitor.models import ScheduleFit
from monitor.planning.calls import Paces, limits_of
from monitor.planning.fit import load_census
from monitor.schedule.belief import changes_a_day
from monitor.schedule.census import Cell, Census
from monitor.schedule.fleet import Fleet
from monitor.schedule.limits import Limits
from monitor.schedule.planner import Known

#: The number of products by weight and changes a day.
type Spread = Mapping[tuple[float, float], int]

#: With more cells a forecast takes too long: then products with similar rates are grouped, in this many steps for each
#: factor of e.
MOST_CELLS, _STEPS = 400, (5, 2, 1)


@dataclass(frozen=True, slots=True)
class Rates:
    """By limits, the rates of `everybody`'s products and of a forecast's `own` products.

    `worth` is the weight of the user's own products before and after the forecast; the weight for other users stays.
    `new` are products that the forecast adds. Unknown products change as the fleet's prior says.
    """

    fleet: Fleet = field(default_factory=Fleet)
    everybody: Mapping[Limits, Spread] = field(default_factory=dict)
    own: Mapping[Limits, Spread] = field(default_factory=dict)
    worth: tuple[float, float] = (1.0, 1.0)
    new: Spread = field(default_factory=dict)

    def about(self, own: Census, *, new: int = 0, weight: float = 1.0) -> Rates:
        """Returns rates for a forecast about these products; the new ones have this weight."""
        return replace(self, own=_by_limits(own), new={(weight, self._unknown): new} if new else {})

    @property
    def is_worth_other(self) -> bool:
        now, then = self.worth
        return now != then

    def others(self, paces: Paces) -> Census:
        """Counts products that are not the forecast's own."""

        def spread(limits: Limits) -> Spread:
            everybody = Counter(self.everybody.get(limits))
            return everybody - Counter(self.own.get(limits)) or everybody

        return self._census((limits, count, spread(limits)) for limits, count in _checked(paces))

    def before(self, paces: Paces) -> Census:
        """Counts the forecast's own products with their present limits."""
        return self._census((limits, count, self._own(limits)) for limits, count in _checked(paces))

    def after(self, paces: Paces, before: Paces) -> Census:
        """Counts the forecast's own products with their new limits. Products with new limits share their rates."""
        same = {limits for limits, count in _checked(paces) if before.get(limits) == count}
        moved = Counter(self.new)
        for limits, spread in self.own.items():
            if limits not in same:
                moved.update(spread)

        now, then = self.worth

        def worth(spread: Spread) -> Spread:
            reweighted = Counter[tuple[float, float]]()
            for (weight, rate), count in spread.items():
                reweighted[weight + min(weight, now) * (then / now - 1), rate] += count
            return reweighted

        spreads = {limits: self._own(limits) for limits in same}
        return self._census(
            (limits, count, worth(spreads.get(limits, moved) or self._nothing)) for limits, count in _checked(paces)
        )

    def _own(self, limits: Limits) -> Spread:
        """Returns the spread of own products; if their limits changed after the count, that of all of them."""
        return self.own.get(limits) or sum(map(Counter, self.own.values()), Counter())

    @property
    def _nothing(self) -> Spread:
        return {(1.0, self._unknown): 1}

    @property
    def _unknown(self) -> float:
        return changes_a_day(Known().belief, self.fleet.prior)

    def _census(self, groups: Iterable[tuple[Limits, int, Spread]]) -> Census:
        return _coarse(
            [
                Cell(replace(limits, weight=weight), rate, n)
                for limits, count, spread in groups
                for (weight, rate), n in _spread_over(count, spread or self._nothing)
            ]
        )


def learned_rates() -> Rates:
    """Returns the rates of everybody's products from the last fit. One query."""
    fit = ScheduleFit.objects.defer("day").first()
    return Rates(load_fleet(fit), _by_limits(load_census(fit)))


def calls_of_some(products: Census, others: Sequence[Census], fleet: Fleet, budget: float) -> float:
    """Returns the calls a day of some products that share the budget with others. `fleet` gives the prior."""
    whole = Census((*products.cells, *(cell for census in others for cell in census.cells)))
    return products.calls(whole.fitted(fleet, budget))


def _checked(paces: Paces) -> Iterable[tuple[Limits, int]]:
    return ((limits, count) for limits, count in paces.items() if limits is not None and count > 0)


def _by_limits(census: Census) -> Mapping[Limits, Spread]:
    spreads: dict[Limits, Counter[tuple[float, float]]] = defaultdict(Counter)
    for cell in census.cells:
        limits = cell.limits
        spreads[limits_of(limits.latest, limits.soonest, limits.hours)][limits.weight, cell.rate] += cell.products
    return spreads


def _spread_over(count: int, spread: Spread) -> Iterable[tuple[tuple[float, float], int]]:
    """Spreads `count` products in the proportions of `spread`, in whole numbers."""
    whole, so_far, assigned = sum(spread.values()), 0, 0
    for key, n in spread.items():
        so_far += n
        target = round(count * so_far / whole)
        if target > assigned:
            yield key, target - assigned
        assigned = target


def _coarse(cells: Sequence[Cell]) -> Census:
    """Returns the cells, or fewer with about the same calls."""
    grouped = list(cells)
    for steps in _STEPS:
        if len(grouped) <= MOST_CELLS:
            break
        groups: dict[Any, list[Cell]] = defaultdict(list)
        for cell in cells:
            groups[cell.limits, round(math.log(cell.rate) * steps)].append(cell)
        grouped = [_merged(group) for group in groups.values()]
    return Census(tuple(grouped))


def _merged(cells: Sequence[Cell]) -> Cell:
    """Averages the roots of rates, as frequencies are proportional to them."""
    products = sum(cell.products for cell in cells)
    root = sum(cell.products * math.sqrt(cell.rate) for cell in cells) / products
    return Cell(cells[0].limits, root * root, products)
