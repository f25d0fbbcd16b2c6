"""How many units of a product are sold a day, as far as a count that the provider rounds can tell. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

DAY = timedelta(days=1)
#: Shops sell by day and not by night, so a shorter time than this tells nothing of a day.
SHORTEST = DAY


@dataclass(frozen=True, slots=True)
class SalesReading:
    """All units sold until `at`, as told: at least `at_least`, and fewer than `at_least + step`."""

    at: datetime
    at_least: int
    step: int = 1

    @property
    def at_most(self) -> int:
        return self.at_least + max(self.step, 1) - 1


@dataclass(frozen=True, slots=True)
class Crossing:
    """The count rose to `units` after `after` and not later than `until`: below it then, not below it now."""

    units: int
    after: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class SalesPace:
    """Between `low` and `high` units a day; both are the same when the provider does not round."""

    low: float
    high: float

    @property
    def middle(self) -> float:
        return (self.low + self.high) / 2

    @property
    def margin(self) -> float:
        return (self.high - self.low) / 2


def pace(first: SalesReading, last: SalesReading, crossings: Sequence[Crossing] = ()) -> SalesPace | None:
    """Units a day, with bounds that hold whatever the provider's rounding hides; None when nothing can be said.

    Two readings a time T apart bound what was sold between them: at least `last.at_least - first.at_most`, at most
    `last.at_most - first.at_least`, each divided by T. Steps of 1 leave no doubt; a step s leaves about ± s / T.

    A rounded count says more when it moves: it passes `units` at some moment between `after` and `until`. From the
    first crossing to the last exactly `last.units - first.units` were sold, in no less time than from the one's
    `until` to the other's `after`, and no more than from the one's `after` to the other's `until`. Of the two pairs
    of bounds the narrower counts. `crossings` are in order of time.

    Nobody takes a sale back here, so a lower bound below zero is zero, and a count that fell for certain (it was
    started afresh) has no pace. Neither has a time of less than a day.
    """
    bounds = [found for found in (_between(first, last), _across(crossings)) if found is not None]
    return min(bounds, key=lambda found: found.high - found.low, default=None)


def _between(first: SalesReading, last: SalesReading) -> SalesPace | None:
    most = last.at_most - first.at_least
    if last.at - first.at < SHORTEST or most < 0:
        return None
    days = (last.at - first.at) / DAY
    return SalesPace(max(last.at_least - first.at_most, 0) / days, most / days)


def _across(crossings: Sequence[Crossing]) -> SalesPace | None:
    if len(crossings) < 2:
        return None
    first, last = crossings[0], crossings[-1]
    sold, shortest, longest = last.units - first.units, last.after - first.until, last.until - first.after
    if sold <= 0 or shortest < SHORTEST:
        return None
    return SalesPace(sold / (longest / DAY), sold / (shortest / DAY))
