"""The same as `monitor.dashboard.series`, span by span and point by point: slower, and easier to believe."""

from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from statistics import median_low as median
from typing import NamedTuple

from monitor.dashboard.series import INTERVALS_OF_SILENCE, MOST_POINTS, NEIGHBOURS, SHORTEST_SILENCE, Held, Span


class State(NamedTuple):
    data_time: int
    last_seen_before: int | None
    price: int | None


type Dot = tuple[int, int | None]


def held(states: Sequence[State], until: int) -> list[Held[State]]:
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
    return {at for at in range(1, len(looks)) if looks[at] > _longest(looks, at)}


def _longest(looks: Sequence[int], number: int) -> int:
    near = looks[max(1, number - NEIGHBOURS) : number + NEIGHBOURS + 1]
    return max(SHORTEST_SILENCE, INTERVALS_OF_SILENCE * median(near))


def known[T](spans: Iterable[Held[T]], outages: Sequence[Span], start: int, end: int) -> Iterator[Held[T]]:
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


def values(spans: Iterable[Held[State]], field: str) -> list[Held[int]]:
    read = attrgetter(field)
    return joined((read(state), start, end) for state, start, end in spans)


def joined[T](spans: Iterable[tuple[T | None, int, int]]) -> list[Held[T]]:
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
    if len(stretch) <= 4:
        return stretch
    told = [(value, number) for number, (_, value) in enumerate(stretch) if value is not None]
    wanted = {0, len(stretch) - 1}
    if told:
        wanted |= {min(told)[1], max(told)[1]}
    return [stretch[number] for number in sorted(wanted)]
