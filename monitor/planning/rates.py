"""How often products change, as their checks have told, and so who gets how many of the calls that are left.

What is asked of products is counted as it is by now. How often they change, and what finding that early is worth, is
known of all of them from the last fit, and of those that a forecast is about from their own rows.
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
from monitor.schedule import Cell, Census, Fleet, Known, Limits, changes_a_day

#: How many products are worth so much and change so many times a day.
type Spread = Mapping[tuple[float, float], int]

#: More cells than these are too many to try multipliers on while somebody waits: what changes about as often as each
#: other is taken together then, in steps of these ratios to the power of e.
MOST_CELLS, _STEPS = 400, (5, 2, 1)
#: From one multiplier, or stretch, to another so near, calls are taken to go on in a straight line.
_NEAR = 1.01


@dataclass(frozen=True, slots=True)
class Rates:
    """By what is asked of them, how often `everybody`'s products change, and those that a forecast is about, its `own`.

    `worth` is what an early finding with its own is worth to who asks, by now and after what is forecast; what it is
    worth to others who watch them stays. There are `new` ones among them then. What nothing is known of changes as the
    fleet's prior says.
    """

    fleet: Fleet = field(default_factory=Fleet)
    everybody: Mapping[Limits, Spread] = field(default_factory=dict)
    own: Mapping[Limits, Spread] = field(default_factory=dict)
    worth: tuple[float, float] = (1.0, 1.0)
    new: Spread = field(default_factory=dict)

    def about(self, own: Census, *, new: int = 0, weight: float = 1.0) -> Rates:
        """For a forecast about these products; the new ones are of this weight."""
        return replace(self, own=_by_limits(own), new={(weight, self._unknown): new} if new else {})

    @property
    def is_worth_other(self) -> bool:
        now, then = self.worth
        return now != then

    def others(self, paces: Paces) -> Census:
        """Products that are not the forecast's own."""

        def spread(limits: Limits) -> Spread:
            everybody = Counter(self.everybody.get(limits))
            return everybody - Counter(self.own.get(limits)) or everybody

        return self._census((limits, count, spread(limits)) for limits, count in _checked(paces))

    def before(self, paces: Paces) -> Census:
        """Its own, as they are asked for by now."""
        return self._census((limits, count, self._own(limits)) for limits, count in _checked(paces))

    def after(self, paces: Paces, before: Paces) -> Census:
        """Its own, as they are asked for then. Those of which something else is asked change as they do together."""
        same = {limits for limits, count in _checked(paces) if before.get(limits) == count}
        moved = Counter(self.new)
        for limits, spread in self.own.items():
            if limits not in same:
                moved.update(spread)

        now, then = self.worth

        def worth(spread: Spread) -> Spread:
            found = Counter[tuple[float, float]]()
            for (weight, rate), count in spread.items():
                found[weight + min(weight, now) * (then / now - 1), rate] += count
            return found

        spreads = {limits: self._own(limits) for limits in same}
        return self._census(
            (limits, count, worth(spreads.get(limits, moved) or self._nothing)) for limits, count in _checked(paces)
        )

    def _own(self, limits: Limits) -> Spread:
        """Where they were counted before something else was asked of them: as they are together."""
        return self.own.get(limits) or sum(map(Counter, self.own.values()), Counter())

    @property
    def _nothing(self) -> Spread:
        return {(1.0, self._unknown): 1}

    @property
    def _unknown(self) -> float:
        return changes_a_day(Known().belief, self.fleet.prior)

    def _census(self, some: Iterable[tuple[Limits, int, Spread]]) -> Census:
        return _coarse(
            [
                Cell(replace(limits, weight=weight), rate, n)
                for limits, count, spread in some
                for (weight, rate), n in _spread_over(count, spread or self._nothing)
            ]
        )


def learned() -> Rates:
    """What the last fit knows of everybody's products. One query."""
    fit = ScheduleFit.objects.defer("day").first()
    if fit is None or fit.fitted_at is None:
        return Rates(load_fleet(fit))
    return Rates(load_fleet(fit), _by_limits(load_census(fit)))


def calls_of_some(some: Census, besides: Sequence[Census], fleet: Fleet, budget: float) -> float:
    """Calls a day that some products get of a budget that they share with others; `fleet` is what the search for that
    begins with.

    A fleet is fitted but nearly. On from there is a straight line, so that even small differences come out true.
    """
    whole = Census((*some.cells, *(cell for census in besides for cell in census.cells)))
    fitted = whole.fitted(fleet, budget)
    if fitted.stretch:
        near = replace(fitted, stretch=fitted.stretch / _NEAR)
    else:
        near = replace(fitted, multiplier=fitted.multiplier * _NEAR)
    taken, got = whole.calls(fitted), some.calls(fitted)
    more = whole.calls(near) - taken
    part = (budget - taken) / more if more > 0 else 0.0
    return got + min(max(part, -1.0), 1.0) * (some.calls(near) - got)


def _checked(paces: Paces) -> Iterable[tuple[Limits, int]]:
    return ((limits, count) for limits, count in paces.items() if limits is not None and count > 0)


def _by_limits(census: Census) -> Mapping[Limits, Spread]:
    found: dict[Limits, Counter[tuple[float, float]]] = defaultdict(Counter)
    for cell in census.cells:
        limits = cell.limits
        found[limits_of(limits.latest, limits.soonest, limits.hours)][limits.weight, cell.rate] += cell.products
    return found


def _spread_over(count: int, spread: Spread) -> Iterable[tuple[tuple[float, float], int]]:
    """So many products, spread as others are; whole ones, `count` in all."""
    whole, before, sofar = sum(spread.values()), 0, 0
    for key, n in spread.items():
        sofar += n
        upto = round(count * sofar / whole)
        if upto > before:
            yield key, upto - before
        before = upto


def _coarse(cells: Sequence[Cell]) -> Census:
    """The cells, or fewer that take about the same calls."""
    found = list(cells)
    for steps in _STEPS:
        if len(found) <= MOST_CELLS:
            break
        groups: dict[Any, list[Cell]] = defaultdict(list)
        for cell in cells:
            groups[cell.limits, round(math.log(cell.rate) * steps)].append(cell)
        found = [_together(group) for group in groups.values()]
    return Census(tuple(found))


def _together(cells: Sequence[Cell]) -> Cell:
    """Frequencies go by roots of rates."""
    products = sum(cell.products for cell in cells)
    root = sum(cell.products * math.sqrt(cell.rate) for cell in cells) / products
    return Cell(cells[0].limits, root * root, products)
