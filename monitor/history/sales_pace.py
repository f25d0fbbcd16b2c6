"""How many units of a product are sold a day, from a count that the provider may round. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

DAY = timedelta(days=1)
#: Sales differ between day and night, so a shorter time gives no daily pace.
SHORTEST = DAY


@dataclass(frozen=True, slots=True)
class SalesReading:
    """All units sold until `at`: at least `at_least`, and fewer than `at_least + step`."""

    at: datetime
    at_least: int
    step: int = 1

    @property
    def at_most(self) -> int:
        return self.at_least + max(self.step, 1) - 1


@dataclass(frozen=True, slots=True)
class Crossing:
    """The count reached `units` after `after` and not later than `until`."""

    units: int
    after: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class SalesPace:
    """Between `low` and `high` units a day; both are the same if the provider does not round."""

    low: float
    high: float


def pace(first: SalesReading, last: SalesReading, crossings: Sequence[Crossing] = ()) -> SalesPace | None:
    """Return units a day, with bounds that hold however the provider rounds; None if the readings give no pace.

    Two readings a time T apart bound the sales between them: at least `last.at_least - first.at_most`, at most
    `last.at_most - first.at_least`, each divided by T. A step of s makes an uncertainty of about ± s / T.

    A rounded count is most exact when it changes: it reaches `units` between `after` and `until`. From the first
    crossing to the last exactly `last.units - first.units` were sold, in at least the time from the first `until` to
    the last `after`, and at most the time from the first `after` to the last `until`. The narrower of the two pairs of
    bounds is returned. `crossings` are in order of time.

    Sales do not become fewer, so a negative lower bound is zero, and a count that certainly fell (it was reset) has no
    pace. Neither has a time of less than a day.
    """
    paces = [pace for pace in (_between(first, last), _across(crossings)) if pace is not None]
    return min(paces, key=lambda pace: pace.high - pace.low, default=None)


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
