"""History made ready for charts: snapshots to the spans in which a value held, spans to points. Pure.

A line is drawn only where checks say what the value was. Where nobody looked, or every check failed, there is a gap.
Times are whole Unix seconds: a history of 20,000 snapshots is worked through while its reader waits.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from operator import attrgetter
from statistics import median_low as median
from typing import Any, NamedTuple, Protocol

#: A line of a chart never gets more points than this: more could not be told apart on a screen.
MOST_POINTS = 1000
#: The gap between two checks that is no gap in the line, as a multiple of the usual time between checks.
INTERVALS_OF_SILENCE = 3
SHORTEST_SILENCE = 30 * 60
#: Changes on either side from which the usual time between checks is learned: intervals are altered now and then.
NEIGHBOURS = 5
STRETCH = 50


class State(NamedTuple):
    """What one snapshot told. Prices in fen, sales as the lower bound and the step it is rounded to."""

    data_time: int
    last_seen_before: int | None = None
    price: int | None = None
    list_price: int | None = None
    sku_min_price: int | None = None
    sku_max_price: int | None = None
    sales: int | None = None
    sales_step: int | None = None
    status: str | None = None
    from_cache: bool = False


class Look(Protocol):
    """What was told at `data_time`, and when what was told before it was last seen."""

    @property
    def data_time(self) -> int: ...
    @property
    def last_seen_before(self) -> int | None: ...


class Span(NamedTuple):
    start: int
    end: int


class Held[T](NamedTuple):
    """A value and the span in which it is known to have held."""

    value: T
    start: int
    end: int


#: A time and the value from then on, or `None` where the line breaks.
type Dot = tuple[int, int | None]
type Point = tuple[datetime, int | None]


def held[T: Look](states: Sequence[T], *, until: int) -> list[Held[T]]:
    """The span of each state, in order; `until` is the last data time at which the last one still held.

    A state lasts to the first sight of the next one, unless far more time than usual lies between the last sight of
    the one and the first of the other: then nobody looked, and the line has a gap.
    """
    silent = _silences([state.data_time - (state.last_seen_before or state.data_time) for state in states])
    found = []
    for number, state in enumerate(states, 1):
        since = state.data_time
        if number == len(states):
            end = until
        else:
            following = states[number]
            end = following.data_time if number not in silent else (following.last_seen_before or since)
        found.append(Held(state, since, max(end, since)))
    return found


def _silences(looks: Sequence[int]) -> set[int]:
    """Which of the times between two looks are far longer than those around them."""
    silent: set[int] = set()
    for begin in range(1, len(looks), STRETCH):
        end = min(begin + STRETCH, len(looks))
        # No median lies below the least of them: most looks need no closer one.
        unsuspicious = max(
            SHORTEST_SILENCE, INTERVALS_OF_SILENCE * min(looks[max(1, begin - NEIGHBOURS) : end + NEIGHBOURS])
        )
        silent.update(at for at in range(begin, end) if looks[at] > unsuspicious and looks[at] > _longest(looks, at))
    return silent


def _longest(looks: Sequence[int], number: int) -> int:
    near = looks[max(1, number - NEIGHBOURS) : number + NEIGHBOURS + 1]
    return max(SHORTEST_SILENCE, INTERVALS_OF_SILENCE * median(near))


def known[T](spans: Iterable[Held[T]], outages: Sequence[Span], start: int, end: int) -> Iterator[Held[T]]:
    """The parts of `spans` from `start` to `end` that lie in no outage. Both are in order and do not overlap."""
    first = 0
    for span in spans:
        since, last = max(span.start, start), min(span.end, end)
        if since > last:
            continue
        while first < len(outages) and outages[first].end <= since:
            first += 1
        for number in range(first, len(outages)):
            outage = outages[number]
            if outage.start >= last:
                break
            if outage.start > since:
                yield Held(span.value, since, outage.start)
            since = outage.end
        if since < last or (since == last == span.start):
            yield Held(span.value, since, last)


def values(spans: Iterable[Held[Any]], field: str) -> list[Held[int]]:
    """The spans in which `field` was told, joined where it stayed the same."""
    read = attrgetter(field)
    return joined((read(state), start, end) for state, start, end in spans)


def joined[T](spans: Iterable[tuple[T | None, int, int]]) -> list[Held[T]]:
    """Spans that follow each other without a gap and have the same value become one; those without a value go."""
    found: list[Held[T]] = []
    value: T | None = None
    since = until = 0
    for told, start, end in spans:
        if told == value and start == until:
            until = end
            continue
        if value is not None:
            found.append(Held(value, since, until))
        value, since, until = told, start, end
    if value is not None:
        found.append(Held(value, since, until))
    return found


def points(spans: Sequence[Held[int]]) -> list[Dot]:
    """Points for a line of steps, each holding to the next; `None` breaks the line."""
    drawn: list[Dot] = []
    for number, span in enumerate(spans):
        drawn.append((span.start, span.value))
        following = spans[number + 1] if number + 1 < len(spans) else None
        if following is None or following.start > span.end:
            if span.end > span.start:
                drawn.append((span.end, span.value))
            if following is not None:
                drawn.append((span.end, None))
    return thin(drawn, MOST_POINTS)


def thin(drawn: list[Dot], most: int) -> list[Dot]:
    """At most `most` points that look the same: of each stretch of time the first, lowest, highest and last.

    A gap that begins and ends within one stretch is narrower than what a screen can show, and is left out.
    """
    if len(drawn) <= most:
        return drawn
    begin, stretches = drawn[0][0], most // 4
    width = (drawn[-1][0] - begin) / stretches or 1
    kept: list[Dot] = []
    stretch: list[Dot] = []
    edge = begin + width
    for point in drawn:
        if point[0] >= edge and stretch:
            kept += _outline(stretch)
            stretch = []
            edge = begin + ((point[0] - begin) // width + 1) * width
            edge = edge if edge < drawn[-1][0] else drawn[-1][0] + 1
        stretch.append(point)
    return kept + _outline(stretch)


def _outline(stretch: list[Dot]) -> list[Dot]:
    """The first, lowest, highest and last of the points, in their order."""
    if len(stretch) <= 4:
        return stretch
    told = [(value, number) for number, (_, value) in enumerate(stretch) if value is not None]
    wanted = {0, len(stretch) - 1}
    if told:
        wanted |= {min(told)[1], max(told)[1]}
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
