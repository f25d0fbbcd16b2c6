"""Turns snapshots into the spans in which a value held, and spans into the points of a chart. Pure.

A line has a gap where no checks were made, or all failed. Times of spans and points are whole Unix
seconds."""

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import accumulate, groupby, pairwise
from statistics import median_low
from typing import NamedTuple, Protocol

#: A line of more than `FEW_SPANS` spans is simplified: the range is cut into `SLICES`, and a slice
#: with at least `DENSE_STEPS` spans shows their median only.
FEW_SPANS = 120
SLICES = 120
DENSE_STEPS = 3
#: A longer time between two checks, as a multiple of the usual time, makes a gap.
INTERVALS_OF_SILENCE = 3
SHORTEST_SILENCE_SECONDS = 30 * 60
#: The usual time between checks is computed from this number of changes on either side, because
#: intervals may change.
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
    """A state first seen at `data_time`; the state before it was last seen at
    `last_seen_before`."""

    @property
    def data_time(self) -> int: ...

    @property
    def last_seen_before(self) -> int | None: ...


type Point = tuple[datetime, int | None]
type IndexPoint = tuple[datetime, float | None]
#: A point of a chart: `None` breaks the line.
type Dot = tuple[int, int | None]


def held[S: SeenState](states: Sequence[S], *, until: int) -> list[Held[S]]:
    """Return the span of each state; `until` is the last data time at which the last state still
    held.

    A state lasts until the next one is first seen, unless it was last seen much earlier than usual
    before that: then no checks were made, and there is a gap."""
    if not states:
        return []
    gaps = [state.data_time - (state.last_seen_before or state.data_time) for state in states]
    spans = []
    for number, (state, following) in enumerate(pairwise(states), 1):
        end = following.data_time
        if _is_silence(gaps, number):
            end = max(following.last_seen_before or state.data_time, state.data_time)
        spans.append(Held(state, state.data_time, end))
    last = states[-1]
    return [*spans, Held(last, last.data_time, max(until, last.data_time))]


def _is_silence(gaps: Sequence[int], number: int) -> bool:
    """Return whether the time between two checks is far longer than those around it."""
    if gaps[number] <= SHORTEST_SILENCE_SECONDS:
        return False
    near = gaps[max(1, number - NEIGHBOURS) : number + NEIGHBOURS + 1]
    return gaps[number] > INTERVALS_OF_SILENCE * median_low(near)


def known[T](
    spans: Iterable[Held[T]], outages: Sequence[Span], start: int, end: int
) -> list[Held[T]]:
    """Return the parts of `spans` from `start` to `end` outside of outages, which are in order and
    do not overlap."""
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
        # A span that ends at the start of the range is outside of it, unless it also begins there.
        if since < until or since == until == span.start:
            parts.append(Held(span.value, since, until))
    return parts


def joined[T](spans: Iterable[tuple[T | None, int, int]]) -> list[Held[T]]:
    """Join adjacent spans with the same value, and leave out spans without a value."""
    parts: list[Held[T]] = []
    value: T | None = None
    since = until = 0
    for following, start, end in spans:
        if following == value and start == until:
            until = end
            continue
        if value is not None:
            parts.append(Held(value, since, until))
        value, since, until = following, start, end
    if value is not None:
        parts.append(Held(value, since, until))
    return parts


def points(spans: Sequence[Held[int]]) -> list[Dot]:
    """Return the points of a step line."""
    dots: list[Dot] = []
    for number, span in enumerate(spans, 1):
        dots.append((span.start, span.value))
        following = spans[number] if number < len(spans) else None
        if following is None or following.start > span.end:
            if span.end > span.start:
                dots.append((span.end, span.value))
            if following is not None:
                dots.append((span.end, None))
    return dots


class SimplifiedLine(NamedTuple):
    """A line with its median where it swings too often to be drawn, and there its lowest and
    highest value."""

    line: list[Held[int]]
    band: list[Held[tuple[int, int]]]


def simplified(spans: Sequence[Held[int]], start: int, end: int) -> SimplifiedLine:
    """Few spans stay as they are. Of many, those that begin in one slice of the time from `start`
    to `end`, if they are too many for a few pixels, become one of their median; each value counts
    for as long as it held."""
    if len(spans) <= FEW_SPANS:
        return SimplifiedLine(list(spans), [])
    width = (end - start) / SLICES or 1
    line: list[Held[int]] = []
    band: list[Held[tuple[int, int]]] = []
    for number, group in groupby(spans, key=lambda span: int((span.start - start) // width)):
        steps = list(group)
        if len(steps) < DENSE_STEPS:
            line += steps
            continue
        since, last, until = steps[0].start, steps[-1], math.ceil(start + (number + 1) * width)
        if last.end > until + width:
            # The last value held long after the slice: there it is drawn as it is.
            steps[-1] = last._replace(end=until)
            rest = [last._replace(start=until)]
        else:
            until, rest = last.end, []
        line += [Held(_median(steps), since, until), *rest]
        band.append(
            Held(
                (min(step.value for step in steps), max(step.value for step in steps)), since, until
            )
        )
    return SimplifiedLine(line, band)


def _median(spans: Iterable[Held[int]]) -> int:
    """Return the median over the time in which the values held."""
    by_value = sorted((value, end - start) for value, start, end in spans)
    lengths = list(accumulate(length for _, length in by_value))
    return by_value[bisect_left(lengths, lengths[-1] / 2)][0]


def sparkline(
    prices: Sequence[IndexPoint], start: datetime, end: datetime, width: int, height: int
) -> str:
    """SVG path data of a step line through the known `prices`, in a box of `width` by `height`; ''
    without prices.

    The first price holds from `start`, the last one until `end`. Coordinates are whole and
    relative, to keep a page of 50 lines small."""
    known_prices = [(at, value) for at, value in prices if value is not None]
    if not known_prices or end <= start:
        return ""
    low, high = min(value for _, value in known_prices), max(value for _, value in known_prices)
    across, up = width / (end - start).total_seconds(), height / (high - low) if high > low else 0.0
    spots = [
        (
            round(min(max((at - start).total_seconds() * across, 0), width)),
            round(height - (value - low) * up if up else height / 2),
        )
        for at, value in known_prices
    ]
    x, y = spots[0]
    path = [f"M{x} {y}"]
    for to_x, to_y in spots[1:]:
        if to_y != y:
            path.append(f"h{to_x - x}v{to_y - y}" if to_x != x else f"v{to_y - y}")
            x, y = to_x, to_y
    return f"{''.join(path)}H{width}"
