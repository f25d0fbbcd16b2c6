"""How many units of a product are sold a day, from a count that the provider may round. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from math import sqrt

DAY = timedelta(days=1)
#: Sales differ between day and night, so a shorter time gives no daily pace.
SHORTEST = DAY
#: Older crossings say nothing about today.
LOOKS_BACK = timedelta(days=90)
#: Nine ranges in ten hold: the 95 % quantile of the normal distribution.
Z = 1.645
#: The standard deviation of single days' sales, as a share of their mean.
DAYS_VARY = 0.4
#: Older crossings are left out as soon as the range is this share of the estimate to either side.
NARROW = 0.25
#: When sales since the last crossing are certainly this many times slower than the estimate, it is over.
OVER = 4
#: A rise at once that is larger than this, and than all the units before, is no sale but another count.
JUMP = 10_000


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
class SalesChange:
    """The count changed from `before` to `units` after `after`, and not later than `until`."""

    before: int
    units: int
    after: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class SalesPace:
    """Between `units_low` and `units_high` units a day, most likely `units`; None if only a bound is known. The names
    are those of `ProductIndex`, which keeps it."""

    units_low: float
    units: float | None
    units_high: float


@dataclass(frozen=True, slots=True)
class _Crossing:
    """The count reached `units` at `at`, give or take half of `blur` days."""

    units: int
    at: datetime
    blur: float = 0


@dataclass(slots=True)
class _Run:
    """A time in which the count only rose by sales: it was at least `start.units` when the run began."""

    start: _Crossing
    crossings: list[_Crossing] = field(default_factory=list)


def estimate(changes: Sequence[SalesChange], last: SalesReading, since: datetime) -> SalesPace | None:
    """Return the units sold a day now. Without two crossings in a row it is only a bound, and None without a day.

    `changes` of the count in order of time: all, or the last of each day. The count is known from `since` until the
    `last` reading.

    Between two crossings of a step a known number of units was sold in a known time, however coarse the count is. So
    the rate is units / time over a run of crossings, the estimate for a Poisson process (Cox and Lewis, *The
    Statistical Analysis of Series of Events*, 1966, chapter 2). The time since the last crossing is a gap that has not
    ended: it counts, with one more step, once it is longer than expected. The range is that of a Poisson count by
    its square root (Anscombe, *Biometrika* 35, 1948), with the variance of a negative binomial count: `n` units in `d`
    days are as certain as 1 / (1 / n + `DAYS_VARY`² / d) events.

    Recent sales weigh more: it takes the fewest newest crossings whose range is `NARROW`, and older ones only while
    they agree with the newer ones.
    """
    runs = _runs(changes, last, since)
    newest, end = runs[-1], _Crossing(last.at_least + last.step, last.at)
    marks = [newest.start, *newest.crossings, end]
    waiting = (end.at - marks[-2].at) / DAY
    best, rate = None, 0.0
    for units, days, blur in _backwards(runs):
        if days < max(SHORTEST / DAY, blur * 2):
            continue
        pace = _pace(units, days, blur, last.step, waiting)
        if best and not best.units_low <= (pace.units or 0) <= best.units_high:
            break
        best, rate = pace, units / days
        if pace.units_high - pace.units_low <= 2 * NARROW * (pace.units or 0):
            break
    since_last = _bound(marks[-2:])
    if best and not (since_last and since_last.units_high * OVER < rate):
        return best
    return since_last if best else _bound(marks)


def _runs(changes: Sequence[SalesChange], last: SalesReading, since: datetime) -> list[_Run]:
    """Return the runs in order. An exact count is known at the start of a run, a rounded one only when it crosses a
    step."""
    counts = [changes[0].before if changes else last.at_least, *(change.units for change in changes)]
    runs = [_Run(_Crossing(counts[0], since))]
    for change, rise in zip(changes, rises(counts), strict=True):
        if rise is None:
            start = _Crossing(change.units, change.until)
            runs.append(_Run(start, [start] if last.step == 1 else []))
        elif rise:
            # Of several steps in one interval, the last was crossed in the last part of it.
            part = min(1, last.step / max(change.units - change.before, 1))
            wide = (change.until - change.after) * part
            runs[-1].crossings.append(_Crossing(change.units, change.until - wide / 2, wide / DAY))
    return runs


def rises(counts: Iterable[int]) -> Iterator[int | None]:
    """Yield the units sold from each count to the next; None for a fall, for the return of units that fell, and for a
    jump."""
    fell = 0
    for before, after in pairwise(counts):
        rise = after - before
        is_sale = 0 <= rise <= max(before, JUMP) and not (fell and rise * 2 >= fell)
        if not is_sale:
            fell = max(-rise, 0)
        yield rise if is_sale else None


def _backwards(runs: Sequence[_Run]) -> Iterator[tuple[int, float, float]]:
    """Yield units, days and how uncertain the days are, of the newest two crossings, the newest three, and so on."""
    units, days, blurs = 0, 0.0, 0.0
    for run in reversed(runs):
        blur = 0.0
        for older, newer in reversed([*pairwise(run.crossings)]):
            units, days = units + newer.units - older.units, days + (newer.at - older.at) / DAY
            blur = (run.crossings[-1].blur + older.blur) / 2
            yield units, days, blurs + blur
        blurs += blur


def _pace(units: int, days: float, blur: float, step: int, waiting: float) -> SalesPace:
    rate = likely = units / days
    if rate * waiting > step:
        likely = (units + step) / (days + waiting)
    events = 1 / (1 / units + DAYS_VARY**2 / days)
    low = likely * max(sqrt(events) - Z / 2, 0) ** 2 / events * days / (days + blur)
    high = likely * (sqrt(events + 1) + Z / 2) ** 2 / events * days / (days - blur)
    return SalesPace(low * likely / rate, likely, high)


def _bound(marks: Sequence[_Crossing]) -> SalesPace | None:
    """Return what is sold at most, by the slowest of the stretches between these marks, or by the whole."""
    stretches = [*pairwise(marks), (marks[0], marks[-1])]
    sold = [(end.units - start.units, (end.at - start.at) / DAY) for start, end in stretches]
    highs = [(sqrt(units) + Z / 2) ** 2 / days for units, days in sold if days >= SHORTEST / DAY]
    return SalesPace(0, None, min(highs)) if highs else None


def between(first: SalesReading, last: SalesReading) -> SalesPace | None:
    """Return the bounds of the units a day between two readings, which hold however the provider rounds.

    Two readings a time T apart bound the sales between them: at least `last.at_least - first.at_most`, at most
    `last.at_most - first.at_least`, each divided by T. Sales do not become fewer, so a negative lower bound is zero. A
    count that certainly fell has no pace, nor has a time of less than a day.
    """
    most = last.at_most - first.at_least
    if last.at - first.at < SHORTEST or most < 0:
        return None
    days = (last.at - first.at) / DAY
    low, high = max(last.at_least - first.at_most, 0) / days, most / days
    return SalesPace(low, (low + high) / 2, high)
