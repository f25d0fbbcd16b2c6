"""The forecast of a day's calls."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitor.planning.forecast import DayEnd, at_a_rate

MIDNIGHT = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def after(hours: float) -> datetime:
    return MIDNIGHT + timedelta(hours=hours)


def test_a_budget_that_does_not_last_has_the_time_of_its_end() -> None:
    assert at_a_rate(6000, 9000, 12_000.0, after(12), MIDNIGHT + DAY) == DayEnd(12_000, after(23.52))


def test_a_used_up_budget_ends_now() -> None:
    assert at_a_rate(9000, 9000, 18_000.0, after(12), MIDNIGHT + DAY) == DayEnd(18_000, after(12))


def test_a_budget_that_ends_just_before_midnight_has_that_time() -> None:
    assert at_a_rate(8980, 9000, 2400.0, after(23.7), MIDNIGHT + DAY) == DayEnd(9010, after(23.9))


def test_a_schedules_rate_adds_to_the_calls_so_far() -> None:
    assert at_a_rate(1000, 11_000, 2400.0, after(12), MIDNIGHT + DAY) == DayEnd(2200)
    assert at_a_rate(1000, 11_000, 0.0, after(12), MIDNIGHT + DAY) == DayEnd(1000)


@given(st.integers(0, 10**6), st.integers(1, 10**6), st.floats(0, 10**7), st.floats(0, 24))
def test_the_forecast_is_at_least_the_calls_so_far_and_ends_within_the_day(
    calls: int, budget: int, rate: float, hours: float
) -> None:
    end = at_a_rate(calls, budget, rate, after(hours), MIDNIGHT + DAY)
    assert end.calls >= calls
    if end.used_up_at is not None:
        assert after(hours) <= end.used_up_at <= MIDNIGHT + DAY + timedelta(minutes=1)
