"""The number of concurrent calls: a refusal halves it, each minute without one adds one."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.polling.checking.throttle import QUIET_SECONDS, CallThrottle


class Calls(CallThrottle):
    """A throttle whose clock the test moves."""

    def __init__(self, most: int = 8) -> None:
        self.now = 0.0
        super().__init__(most, lambda: self.now)

    def at(self, now: float) -> int:
        self.now = now
        return self.limit

    def refuse(self, began_at: float, now: float) -> int:
        self.now = now
        self.refused(began_at)
        return self.limit


def test_calls_that_were_in_flight_together_halve_it_once_and_later_ones_again() -> None:
    calls = Calls()
    assert {calls.refuse(began_at=10.0, now=11.0 + number) for number in range(8)} == {4}
    assert [calls.refuse(19.1 + second, 19.9 + second) for second in range(4)] == [2, 1, 1, 1]


def test_each_quiet_minute_allows_one_more_until_there_are_as_many_as_before() -> None:
    calls = Calls()
    calls.refuse(0.0, 1.0)
    limits = [
        calls.at(1.0 + minutes * QUIET_SECONDS)
        for minutes in (0, 0.5, 0.99, 1, 1.5, 1.99, 2, 4, 400)
    ]
    assert limits == [4, 4, 4, 5, 5, 5, 6, 8, 8]


@given(
    st.integers(1, 64),
    st.lists(st.tuples(st.floats(0, 300), st.floats(0, 30), st.booleans()), max_size=40),
)
def test_it_stays_between_one_and_the_most_and_rises_by_one_a_minute(
    most: int, steps: list[tuple[float, float, bool]]
) -> None:
    calls = Calls(most)
    for passes, took, is_refused in steps:
        before, now = calls.limit, calls.now + passes
        limit = calls.refuse(now - took, now) if is_refused else calls.at(now)
        assert 1 <= limit <= most
        assert limit <= before + passes // QUIET_SECONDS + 1
