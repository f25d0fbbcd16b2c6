"""History made ready for charts: snapshots to the spans in which a value held, spans to points. Pure.

A line is drawn only where checks say what the value was. Where nobody looked, or every check failed, there is a gap.
Times of spans and points are whole Unix seconds.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise
from statistics import median_low
from typing import NamedTuple, Protocol

#: A line of a chart never gets more points than this: more could not be told apart on a screen.
MOST_POINTS = 1000
#: The gap between two checks that is no gap in the line, as a multiple of the usual time between checks.
INTERVALS_OF_SILENCE = 3
SHORTEST_SILENCE_SECONDS = 30 * 60
#: Changes on either side from which the usual time between checks is learned: intervals are altered now and then.
NEIGHBOURS = 5


class Span(NamedTuple):
    start: int
    end: int


class Held[T](NamedTuple):
    """A value and the span in which it is known to have held."""

    value: T
    start: int
    end: int


class SeenState(Protocol):
    """A state that was told at its data time; the state before it was last seen at `last_seen_before`."""

    @property
    def data_time(self) -> int: ...

    @property
    def last_seen_before(self) -> int | None: ...


type Point = tuple[datetime, int | None]
#: A point of a chart: `None` breaks the line.
type Dot = tuple[int, int | None]


def held[S: SeenState](states: Sequence[S], *, until: int) -> list[Held[S]]:
    """The span of each state; `until` is the last data time at which the last one still held.

    A state lasts to the first sight of the next one, unless far more time than usual lies between its own last sight
    and that: then nobody looked, and the line has a gap.
    """
    if not states:
        return []
    looks = [state.data_time - (state.last_seen_before or state.data_time) for state in states]
    spans = []
    for number, (state, following) in enumerate(pairwise(states), 1):
        end = following.data_time
        if _is_silence(looks, number):
            end = max(following.last_seen_before or state.data_time, state.data_time)
        spans.append(Held(state, state.data_time, end))
    last = states[-1]
    return [*spans, Held(last, last.data_time, max(until, last.data_time))]


def _is_silence(looks: Sequence[int], number: int) -> bool:
    """Whether the time between two looks is far longer than those around it."""
    if looks[number] <= SHORTEST_SILENCE_SECONDS:
        return False
    near = looks[max(1, number - NEIGHBOURS) : number + NEIGHBOURS + 1]
    return looks[number] > INTERVALS_OF_SILENCE * median_low(near)


def known[T](spans: Iterable[Held[T]], outages: Sequence[Span], start: int, end: int) -> list[Held[T]]:
    """The parts of `spans` from `start` to `end` that lie in no outage. Outages are in order and do not overlap."""
    parts = []
    first = 0
    for span in spans:
        since, until = max(span.start, start), min(span.end, end)
        if since > until:
            continue
        while first < len(outages) and outages[first].end <= since:
            first += 1
        for number in range(first, len(outages)):
            outage = outages[number]
            if outage.start >= until:
                break
            if outage.start > since:
                parts.append(Held(span.value, since, outage.start))
            since = outage.end
        # What ends with the start of the range is outside of it; what was told just then is not.
        if since < until or since == until == span.start:
            parts.append(Held(span.value, since, until))
    return parts


def joined[T](spans: Iterable[tuple[T | None, int, int]]) -> list[Held[T]]:
    """Spans that follow each other without a gap and have the same value become one; those without a value go."""
    found: list[Held[T]] = []
    value: T | None = None
    since = until = 0
    for following, start, end in spans:
        if following == value and start == until:
            until = end
            continue
        if value is not None:
            found.append(Held(value, since, until))
        value, since, until = following, start, end
    if value is not None:
        found.append(Held(value, since, until))
    return found


def points(spans: Sequence[Held[int]]) -> list[Dot]:
    """The points of a line of steps, each holding to the next."""
    dots: list[Dot] = []
    for number, span in enumerate(spans, 1):
        dots.append((span.start, span.value))
        following = spans[number] if number < len(spans) else None
        if following is None or following.start > span.end:
            if span.end > span.start:
                dots.append((span.end, span.value))
            if following is not None:
                dots.append((span.end, None))
    return thin(dots, MOST_POINTS)


def thin(dots: Sequence[Dot], most: int) -> list[Dot]:
    """At most `most` points that look the same: of each stretch of time the first, lowest, highest and last.

    A gap that begins and ends within one stretch is narrower than what a screen can show, and is left out.
    """
    if len(dots) <= most:
        return list(dots)
    begin, end = dots[0][0], dots[-1][0]
    width = (end - begin) / (most // 4) or 1
    kept: list[Dot] = []
    stretch: list[Dot] = []
    edge = begin + width
    for dot in dots:
        if dot[0] >= edge and stretch:
            kept += _outline(stretch)
            stretch = []
            edge = begin + ((dot[0] - begin) // width + 1) * width
            edge = edge if edge < end else end + 1
        stretch.append(dot)
    return kept + _outline(stretch)


def _outline(stretch: list[Dot]) -> list[Dot]:
    """The first, lowest, highest and last of some points, in their order."""
    if len(stretch) <= 4:
        return stretch
    wanted = {0, len(stretch) - 1}
    values = [(value, number) for number, (_, value) in enumerate(stretch) if value is not None]
    if values:
        wanted |= {min(values)[1], max(values)[1]}
    return [stretch[number] for number in sorted(wanted)]


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
