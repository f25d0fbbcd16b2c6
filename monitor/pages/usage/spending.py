"""What the schedule spends its calls on, and how soon it is expected to find changes: from its last fit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import partial

from monitor.budget.fitted import load_fleet
from monitor.history.caching import cached
from monitor.models import ScheduleFit
from monitor.models.watchlists import Priority
from monitor.planning.fit import load_census
from monitor.schedule.census import Cell, Census
from monitor.schedule.fleet import Fleet
from monitor.schedule.limits import Limits

_DAY = timedelta(days=1)
#: There is a new fit every hour.
CACHED_SECONDS = 3600
#: With so many times the calls, how soon would changes be found?
MORE = 1.1
#: Waits are stretched where they are longer by so much.
_STRETCHED = 1.05
#: Lively products take calls from calm ones where each is looked at so many times as often.
_LOPSIDED = 1.5
#: A gain of less than this share of a delay is none.
_GAIN = 0.005


class Lively(StrEnum):
    """How often products change, as far as it tells where calls go; those at a fixed interval are apart."""

    OFTEN = "often"
    DAILY = "daily"
    WEEKLY = "weekly"
    SELDOM = "seldom"
    FIXED = "fixed"


#: From so many changes a day on.
_FROM = ((1.5, Lively.OFTEN), (0.5, Lively.DAILY), (1 / 14, Lively.WEEKLY), (0.0, Lively.SELDOM))


@dataclass(frozen=True, slots=True)
class SpendingGroup:
    """Products that change about as often as each other: what they take, and what is to be found with them, both as
    percentages of the whole."""

    lively: Lively
    products: int
    calls_a_day: float
    calls: Decimal
    changes: Decimal

    @property
    def whole_calls(self) -> int:
        return round(self.calls_a_day)


@dataclass(frozen=True, slots=True)
class Expected:
    """Within which time half of all changes are found: with the calls there are, with `more` a day on top, and if all
    products were looked at alike. `sooner` is None where more calls would find nothing sooner."""

    median: timedelta
    more: int
    sooner: timedelta | None
    even: timedelta | None


@dataclass(frozen=True, slots=True)
class Stretched:
    """Limits alone take `needs` calls a day, and there are `calls`: at most so many times as long as they say products
    wait, by priority."""

    needs: int
    calls: int
    low: float
    normal: float
    high: float


@dataclass(frozen=True, slots=True)
class SpendingReport:
    """What the schedule does with its calls, as it was fitted at `fitted_at`."""

    fitted_at: datetime
    products: int
    groups: list[SpendingGroup]
    expected: Expected | None
    stretched: Stretched | None

    @property
    def is_lopsided(self) -> bool:
        """Whether products that change often take calls from calm ones."""
        each = {one.lively: one.calls_a_day / one.products for one in self.groups}
        lively, calm = each.get(Lively.OFTEN, 0.0), each.get(Lively.SELDOM, each.get(Lively.WEEKLY, 0.0))
        return calm > 0 and lively > _LOPSIDED * calm


def spending() -> SpendingReport | None:
    """One query. None before the first fit, and where nothing is checked."""
    fit = ScheduleFit.objects.defer("day").first()
    if fit is None or fit.fitted_at is None or not fit.cells:
        return None
    reckon = partial(_spending, fit, fit.fitted_at)
    return cached("spending", fit.fitted_at, reckon, CACHED_SECONDS)


def _spending(fit: ScheduleFit, fitted_at: datetime) -> SpendingReport:
    census, fleet = load_census(fit), load_fleet(fit)
    return SpendingReport(
        fitted_at, census.products, _groups(census, fleet), _expected(census, fleet, fit), _stretched(fleet, fit)
    )


def _groups(census: Census, fleet: Fleet) -> list[SpendingGroup]:
    """Those that there are, the liveliest first."""
    calls, changes = census.calls(fleet), sum(cell.products * cell.rate for cell in census.cells)
    found = []
    for lively in Lively:
        part = Census(tuple(cell for cell in census.cells if _lively(cell) is lively))
        if part.products:
            taken, moved = part.calls(fleet), sum(cell.products * cell.rate for cell in part.cells)
            found.append(SpendingGroup(lively, part.products, taken, _percent(taken, calls), _percent(moved, changes)))
    return found


def _lively(cell: Cell) -> Lively:
    if cell.limits.is_fixed:
        return Lively.FIXED
    return next(lively for least, lively in _FROM if cell.rate >= least)


def _percent(part: float, whole: float) -> Decimal:
    return Decimal(100 * part / whole) if whole > 0 else Decimal(0)


def _expected(census: Census, fleet: Fleet, fit: ScheduleFit) -> Expected | None:
    calls = fit.share * fit.calls
    median = census.delay(fleet)
    if median is None or calls <= 0:
        return None
    # Without rounding once more than the fit has: a gain of nothing is told as none.
    sooner = census.delay(census.fitted(fleet, MORE * calls))
    even = census.even_delay(census.calls(fleet))
    return Expected(
        _DAY * median,
        max(round((MORE - 1) * fit.calls), 1),
        _DAY * sooner if sooner is not None and sooner < median * (1 - _GAIN) else None,
        None if even is None else _DAY * even,
    )


def _stretched(fleet: Fleet, fit: ScheduleFit) -> Stretched | None:
    low, normal, high = (_stretch(fleet, one) for one in (Priority.LOW, Priority.NORMAL, Priority.HIGH))
    if low < _STRETCHED or fit.needs <= fit.calls:
        return None
    return Stretched(math.ceil(fit.needs), fit.calls, low, normal, high)


def _stretch(fleet: Fleet, priority: Priority) -> float:
    """How many times as long as asked for a product that one person watches waits at most."""
    return Limits(_DAY, weight=priority.weight).stretched(fleet.stretch) / _DAY
