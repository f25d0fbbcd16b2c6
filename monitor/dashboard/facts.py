"""What is worth saying about a value over a range of time: extremes, the usual band, how long it has stood. Pure.

Everything is weighted by how long a value held, so that a price of ten minutes counts for ten minutes however often it
was looked at. Times are Unix seconds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import compress
from operator import sub

from monitor.dashboard.series import Spans

#: The usual band leaves out the lowest and the highest tenth of the time.
USUAL = (10, 90)
#: A reading may wreck a chart's scale if it lies this many times beyond what holds nearly all of the time.
OUTLYING = 3
NEARLY_ALL = (2, 98)


@dataclass(frozen=True, slots=True)
class Facts:
    """`lowest_at` and `highest_at` are first sights; the usual band held for 80 % of the time that is known."""

    lowest: int
    lowest_at: int
    highest: int
    highest_at: int
    usual_low: int
    usual_high: int
    #: The last value, since when it has stood without another one in between, for how long that is, and for how long it
    #: held in all; all in seconds.
    current: int
    since: int
    stands_for: int
    time_at_current: int


def facts(spans: Spans[int], stands_until: int | None = None) -> Facts | None:
    """The facts of the spans in which a value is known; None without any. The last one may stand longer than seen."""
    if not spans:
        return None
    starts, values = spans.starts, spans.values
    lowest, highest, current = min(values), max(values), values[-1]
    since = next((at + 1 for at in reversed(range(len(values))) if values[at] != current), 0)
    low, high = percentiles(spans, USUAL)
    unseen = max(0, (stands_until or 0) - spans.ends[-1])
    at_current = sum(compress(map(sub, spans.ends, starts), map(current.__eq__, values)))
    return Facts(
        lowest=lowest,
        lowest_at=starts[values.index(lowest)],
        highest=highest,
        highest_at=starts[values.index(highest)],
        usual_low=low,
        usual_high=high,
        current=current,
        since=starts[since],
        stands_for=spans.ends[-1] + unseen - starts[since],
        time_at_current=at_current + unseen,
    )


def percentiles(spans: Spans[int], percents: Iterable[int]) -> list[int]:
    """For each of `percents`, the least value that was not exceeded for at least that share of the time."""
    held_for = dict.fromkeys(spans.values, 0)
    for value, length in zip(spans.values, map(sub, spans.ends, spans.starts), strict=True):
        # A value that was seen once held for a moment, too.
        held_for[value] += length or 1
    ordered = sorted(held_for.items())
    total = sum(held_for.values())
    return [_percentile(ordered, total * percent) for percent in percents]


def _percentile(ordered: Sequence[tuple[int, int]], hundredfold: int) -> int:
    so_far = 0
    for value, seconds in ordered:
        so_far += seconds * 100
        if so_far >= hundredfold:
            return value
    return ordered[-1][0]


def readable_scale(spans: Spans[int]) -> tuple[int, int] | None:
    """The lowest and highest value to draw where a few odd readings would flatten all the rest; None where none would.

    Odd is what lies beyond three times, or below a third of, all that holds for nearly the whole time.
    """
    if not spans:
        return None
    lowest, highest = min(spans.values), max(spans.values)
    if highest <= lowest * OUTLYING:
        return None
    low, high = percentiles(spans, NEARLY_ALL)
    if low <= lowest * OUTLYING and highest <= high * OUTLYING:
        return None
    shown = [value for value in spans.values if low <= value * OUTLYING and value <= high * OUTLYING]
    return min(shown), max(shown)
