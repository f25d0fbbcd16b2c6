"""History made ready for charts: snapshots to the spans in which a value held, spans to points. Pure.

A line is drawn only where checks say what the value was. Where nobody looked, or every check failed, there is a gap.
Times are whole Unix seconds. What is told of a history stands in columns and not in rows: one of 20,000 snapshots is
worked through while its reader waits.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import compress, pairwise
from operator import ne
from statistics import median_low as median
from typing import NamedTuple, cast

#: A line of a chart never gets more points than this: more could not be told apart on a screen.
MOST_POINTS = 1000
#: The gap between two checks that is no gap in the line, as a multiple of the usual time between checks.
INTERVALS_OF_SILENCE = 3
SHORTEST_SILENCE = 30 * 60
#: Changes on either side from which the usual time between checks is learned: intervals are altered now and then.
NEIGHBOURS = 5
STRETCH = 50


class Span(NamedTuple):
    start: int
    end: int


class Held[T](NamedTuple):
    """A value and the span in which it is known to have held."""

    value: T
    start: int
    end: int


@dataclass(frozen=True)
class Spans[T]:
    """Values in order of time, each with when it began and ended to be known. None overlaps the next."""

    starts: Sequence[int]
    ends: Sequence[int]
    values: Sequence[T]

    @classmethod
    def of(cls, spans: Sequence[Held[T]]) -> Spans[T]:
        return cls([one.start for one in spans], [one.end for one in spans], [one.value for one in spans])

    def __len__(self) -> int:
        return len(self.starts)

    def __iter__(self) -> Iterator[Held[T]]:
        return map(Held, self.values, self.starts, self.ends)

    @cached_property
    def breaks(self) -> Sequence[int]:
        """The numbers of those that do not begin where the one before ended."""
        return list(compress(range(1, len(self.starts)), map(ne, self.starts[1:], self.ends)))

    def newest(self, most: int) -> Spans[T]:
        """The last `most` of them."""
        return Spans(self.starts[-most:], self.ends[-most:], self.values[-most:])


type Point = tuple[datetime, int | None]


def held(data_times: Sequence[int], last_seen: Sequence[int | None], *, until: int) -> Spans[int]:
    """The span of each state, by its number; `until` is the last data time at which the last one still held.

    A state was told at its data time; `last_seen` has when the one before it was last seen. It lasts to the first sight
    of the next one, unless far more time than usual lies between the last sight of the one and the first of the other:
    then nobody looked, and the line has a gap.
    """
    if not data_times:
        return Spans([], [], [])
    ends = [*data_times[1:], max(until, data_times[-1])]
    for number in _silences([at - (seen or at) for at, seen in zip(data_times, last_seen, strict=True)]):
        since = data_times[number - 1]
        ends[number - 1] = max(last_seen[number] or since, since)
    return Spans(data_times, ends, range(len(data_times)))


def _silences(looks: Sequence[int]) -> Iterator[int]:
    """Which of the times between two looks are far longer than those around them."""
    for begin in range(1, len(looks), STRETCH):
        end = min(begin + STRETCH, len(looks))
        # No median lies below the least of them: most looks need no closer one.
        unsuspicious = max(
            SHORTEST_SILENCE, INTERVALS_OF_SILENCE * min(looks[max(1, begin - NEIGHBOURS) : end + NEIGHBOURS])
        )
        if max(looks[begin:end]) > unsuspicious:
            yield from (at for at in range(begin, end) if looks[at] > unsuspicious and looks[at] > _longest(looks, at))


def _longest(looks: Sequence[int], number: int) -> int:
    near = looks[max(1, number - NEIGHBOURS) : number + NEIGHBOURS + 1]
    return max(SHORTEST_SILENCE, INTERVALS_OF_SILENCE * median(near))


def known[T](spans: Spans[T], outages: Sequence[Span], start: int, end: int) -> Spans[T]:
    """The parts of `spans` from `start` to `end` that lie in no outage. Outages are in order and do not overlap."""
    first, last = bisect_left(spans.ends, start), bisect_right(spans.starts, end)
    # What ends with the start of the range is outside of it; what was told just then is not.
    if first < last and spans.starts[first] < start == min(spans.ends[first], end):
        first += 1
    starts, ends, values = list(spans.starts[first:last]), list(spans.ends[first:last]), spans.values[first:last]
    if starts:
        starts[0], ends[-1] = max(starts[0], start), min(ends[-1], end)
    return _without(outages, starts, ends, values) if outages else Spans(starts, ends, values)


def _without[T](outages: Sequence[Span], starts: list[int], ends: list[int], told_ones: Sequence[T]) -> Spans[T]:
    values = list(told_ones)
    for outage in outages:
        first, last = bisect_right(ends, outage.start), bisect_left(starts, outage.end)
        if first >= last:
            continue
        before = [Held(values[first], starts[first], outage.start)] if starts[first] < outage.start else []
        after = [Held(values[last - 1], outage.end, ends[last - 1])] if ends[last - 1] > outage.end else []
        left = Spans.of([*before, *after])
        starts[first:last], ends[first:last], values[first:last] = left.starts, left.ends, left.values
    return Spans(starts, ends, values)


def told[T](spans: Spans[int], column: Sequence[T | None]) -> Spans[T]:
    """The spans in which a column tells something of the states, joined where it stayed the same."""
    numbers = spans.values
    values = column[numbers.start : numbers.stop] if isinstance(numbers, range) else _picked(column, numbers)
    return _joined(spans.starts, spans.ends, values, spans.breaks)


def joined[T](spans: Spans[T | None]) -> Spans[T]:
    """Spans that follow each other without a gap and have the same value become one; those without a value go."""
    return _joined(spans.starts, spans.ends, spans.values, spans.breaks)


def _joined[T](
    starts: Sequence[int], ends: Sequence[int], values: Sequence[T | None], breaks: Sequence[int]
) -> Spans[T]:
    if not starts:
        return Spans([], [], [])
    firsts = [0, *_either(changed(values), breaks)]
    since, kept = _picked(starts, firsts), _picked(values, firsts)
    until = [*_picked(ends, [first - 1 for first in firsts[1:]]), ends[-1]]
    if None not in kept:
        return Spans(since, until, cast("list[T]", kept))
    has_value = [value is not None for value in kept]
    return Spans(
        list(compress(since, has_value)),
        list(compress(until, has_value)),
        [value for value in kept if value is not None],
    )


def changed(values: Sequence[object]) -> Sequence[int]:
    """The numbers of the values that differ from the one before."""
    if not values or values.count(values[0]) == len(values):
        # Most columns of most histories never change, and so much is soon seen.
        return []
    return list(compress(range(1, len(values)), map(ne, values[1:], values)))


def _either(numbers: Sequence[int], others: Sequence[int]) -> Sequence[int]:
    """Both, in order, each once."""
    return sorted({*numbers, *others}) if numbers and others else numbers or others


def _picked[T](column: Sequence[T], numbers: Iterable[int]) -> list[T]:
    return list(map(column.__getitem__, numbers))


def points(spans: Spans[int]) -> tuple[list[int], list[int | None]]:
    """Times and values of the points of a line of steps, each holding to the next; `None` breaks the line."""
    starts, ends, values = spans.starts, spans.ends, spans.values
    times: list[int] = []
    drawn: list[int | None] = []
    for first, after in pairwise([0, *spans.breaks, len(starts)]):
        times += starts[first:after]
        drawn += values[first:after]
        if first < after and ends[after - 1] > starts[after - 1]:
            times.append(ends[after - 1])
            drawn.append(values[after - 1])
        if after < len(starts):
            times.append(ends[after - 1])
            drawn.append(None)
    return thin(times, drawn, MOST_POINTS)


def thin(times: Sequence[int], values: Sequence[int | None], most: int) -> tuple[list[int], list[int | None]]:
    """At most `most` points that look the same: of each stretch of time the first, lowest, highest and last.

    A gap that begins and ends within one stretch is narrower than what a screen can show, and is left out.
    """
    kept: list[int] = []
    if len(times) <= most:
        return list(times), list(values)
    begin, end = times[0], times[-1]
    width = (end - begin) / (most // 4) or 1
    first, edge = 0, begin + width
    while first < len(times):
        after = bisect_left(times, edge, first + 1)
        kept += _outline(values, first, after)
        first = after
        if after < len(times):
            edge = begin + ((times[after] - begin) // width + 1) * width
            edge = edge if edge < end else end + 1
    return [times[at] for at in kept], [values[at] for at in kept]


def _outline(values: Sequence[int | None], first: int, after: int) -> Sequence[int]:
    """The numbers of the first, lowest, highest and last of some points, in their order."""
    if after - first <= 4:
        return range(first, after)
    stretch = values[first:after]
    known_ones = (
        [value for value in stretch if value is not None] if None in stretch else cast("Sequence[int]", stretch)
    )
    wanted = {first, after - 1}
    if known_ones:
        wanted |= {first + stretch.index(min(known_ones)), after - 1 - stretch[::-1].index(max(known_ones))}
    return sorted(wanted)


def sparkline(prices: Sequence[Point], start: datetime, end: datetime, width: int, height: int) -> str:
    """The path data of a line of steps through known `prices` in a box of `width` by `height`; '' without any.

    The first price holds from `start`, the last one to `end`. In whole units, and each step from the last: a page has
    fifty such lines.
    """
    told = [(at, value) for at, value in prices if value is not None]
    if not told or end <= start:
        return ""
    low, high = min(value for _, value in told), max(value for _, value in told)
    across, up = width / (end - start).total_seconds(), height / (high - low) if high > low else 0.0
    spots = [
        (
            round(min(max((at - start).total_seconds() * across, 0), width)),
            round(height - (value - low) * up if up else height / 2),
        )
        for at, value in told
    ]
    x, y = spots[0]
    path = [f"M{x} {y}"]
    for to_x, to_y in spots[1:]:
        if to_y != y:
            path.append(f"h{to_x - x}v{to_y - y}" if to_x != x else f"v{to_y - y}")
            x, y = to_x, to_y
    return f"{''.join(path)}H{width}"
