"""How many units of a product are sold a day, from a count that the provider may round. Pure."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import sqrt
from operator import itemgetter

DAY = timedelta(days=1)
#: Sales differ between day and night, so a shorter time gives no daily pace.
SHORTEST = DAY
#: Older changes of a count say nothing about today.
LOOKS_BACK = timedelta(days=90)
#: A range holds what was sold a day in the last 7, 14 and 30 days.
WINDOWS = (7, 14, 30)
#: With this many standard deviations nine ranges in ten hold
#: (tests/showing/history/sales_truth.py).
DEVIATIONS = 1.3
#: The standard deviation of single days' sales, as a share of their mean.
DAYS_VARY = 0.3
#: Between its steps, a count hides at most this many times the sales that it shows.
MOST_TIMES = 3
#: A rise at once that is larger than this, and than all the units before, is no sale but another
#: count.
JUMP = 10_000


@dataclass(frozen=True, slots=True)
class SalesCount:
    """All units sold until `at`: at least `at_least`, and fewer than `at_least + step`."""

    at: datetime
    at_least: int
    step: int = 1


@dataclass(frozen=True, slots=True)
class SalesChange:
    """The count changed from `before` to `units` after `after`, and not later than `until`."""

    before: int
    units: int
    after: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class SalesEstimate:
    """What is sold a day: `units` in the last 7 days, `units_before` in the 7 before.

    It lies between `units_low` and `units_high`; `units` is None if only a bound is known.
    `risen_…`: what the count itself rose by a day, with its standard deviation; None until it is
    known for a week. The names are those of `Product`, which keeps it."""

    units_low: float
    units: float | None
    units_high: float
    units_before: float | None = None
    risen_7: float | None = None
    risen_14: float | None = None
    risen_30: float | None = None
    risen_error: float | None = None


#: The units sold since a first moment, at moments in order: days before now, which are negative.
type _Marks = list[tuple[float, float]]


def estimate(
    changes: Sequence[SalesChange], last: SalesCount, since: datetime
) -> SalesEstimate | None:
    """Return the units sold a day. Without two crossings of a step it is only a bound, and None
    without a day.

    `changes` of the count in order of time: all, or the last of each day. The count is known from
    `since` until the `last` count.

    Between two crossings of a step a known number of units was sold in a known time, however coarse
    the count is: they are shared out evenly. The range covers the last 7, 14 and 30 days, so it is
    wide while the rate moves.

    What a rounded count rose by is off by up to a step at either end, but never to one side: in the
    sum of many products that evens out, while estimates of all of them lag behind a change."""
    told, crossed = _marks(changes, last, since)
    known, sold = -told[0][0], told[-1][1]
    if known < SHORTEST / DAY:
        return None
    risen = _risen(told, last.step) if known >= WINDOWS[0] else ()
    if len(crossed) < 2 or crossed[-1][0] - crossed[0][0] < SHORTEST / DAY:
        return SalesEstimate(0, None, (sold + 2 * last.step) / known, None, *risen)
    lows, likely, highs = zip(*_windows(_until_now(crossed, last.step), last.step), strict=True)
    # 14 days are twice as long as the last 7: the rest was sold in the 7 before.
    before = 2 * likely[1] - likely[0] if -crossed[0][0] >= WINDOWS[1] else None
    return SalesEstimate(min(lows), likely[0], max(highs), before, *risen)


def _marks(
    changes: Sequence[SalesChange], last: SalesCount, since: datetime
) -> tuple[_Marks, _Marks]:
    """Return the units sold when the count was read, and when it crossed a step; an exact count
    begins with one."""
    counts = [change.units for change in changes]
    rose = rises([changes[0].before, *counts] if changes else [])
    told: _Marks = [((since - last.at) / DAY, 0)]
    crossed = told[:] if last.step == 1 else []
    for change, rise in zip(changes, rose, strict=True):
        after, until = ((at - last.at) / DAY for at in (change.after, change.until))
        before, sold = told[-1]
        # What was sold while the count fell, or jumped, is as much as on average.
        sold_now = sold + (
            sold * (until - before) / (before - told[0][0] or 1) if rise is None else rise
        )
        told += [(max(after, before), sold), (until, sold_now)]
        if rise:
            # Of several steps in one interval, the last was crossed in the last part of it.
            part = min(1, last.step / rise) if last.step > 1 else 0
            crossed.append((until - (until - after) * part / 2, sold_now))
    return [*told, (0, told[-1][1])], crossed


def _until_now(crossed: _Marks, step: int) -> _Marks:
    """Add what was sold since the last crossing if it is sold as before; less than a step."""
    (before, sold_before), (last, sold) = crossed[-2:]
    rate = (sold - sold_before) / (last - before)
    return [*crossed, (0, sold + min(rate * -last, step))]


def _risen(told: _Marks, step: int) -> Iterator[float]:
    """Yield what the count rose by a day in each window, as far as it is known, and the error of
    the first."""
    for window in WINDOWS:
        days = min(window, -told[0][0])
        yield _sold(told, -days, 0) / days
    yield _error(_sold(told, -WINDOWS[0], 0), WINDOWS[0], step)


def _windows(marks: _Marks, step: int) -> Iterator[tuple[float, float, float]]:
    """Yield a range, with the likely units in its middle, of each of `WINDOWS`, as far as it is
    known."""
    for window in WINDOWS:
        days = min(window, -marks[0][0])
        units = _sold(marks, -days, 0)
        rate, error = units / days, DEVIATIONS * _error(units, days, step)
        yield max(rate - error, 0), rate, min(rate + error, rate * MOST_TIMES)


def _sold(marks: _Marks, begin: float, end: float) -> float:
    return _sold_until(marks, end) - _sold_until(marks, begin)


def _sold_until(marks: _Marks, day: float) -> float:
    place = min(max(bisect_left(marks, day, key=itemgetter(0)), 1), len(marks) - 1)
    (before, sold_before), (after, sold) = marks[place - 1 : place + 1]
    return sold_before + (sold - sold_before) * (day - before) / (after - before or 1)


def _error(units: float, days: float, step: int) -> float:
    """Return the standard deviation of units a day: buyers come by chance, days differ, and a count
    in steps is off by up to one at either end."""
    rounding = step**2 / 6 if step > 1 else 0
    return sqrt(rounding + units + 1 + (DAYS_VARY * units) ** 2 / days) / days


def rises(counts: Iterable[int]) -> Iterator[int | None]:
    """Yield the units sold from each count to the next; None for a fall, for the return of units
    that fell, and for a jump."""
    fell = 0
    for before, after in pairwise(counts):
        rise = after - before
        is_sale = 0 <= rise <= max(before, JUMP) and not (fell and rise * 2 >= fell)
        if not is_sale:
            fell = max(-rise, 0)
        yield rise if is_sale else None
