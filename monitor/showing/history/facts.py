"""Facts about a value over a range of time: extremes, the usual range, how long it has held. Pure.

Values are weighted by how long they held, not by how often they were checked. Times are Unix
seconds."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, takewhile
from typing import NamedTuple

from monitor.models.clock import DAY_SECONDS
from monitor.showing.history.series import Held

#: The usual range held for this share of the time.
USUAL_PERCENT = 80
#: A chart leaves out values that are this many times beyond those which hold nearly all the time.
OUTLIER_FACTOR = 3
#: Nearly all the time, in percent.
NEARLY_ALL = (2, 98)


def extremes(values: Iterable[int | None]) -> tuple[int | None, int | None]:
    """Return the lowest and the highest of the known values; None for both if there are none."""
    known = [value for value in values if value is not None]
    return (min(known), max(known)) if known else (None, None)


@dataclass(frozen=True, slots=True)
class Facts:
    """`lowest_at` and `highest_at` are when they were first seen; `usual_low` and `usual_high`: see
    `usual_range`."""

    lowest: int
    lowest_at: int
    highest: int
    highest_at: int
    usual_low: int
    usual_high: int
    #: The last value, since when it has held without another in between, and how long that is.
    current: int
    since: int
    stands_for: int


def facts(spans: Sequence[Held[int]], stands_until: int | None = None) -> Facts | None:
    """Return the facts of the spans in which a value is known; None without any. The last may hold
    until `stands_until`."""
    if not spans:
        return None
    last = spans[-1]
    lowest, highest = (
        min(spans, key=lambda span: span.value),
        max(spans, key=lambda span: span.value),
    )
    current_spans = list(takewhile(lambda span: span.value == last.value, reversed(spans)))
    since = current_spans[-1].start
    usual_low, usual_high = usual_range(_seconds_held(spans))
    unseen = max(0, (stands_until or 0) - last.end)
    return Facts(
        lowest=lowest.value,
        lowest_at=lowest.start,
        highest=highest.value,
        highest_at=highest.start,
        usual_low=usual_low,
        usual_high=usual_high,
        current=last.value,
        since=since,
        stands_for=last.end + unseen - since,
    )


def usual_range(seconds_held: Mapping[int, int]) -> tuple[int, int]:
    """Return the narrowest range whose values held for 80 % of the time; of several, the one that
    held longest.

    It is the shortest interval of that share: the highest-density region of values that have one
    peak (Hyndman, "Computing and Graphing Highest Density Regions", The American Statistician 50,
    1996)."""
    values = sorted(seconds_held)
    held_before = list(accumulate((seconds_held[value] for value in values), initial=0))
    least = -(-held_before[-1] * USUAL_PERCENT // 100)
    ranges = []
    for first, low in enumerate(values):
        end = bisect_left(held_before, held_before[first] + least)
        if end == len(held_before):
            break
        high = values[max(end - 1, first)]
        ranges.append((high - low, held_before[first] - held_before[end], low, high))
    *_, low, high = min(ranges)
    return low, high


def percentiles(spans: Iterable[Held[int]], percents: Iterable[int]) -> list[int]:
    """Return for each of `percents` the lowest value that was not exceeded for that share of the
    time."""
    seconds_held = _seconds_held(spans)
    values = sorted(seconds_held)
    ends = list(accumulate(seconds_held[value] * 100 for value in values))
    return [values[bisect_left(ends, seconds_held.total() * percent)] for percent in percents]


def _seconds_held(spans: Iterable[Held[int]]) -> Counter[int]:
    """Return the seconds by value. A value that was seen once counts as one second."""
    seconds_held: Counter[int] = Counter()
    for value, start, end in spans:
        seconds_held[value] += (end - start) or 1
    return seconds_held


class PricePosition(NamedTuple):
    """Where a price stands among those of the last `days`. `above`: the share of the time at lower
    prices."""

    price: int
    low: int | None
    high: int | None
    days: int
    above: float

    @property
    def name(self) -> str:
        """`only`, `lowest`, `highest` or `between`."""
        if self.low == self.high:
            return "only"
        return {self.low: "lowest", self.high: "highest"}.get(self.price, "between")


def position(spans: Sequence[Held[int]], now: int) -> PricePosition | None:
    """Return where the last price stands; None while prices are known for less than a day."""
    if not spans or now - spans[0].start < DAY_SECONDS:
        return None
    price, seconds_held = spans[-1].value, _seconds_held(spans)
    above = (
        sum(seconds for value, seconds in seconds_held.items() if value < price)
        / seconds_held.total()
    )
    days = -(-(now - spans[0].start) // DAY_SECONDS)
    # It has held itself, so it is not above all of the time, not even when rounded.
    return PricePosition(price, *extremes(seconds_held), days, min(above, 0.99))


def readable_scale(spans: Sequence[Held[int]]) -> tuple[int, int] | None:
    """Return the lowest and highest value to draw if a few outliers would flatten the rest; None
    without outliers.

    Outliers are more than three times, or less than a third of, the values that hold nearly all the
    time."""
    if not spans:
        return None
    values = {span.value for span in spans}
    lowest, highest = min(values), max(values)
    low, high = percentiles(spans, NEARLY_ALL)
    if low <= lowest * OUTLIER_FACTOR and highest <= high * OUTLIER_FACTOR:
        return None
    shown = [
        value
        for value in values
        if low <= value * OUTLIER_FACTOR and value <= high * OUTLIER_FACTOR
    ]
    return min(shown), max(shown)
