"""Which snapshots of an old day stay when the past is thinned, and the changes of sales between
them. Pure.

Only snapshots that differ from the one before in nothing but their sales may go. So every price,
status, title and content stays with its times, and so do their changes; of the sales, what is known
around each midnight stays."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain, pairwise
from typing import NamedTuple

from monitor.history.series import held


class DayState(NamedTuple):
    """One snapshot of a day. Times are Unix seconds; `others` are all its tracked values but the
    sales."""

    data_time: int
    last_seen_before: int | None
    sales: int | None
    others: tuple[object, ...]


_DAY_SECONDS = 24 * 3600


def stay(
    days: Sequence[Sequence[DayState]], whole: Iterable[int], evidence: Collection[int]
) -> list[list[int]]:
    """Return for each day of a product the places of the states that stay: all of them on the
    `whole` days, by number.

    A pause in the checks is told from the usual time between them. Where a pause would appear or
    vanish when states are gone, the days around it stay whole too."""
    thinned, whole = [kept(day, evidence) for day in days], set(whole)
    pauses = _pauses([*chain(*days)])
    while True:
        places = [
            [*range(len(day))] if number in whole else thinned[number]
            for number, day in enumerate(days)
        ]
        left = [day[place] for day, stays in zip(days, places, strict=True) for place in stays]
        wrong = _pauses(left) ^ pauses
        near = {
            number
            for number, day in enumerate(days)
            if any(_is_near(day, pause) for pause in wrong)
        } - whole
        if not wrong:
            return places
        whole |= near or {*range(len(days))}


def _pauses(states: Sequence[DayState]) -> set[tuple[int, int]]:
    spans = pairwise(held(states, until=0))
    return {(span.end, following.start) for span, following in spans if span.end < following.start}


def _is_near(day: Sequence[DayState], pause: tuple[int, int]) -> bool:
    return (
        day[0].data_time - _DAY_SECONDS <= pause[1] and pause[0] <= day[-1].data_time + _DAY_SECONDS
    )


def kept(day: Sequence[DayState], evidence: Iterable[int]) -> list[int]:
    """Return the places of the states of one day that stay, in order: the first and the last, those
    that differ from the one before in more than sales, the first after a time without checks, and
    what alerts refer to.

    `evidence` are the times of alerts: the state that held then stays, and the one before it, from
    which it changed."""
    places = {0, len(day) - 1}
    spans = held(day, until=0)
    for place, (before, state) in enumerate(pairwise(day), 1):
        is_after_silence = spans[place - 1].end < state.data_time
        if state.others != before.others or before.sales is None or is_after_silence:
            places.add(place)
    times = [state.data_time for state in day]
    for at in evidence:
        if times[0] <= at <= times[-1]:
            held_then = bisect_right(times, at) - 1
            places |= {held_then, max(held_then - 1, 0)}
    return sorted(places)


def joints(places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the neighbours of `places` between which states are gone."""
    return ((earlier, later) for earlier, later in pairwise(places) if later > earlier + 1)
