"""The forecast of what checks will cost, in a day and until the day's end."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.judging.schedule.limits import Limits
from monitor.models import Pace
from monitor.polling.planning.calls import Calls, Paces, calls_a_day, limits_of
from monitor.polling.planning.forecast import (
    DayEnd,
    Forecast,
    at_a_rate,
    scheduled_paces,
)
from monitor.watching.services import add_products, create_watchlist, pause
from tests.polling.story import FIRST_ID, Story

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CHOICES = [5 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 6 * HOUR, DAY]
HOURLY, DAILY = limits_of(HOUR), limits_of(DAY)
#: Adaptive, from once a day to once an hour.
OPEN = limits_of(DAY, HOUR)
times = st.timedeltas(MINUTE, timedelta(days=30))
all_limits = st.builds(limits_of, times, st.none() | times)
all_paces = st.dictionaries(st.none() | all_limits, st.integers(0, 1000), max_size=5)
budgets = st.integers(0, 1_000_000)


@pytest.mark.parametrize(
    ("paces", "expected"),
    [
        ({}, Calls(0, 0)),
        ({HOURLY: 10, DAILY: 3, None: 7}, Calls(243, 243)),
        ({OPEN: 10, HOURLY: 1}, Calls(10 + 24, 240 + 24)),
        ({limits_of(HOUR, DAY): 1}, Calls(24, 24)),
    ],
)
def test_products_take_calls_between_their_limits(paces: Paces, expected: Calls) -> None:
    assert calls_a_day(paces) == expected


@pytest.mark.parametrize(
    ("forecast", "left", "to_share", "over", "added", "was_over"),
    [
        (Forecast(1000, {DAILY: 500}, {}, {HOURLY: 4}), 404, 0, 0, 96, False),
        (Forecast(1000, {DAILY: 500}, {DAILY: 1}, {HOURLY: 21}), 0, 0, 4, 503, False),
        (Forecast(1000, {DAILY: 1001}), 0, 0, 1, 0, True),
        # Adaptive products leave nothing, unless they are few.
        (Forecast(1000, {DAILY: 500}, {}, {OPEN: 100}), 0, 400, 0, 100, False),
        (Forecast(1000, {DAILY: 500}, {}, {OPEN: 10}), 260, 230, 0, 10, False),
    ],
)
def test_a_forecast_has_the_calls_left_or_lacking(
    forecast: Forecast, left: int, to_share: int, over: int, added: float, was_over: bool
) -> None:
    assert (forecast.left, forecast.to_share, forecast.over) == (left, to_share, over)
    assert (forecast.added, forecast.was_over) == (added, was_over)


@given(all_paces, all_paces, budgets)
def test_calls_are_left_or_lacking_but_never_both(
    current: dict[Limits | None, int], added: dict[Limits | None, int], budget: int
) -> None:
    forecast = Forecast(budget, current, {}, added)
    assert forecast.left + forecast.to_share <= budget
    assert not (forecast.over and (forecast.left or forecast.to_share))


@pytest.mark.django_db
def test_the_schedule_counts_a_product_once_with_all_its_limits_unless_it_is_paused() -> None:
    story = Story(products=3)
    often = create_watchlist(story.user, "often", 10 * MINUTE, pace=Pace.FIXED)
    add_products(often, [*story.num_iids[:1], str(FIRST_ID + 9)], story.now)
    pause(story.watchlist.watches.filter(product__num_iid=story.num_iids[2]), story.now)
    assert scheduled_paces() == {limits_of(10 * MINUTE): 2, HOURLY: 1}
    open_one = create_watchlist(story.user, "as it changes", DAY, soonest=5 * MINUTE)
    add_products(open_one, [story.num_iids[1], story.num_iids[2]], story.now)
    assert scheduled_paces() == {
        limits_of(10 * MINUTE): 2,
        limits_of(HOUR, 5 * MINUTE): 1,
        limits_of(DAY, 5 * MINUTE): 1,
    }


MIDNIGHT = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)


def after(hours: float) -> datetime:
    return MIDNIGHT + timedelta(hours=hours)


@pytest.mark.parametrize(
    ("calls", "budget", "rate", "hours", "expected"),
    [
        (6000, 9000, 12_000.0, 12, DayEnd(12_000, after(23.52))),
        (9000, 9000, 18_000.0, 12, DayEnd(18_000, after(12))),
        (8980, 9000, 2400.0, 23.7, DayEnd(9010, after(23.9))),
        (1000, 11_000, 2400.0, 12, DayEnd(2200)),
        (1000, 11_000, 0.0, 12, DayEnd(1000)),
    ],
)
def test_a_budget_that_does_not_last_has_the_time_of_its_end(
    calls: int, budget: int, rate: float, hours: float, expected: DayEnd
) -> None:
    assert at_a_rate(calls, budget, rate, after(hours), MIDNIGHT + DAY) == expected


@given(st.integers(0, 10**6), st.integers(1, 10**6), st.floats(0, 10**7), st.floats(0, 24))
def test_the_forecast_is_at_least_the_calls_so_far_and_ends_within_the_day(
    calls: int, budget: int, rate: float, hours: float
) -> None:
    end = at_a_rate(calls, budget, rate, after(hours), MIDNIGHT + DAY)
    assert end.calls >= calls
    if end.used_up_at is not None:
        assert after(hours) <= end.used_up_at <= MIDNIGHT + DAY + timedelta(minutes=1)
