"""What is worth saying about a value over a range of time: extremes, the usual band, how long it has stood. Pure.

Everything is weighted by how long a value held, so that a price of ten minutes counts for ten minutes however often it
was looked at. Times are Unix seconds.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from monitor.history.series import Held

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


def facts(spans: Sequence[Held[int]], stands_until: int | None = None) -> Facts | None:
    """The facts of the spans in which a value is known; None without any. The last one may stand longer than seen."""
    if not spans:
        return None
    last = spans[-1]
    lowest, highest = min(spans, key=lambda span: span.value), max(spans, key=lambda span: span.value)
    others = (number for number in reversed(range(len(spans))) if spans[number].value != last.value)
    since = spans[next(others, -1) + 1].start
    usual_low, usual_high = percentiles(spans, USUAL)
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
        time_at_current=sum(span.end - span.start for span in spans if span.value == last.value) + unseen,
    )


def percentiles(spans: Iterable[Held[int]], percents: Iterable[int]) -> list[int]:
    """For each of `percents`, the least value that was not exceeded for at least that share of the time."""
    seconds_held: Counter[int] = Counter()
    for value, start, end in spans:
        # A value that was seen once held for a moment, too.
        seconds_held[value] += (end - start) or 1
    ordered = sorted(seconds_held.items())
    total = seconds_held.total()
    return [_percentile(ordered, total * percent) for percent in percents]


def _percentile(ordered: Sequence[tuple[int, int]], hundredfold: int) -> int:
    so_far = 0
    for value, seconds in ordered:
        so_far += seconds * 100
        if so_far >= hundredfold:
            return value
    return ordered[-1][0]


def readable_scale(spans: Sequence[Held[int]]) -> tuple[int, int] | None:
    """The lowest and highest value to draw where a few odd readings would flatten all the rest; None where none would.

    Odd is what lies beyond three times, or below a third of, all that holds for nearly the whole time.
    """
    if not spans:
        return None
    values = {span.value for span in spans}
    lowest, highest = min(values), max(values)
    if highest <= lowest * OUTLYING:
        return None
    low, high = percentiles(spans, NEARLY_ALL)
    if low <= lowest * OUTLYING and highest <= high * OUTLYING:
        return None
    shown = [value for value in values if low <= value * OUTLYING and value <= high * OUTLYING]
    return min(shown), max(shown)
