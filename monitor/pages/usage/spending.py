"""What the schedule spends its calls on, and how soon it should find changes, by its last fit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

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
#: The page also shows the effect of this many times the calls.
MORE = 1.1
#: Waits count as stretched from this factor on.
_STRETCHED = 1.05
#: Lively products take calls from calm ones if they are checked this many times as often.
_LOPSIDED = 1.5
#: A smaller share of a delay is no gain.
_GAIN = 0.005


class Lively(TextChoices):
    """How often products change. Products at a fixed interval are a group of their own."""

    OFTEN = "often", _("several times a day")
    DAILY = "daily", _("about once a day")
    WEEKLY = "weekly", _("about once a week")
    SELDOM = "seldom", _("more seldom")
    FIXED = "fixed", _("at a fixed interval, however often")


#: The least changes a day of each group.
_FROM = ((1.5, Lively.OFTEN), (0.5, Lively.DAILY), (1 / 14, Lively.WEEKLY), (0.0, Lively.SELDOM))


@dataclass(frozen=True, slots=True)
class SpendingGroup:
    """Products that change about equally often: their calls and their changes, as percentages of all."""

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
    """The time within which half of all changes are found: now, with `more` calls a day, and if all products were
    checked equally often. `sooner` is None if more calls would not help."""

    median: timedelta
    more: int
    sooner: timedelta | None
    even: timedelta | None


@dataclass(frozen=True, slots=True)
class Stretched:
    """The limits alone need more calls a day than there are. By priority: how many times as long as its limit a product
    waits at most."""

    needs: int
    calls: int
    low: float
    normal: float
    high: float


@dataclass(frozen=True, slots=True)
class SpendingReport:
    """What the schedule does with its calls, by the fit of `fitted_at`."""

    fitted_at: datetime
    products: int
    groups: list[SpendingGroup]
    expected: Expected | None
    stretched: Stretched | None

    @property
    def is_lopsided(self) -> bool:
        """Whether products that change often take calls from calm ones."""
        calls_each = {group.lively: group.calls_a_day / group.products for group in self.groups}
        lively, calm = (
            calls_each.get(Lively.OFTEN, 0.0),
            calls_each.get(Lively.SELDOM, calls_each.get(Lively.WEEKLY, 0.0)),
        )
        return calm > 0 and lively > _LOPSIDED * calm


def spending() -> SpendingReport | None:
    """One query. None before the first fit, and if nothing is checked."""
    fit = ScheduleFit.objects.defer("day").first()
    if fit is None or fit.fitted_at is None or not fit.cells:
        return None
    return cached("spending", fit.fitted_at, partial(_report, fit, fit.fitted_at), CACHED_SECONDS)


def _report(fit: ScheduleFit, fitted_at: datetime) -> SpendingReport:
    census, fleet = load_census(fit), load_fleet(fit)
    expected, stretched = _expected(census, fleet, fit), _stretched(fleet, fit)
    return SpendingReport(fitted_at, census.products, _groups(census, fleet), expected, stretched)


def _groups(census: Census, fleet: Fleet) -> list[SpendingGroup]:
    """The groups that have products, the liveliest first."""
    calls, changes = census.calls(fleet), sum(cell.products * cell.rate for cell in census.cells)
    groups = []
    for lively in Lively:
        part = Census(tuple(cell for cell in census.cells if _lively(cell) is lively))
        if part.products:
            taken, moved = part.calls(fleet), sum(cell.products * cell.rate for cell in part.cells)
            shares = _percent(taken, calls), _percent(moved, changes)
            groups.append(SpendingGroup(lively, part.products, taken, *shares))
    return groups


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
    # Not rounded again: no gain must stay no gain.
    sooner = census.delay(census.fitted(fleet, MORE * calls))
    even = census.even_delay(census.calls(fleet))
    return Expected(
        _DAY * median,
        max(round((MORE - 1) * fit.calls), 1),
        _DAY * sooner if sooner is not None and sooner < median * (1 - _GAIN) else None,
        None if even is None else _DAY * even,
    )


def _stretched(fleet: Fleet, fit: ScheduleFit) -> Stretched | None:
    low, normal, high = (_stretch(fleet, priority) for priority in (Priority.LOW, Priority.NORMAL, Priority.HIGH))
    if low < _STRETCHED or fit.needs <= fit.calls:
        return None
    return Stretched(math.ceil(fit.needs), fit.calls, low, normal, high)


def _stretch(fleet: Fleet, priority: Priority) -> float:
    """How many times as long as its limit a product waits at most, if one user watches it."""
    return Limits(_DAY, weight=priority.weight).stretched(fleet.stretch) / _DAY
