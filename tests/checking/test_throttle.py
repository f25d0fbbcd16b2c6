"""The number of concurrent calls: a refusal halves it, each minute without one adds one."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.checking.throttle import QUIET_SECONDS, Concurrency


def test_a_refusal_halves_it_down_to_one_call_at_a_time() -> None:
    state, limits = Concurrency(8, 8), []
    for second in range(5):
        state = state.refused(began_at=second + 0.1, now=second + 0.9)
        limits.append(state.limit)
    assert limits == [4, 2, 1, 1, 1]


def test_calls_that_were_in_flight_together_halve_it_once() -> None:
    state = Concurrency(8, 8)
    for number in range(8):
        state = state.refused(began_at=10.0, now=11.0 + number)
    assert state.limit == 4
    assert state.refused(began_at=11.5, now=19.0).limit == 2


def test_each_quiet_minute_allows_one_more_until_there_are_as_many_as_before() -> None:
    state = Concurrency(8, 8).refused(0.0, 1.0)
    assert [state.at(1.0 + minutes * QUIET_SECONDS).limit for minutes in (0, 0.99, 1, 1.99, 2, 4, 400)] == [
        4,
        4,
        5,
        5,
        6,
        8,
        8,
    ]


def test_a_refusal_begins_the_minute_anew_even_if_it_halves_nothing() -> None:
    state = Concurrency(8, 8).refused(0.0, 1.0).refused(0.5, 31.0)
    assert state.at(30.0 + QUIET_SECONDS).limit == 4
    assert state.at(31.0 + QUIET_SECONDS).limit == 5


def test_reading_the_limit_often_does_not_raise_it_faster() -> None:
    state = Concurrency(8, 8).refused(0.0, 0.0)
    for second in range(1, 150):
        state = state.at(float(second))
    assert state.limit == 6


@given(
    st.integers(1, 64),
    st.lists(st.tuples(st.floats(0, 300), st.floats(0, 30), st.booleans()), max_size=40),
)
def test_it_stays_between_one_and_the_most_and_rises_by_one_a_minute(
    most: int, steps: list[tuple[float, float, bool]]
) -> None:
    state, now = Concurrency(most, most), 0.0
    for passes, took, is_refused in steps:
        before, now = state.limit, now + passes
        state = state.refused(now - took, now) if is_refused else state.at(now)
        assert 1 <= state.limit <= most
        assert state.limit <= before + passes // QUIET_SECONDS + 1
