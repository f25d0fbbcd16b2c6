"""Where a day's calls end."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitor.planning.forecast import DayEnd, at_a_rate, at_this_pace

MIDNIGHT = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def after(hours: float) -> datetime:
    return MIDNIGHT + timedelta(hours=hours)


def test_half_a_day_makes_twice_the_calls() -> None:
    assert at_this_pace(4000, 11_000, MIDNIGHT, after(12)) == DayEnd(8000)


def test_what_does_not_last_is_spread_over_the_day() -> None:
    assert at_this_pace(6000, 9000, MIDNIGHT, after(12)) == DayEnd(12_000, after(23.52))


def test_a_young_day_and_one_without_calls_tell_nothing() -> None:
    assert at_this_pace(500, 11_000, MIDNIGHT, after(0.9)) is None
    assert at_this_pace(0, 11_000, MIDNIGHT, after(12)) is None


def test_a_day_whose_calls_are_used_up_is_at_its_end_now() -> None:
    assert at_this_pace(9000, 9000, MIDNIGHT, after(12)) == DayEnd(18_000, after(12))


def test_what_is_too_much_only_at_the_very_end_says_when() -> None:
    assert at_a_rate(8980, 9000, 2400.0, after(23.7), MIDNIGHT + DAY) == DayEnd(9010, after(23.9))


def test_a_schedule_goes_on_from_what_was_called() -> None:
    assert at_a_rate(1000, 11_000, 2400.0, after(12), MIDNIGHT + DAY) == DayEnd(2200)
    assert at_a_rate(1000, 11_000, 0.0, after(12), MIDNIGHT + DAY) == DayEnd(1000)


@given(st.integers(0, 10**6), st.integers(1, 10**6), st.floats(0, 10**7), st.floats(0, 24))
def test_it_never_ends_below_what_was_called_and_runs_out_within_the_day(
    calls: int, budget: int, rate: float, hours: float
) -> None:
    end = at_a_rate(calls, budget, rate, after(hours), MIDNIGHT + DAY)
    assert end.calls >= calls
    if end.used_up_at is not None:
        assert after(hours) <= end.used_up_at <= MIDNIGHT + DAY + timedelta(minutes=1)
