"""What the schedule spends its calls on, and how soon it should find changes, by its last fit."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

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
#: A smaller share of a delay is no gain.
_GAIN = 0.005


class Lively(TextChoices):
    """How often products change. Products at a fixed interval are a group of their own."""

    OFTEN = "often", _("several times a day")
    DAILY = "daily", _("about once a day")
    WEEKLY = "weekly", _("about once a week")
    SELDOM = "seldom", _("less often")
    FIXED = "fixed", _("fixed interval")


#: The least changes a day of each group.
_FROM = ((1.5, Lively.OFTEN), (0.5, Lively.DAILY), (1 / 14, Lively.WEEKLY), (0.0, Lively.SELDOM))


def spending() -> dict[str, Any] | None:
    """What `usage/spending.html` shows: what the schedule does with its calls, by its last fit. None before the first
    fit, and if nothing is checked. One query.
    """
    fit = ScheduleFit.objects.defer("day").first()
    if fit is None or fit.fitted_at is None or not fit.cells:
        return None
    return cached("spent", fit.fitted_at, partial(_report, fit), CACHED_SECONDS)


def _report(fit: ScheduleFit) -> dict[str, Any]:
    census, fleet = load_census(fit), load_fleet(fit)
    groups = _groups(census, fleet)
    return {
        "fitted_at": fit.fitted_at,
        "products": census.products,
        "groups": groups,
        "expected": _expected(census, fleet, fit),
        "stretched": _stretched(fleet, fit),
    }


def _groups(census: Census, fleet: Fleet) -> list[dict[str, Any]]:
    """The groups that have products, the liveliest first: their calls and their changes, as percentages of all."""
    calls, changes = census.calls(fleet), sum(cell.products * cell.rate for cell in census.cells)
    groups = []
    for lively in Lively:
        part = Census(tuple(cell for cell in census.cells if _lively(cell) is lively))
        if part.products:
            taken, moved = part.calls(fleet), sum(cell.products * cell.rate for cell in part.cells)
            counts = {"lively": lively, "products": part.products, "calls_a_day": taken, "whole_calls": round(taken)}
            groups.append({**counts, "calls": _percent(taken, calls), "changes": _percent(moved, changes)})
    return groups


def _lively(cell: Cell) -> Lively:
    if cell.limits.is_fixed:
        return Lively.FIXED
    return next(lively for least, lively in _FROM if cell.rate >= least)


def _percent(part: float, whole: float) -> Decimal:
    return Decimal(100 * part / whole) if whole > 0 else Decimal(0)


def _expected(census: Census, fleet: Fleet, fit: ScheduleFit) -> dict[str, Any] | None:
    """The time within which half of all changes are found: now, with `more` calls a day, and if all products were
    checked equally often. `sooner` is None if more calls would not help.
    """
    calls = fit.share * fit.calls
    median = census.delay(fleet)
    if median is None or calls <= 0:
        return None
    # Not rounded again: no gain must stay no gain.
    sooner = census.delay(census.fitted(fleet, MORE * calls))
    even = census.even_delay(census.calls(fleet))
    return {
        "median": _DAY * median,
        "more": max(round((MORE - 1) * fit.calls), 1),
        "sooner": _DAY * sooner if sooner is not None and sooner < median * (1 - _GAIN) else None,
        "even": None if even is None else _DAY * even,
    }


def _stretched(fleet: Fleet, fit: ScheduleFit) -> dict[str, float] | None:
    """If the limits alone need more calls a day than there are: by priority, how many times as long as its limit a
    product waits at most.
    """
    stretch = {priority.name.lower(): _stretch(fleet, priority) for priority in Priority}
    if stretch["low"] < _STRETCHED or fit.needs <= fit.calls:
        return None
    return stretch


def _stretch(fleet: Fleet, priority: Priority) -> float:
    """How many times as long as its limit a product waits at most, if one user watches it."""
    return Limits(_DAY, weight=priority.weight).stretched(fleet.stretch) / _DAY
