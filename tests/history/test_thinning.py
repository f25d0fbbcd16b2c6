"""Which snapshots of an old day stay."""

from bisect import bisect_right
from itertools import chain, groupby, pairwise

from hypothesis import given
from hypothesis import strategies as st

from monitor.history.series import held
from monitor.history.thinning import DayState, joints, kept, stay

HOUR = 3600


def state(
    hour: int, sales: int | None, price: int = 7200, last_seen_before: int | None = None
) -> DayState:
    return DayState(hour * HOUR, last_seen_before or (hour - 1) * HOUR, sales, (price,))


@st.composite
def days(draw: st.DrawFn) -> list[DayState]:
    hours = sorted(draw(st.sets(st.integers(1, 24), min_size=1)))
    known = [draw(st.integers(hour, 24)) for hour in hours]
    # What was told once stays.
    untold = draw(st.integers(0, len(hours)))
    values = [
        (draw(st.integers(1, 4)) if hour >= untold else None, draw(st.integers(1, 3)))
        for hour in range(len(hours))
    ]
    return [
        DayState(hour * HOUR, min(seen, hour) * HOUR - HOUR // 2, sales, (price,))
        for hour, seen, (sales, price) in zip(hours, known, values, strict=True)
    ]


@given(days(), st.sets(st.integers(0, 25 * HOUR)))
def test_it_keeps_all_but_sales_both_ends_and_evidence(
    day: list[DayState], evidence: set[int]
) -> None:
    places = kept(day, evidence)
    left = [day[place] for place in places]
    assert (left[0], left[-1]) == (day[0], day[-1])
    assert [first_seen(day), first_seen(left)] == [first_seen(left), first_seen(day)]
    for at in evidence:
        if day[0].data_time <= at <= day[-1].data_time:
            assert held_at(day, at) == held_at(left, at)
    if any(day_state.sales is not None for day_state in day):
        known = next(day_state for day_state in day if day_state.sales is not None)
        assert next(day_state for day_state in left if day_state.sales is not None) == known


@given(days(), st.sets(st.integers(0, 25 * HOUR)))
def test_it_finds_nothing_more_the_second_time(day: list[DayState], evidence: set[int]) -> None:
    left = [day[place] for place in kept(day, evidence)]
    again = [left[place] for place in kept(left, evidence)]
    assert [item for item in left if item not in again] == []


def first_seen(day: list[DayState]) -> list[DayState]:
    """Return when each run of equal values other than sales was first seen."""
    return [next(group) for _, group in groupby(day, lambda item: item.others)]


def held_at(day: list[DayState], at: int) -> DayState:
    return day[bisect_right(day, at, key=lambda item: item.data_time) - 1]


def test_of_sales_alone_it_keeps_the_first_and_the_last() -> None:
    day = [state(hour, 100 + hour) for hour in range(1, 24)]
    assert kept(day, ()) == [0, 22]
    assert list(joints([0, 22])) == [(0, 22)]


def test_it_keeps_every_price() -> None:
    day = [
        state(1, 1),
        state(2, 2),
        state(3, 3, price=6300),
        state(4, 4, price=6300),
        state(5, 5),
        state(6, 6),
    ]
    assert kept(day, ()) == [0, 2, 4, 5]


def test_it_keeps_the_state_that_an_alert_tells_of_and_the_one_before() -> None:
    day = [state(hour, hour) for hour in range(1, 11)]
    assert kept(day, [6 * HOUR]) == [0, 4, 5, 9]
    assert kept(day, [6 * HOUR + 1]) == [0, 4, 5, 9]
    assert kept(day, [0, 11 * HOUR]) == [0, 9]


def test_it_keeps_the_end_of_a_time_without_checks() -> None:
    day = [state(hour, hour) for hour in (1, 2, 3, 4)]
    day += [state(12, 12, last_seen_before=4 * HOUR), *(state(hour, hour) for hour in (13, 14, 15))]
    assert kept(day, ()) == [0, 4, 7]


def pauses(states: list[DayState]) -> list[tuple[int, int]]:
    spans = pairwise(held(states, until=0))
    return [(span.end, following.start) for span, following in spans if span.end < following.start]


def past_of(hours: list[int]) -> list[list[DayState]]:
    """Return the days of a product that sells something in each of these hours, the only ones with
    a check."""
    states = [DayState(at * HOUR, before * HOUR, at, (7200,)) for before, at in pairwise(hours)]
    return [list(day) for _, day in groupby(states, lambda item: item.data_time // (24 * HOUR))]


@given(st.sets(st.tuples(st.integers(0, 9 * 24), st.integers(2, 9)), max_size=25))
def test_the_times_without_checks_stay(without: set[tuple[int, int]]) -> None:
    hours = sorted(
        set(range(9 * 24))
        - {hour for start, length in without for hour in range(start, start + length)}
    )
    days = past_of(hours)
    left = [
        day[place]
        for day, places in zip(days, stay(days, [0], ()), strict=True)
        for place in places
    ]
    assert pauses(left) == pauses([*chain(*days)])


def test_days_with_one_pause_are_thinned() -> None:
    days = past_of([hour for hour in range(9 * 24) if hour % 24 > 5])
    assert sum(map(len, stay(days, [], ()))) < sum(map(len, days)) / 4
