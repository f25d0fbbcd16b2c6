"""History made ready for charts: snapshots to the spans in which a value held, spans to points. Pure.

A line is drawn only where checks say what the value was. Where nobody looked, or every check failed, there is a gap.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median_low as median

from monitor.provider.observation import Status

#: A chart never gets many more points than this: more could not be told apart on a screen.
MOST_POINTS = 1200
#: The gap between two checks that is no gap in the line, as a multiple of the usual time between checks.
INTERVALS_OF_SILENCE = 3
SHORTEST_SILENCE = timedelta(minutes=30)
#: Changes on either side from which the usual time between checks is learned: intervals are altered now and then.
NEIGHBOURS = 5


@dataclass(frozen=True, slots=True)
class State:
    """What one snapshot told. Prices in fen, sales as the lower bound and the step it is rounded to."""

    data_time: datetime
    last_seen_before: datetime | None = None
    price: int | None = None
    list_price: int | None = None
    sales: int | None = None
    sales_step: int | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True)
class Span:
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Held[T]:
    """A value and the span in which it is known to have held."""

    value: T
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Extremes:
    """The lowest and highest value, and when each was first seen."""

    lowest: int
    lowest_at: datetime
    highest: int
    highest_at: datetime


type Point = tuple[datetime, int | None]


def held(states: Sequence[State], *, until: datetime) -> Iterator[Held[State]]:
    """The span of each state, in order; `until` is the last data time at which the last one still held.

    A state lasts to the first sight of the next one, unless far more time than usual lies between the last sight of
    the one and the first of the other: then nobody looked, and the line has a gap.
    """
    looks = [state.data_time - (state.last_seen_before or state.data_time) for state in states]
    for number, state in enumerate(states):
        end, after = until, number + 1
        if after < len(states):
            near = looks[max(1, after - NEIGHBOURS) : after + NEIGHBOURS + 1]
            unbroken = looks[after] <= max(SHORTEST_SILENCE, INTERVALS_OF_SILENCE * median(near))
            following = states[after]
            end = following.data_time if unbroken else (following.last_seen_before or state.data_time)
        yield Held(state, state.data_time, max(end, state.data_time))


def known[T](spans: Iterable[Held[T]], outages: Sequence[Span], start: datetime, end: datetime) -> Iterator[Held[T]]:
    """The parts of `spans` from `start` to `end` that lie in no outage. `outages` are in order and do not overlap."""
    for span in spans:
        since, last = max(span.start, start), min(span.end, end)
        if since > last:
            continue
        for outage in outages:
            if outage.end <= since or outage.start >= last:
                continue
            if outage.start > since:
                yield Held(span.value, since, outage.start)
            since = outage.end
        if since < last or (since == last == span.start):
            yield Held(span.value, since, last)


def values(spans: Iterable[Held[State]], field: str) -> list[Held[int]]:
    """The spans in which `field` was told, joined where it stayed the same."""
    told = ((span, getattr(span.value, field)) for span in spans)
    return _joined(Held(value, span.start, span.end) for span, value in told if value is not None)


def absences(spans: Iterable[Held[State]]) -> list[Held[str]]:
    """The spans in which a product was told to be something other than on sale, joined where that stayed the same."""
    told = ((span, span.value.status) for span in spans)
    return _joined(
        Held(status, span.start, span.end) for span, status in told if status is not None and status != Status.ON_SALE
    )


def _joined[T](spans: Iterable[Held[T]]) -> list[Held[T]]:
    joined: list[Held[T]] = []
    for span in spans:
        last = joined[-1] if joined else None
        if last and last.value == span.value and last.end == span.start:
            joined[-1] = Held(span.value, last.start, span.end)
        else:
            joined.append(span)
    return joined


def points(spans: Sequence[Held[int]]) -> list[Point]:
    """Points for a line of steps, each holding to the next; `None` breaks the line."""
    drawn: list[Point] = []
    for number, span in enumerate(spans):
        drawn.append((span.start, span.value))
        following = spans[number + 1] if number + 1 < len(spans) else None
        if following is None or following.start > span.end:
            if span.end > span.start:
                drawn.append((span.end, span.value))
            if following is not None:
                drawn.append((span.end, None))
    return thin(drawn, MOST_POINTS)


def thin(drawn: list[Point], most: int) -> list[Point]:
    """At most about `most` points that look the same: of each stretch the first, lowest, highest and last."""
    if len(drawn) <= most:
        return drawn
    size = -(-len(drawn) * 4 // most)
    kept: list[Point] = []
    for begin in range(0, len(drawn), size):
        stretch = drawn[begin : begin + size]
        told = [(value, index) for index, (_, value) in enumerate(stretch) if value is not None]
        wanted = {0, len(stretch) - 1, *(index for index, (_, value) in enumerate(stretch) if value is None)}
        if told:
            wanted |= {min(told)[1], max(told)[1]}
        kept += [stretch[index] for index in sorted(wanted)]
    return kept


def extremes(spans: Iterable[Held[int]]) -> Extremes | None:
    """The lowest and the highest value, each at its first sight."""
    ordered = list(spans)
    if not ordered:
        return None
    lowest = min(ordered, key=lambda span: (span.value, span.start))
    highest = max(ordered, key=lambda span: (span.value, -span.start.timestamp()))
    return Extremes(lowest.value, lowest.start, highest.value, highest.start)


def sparkline(prices: Sequence[Point], start: datetime, end: datetime, width: int, height: int) -> str:
    """The path data of a line of steps through known `prices` in a box of `width` by `height`; '' without any.

    The first price holds from `start`, the last one to `end`.
    """
    told = [(at, value) for at, value in prices if value is not None]
    if not told or end <= start:
        return ""
    low, high = min(value for _, value in told), max(value for _, value in told)
    scale = height / (high - low) if high > low else 0.0
    duration = (end - start).total_seconds()

    def x(at: datetime) -> str:
        return _number(max(0.0, min(1.0, (at - start).total_seconds() / duration)) * width)

    def y(value: int) -> str:
        return _number(height - (value - low) * scale if scale else height / 2)

    first, *rest = told
    steps = "".join(f"H{x(at)}V{y(value)}" for at, value in rest)
    return f"M{x(first[0])} {y(first[1])}{steps}H{width}"


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
