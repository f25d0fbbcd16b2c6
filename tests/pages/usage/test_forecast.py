"""The forecast of what checks will cost."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.models import Pace
from monitor.planning.calls import Calls, Paces, calls_a_day, calls_of, limits_of, tightened
from monitor.planning.forecast import Forecast, interval_that_fits, scheduled_paces
from monitor.schedule.limits import ALL_DAY, Limits
from monitor.watchlists.services import add_products, create_watchlist, pause
from tests.story import FIRST_ID, Story

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CHOICES = [5 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 6 * HOUR, DAY]
HOURLY, DAILY = limits_of(HOUR), limits_of(DAY)
#: Adaptive, from once a day to once an hour.
OPEN = limits_of(DAY, HOUR)
times = st.timedeltas(MINUTE, timedelta(days=30))
all_limits = st.builds(limits_of, times, st.none() | times, st.none() | st.integers(1, ALL_DAY))
all_paces = st.dictionaries(st.none() | all_limits, st.integers(0, 1000), max_size=5)
budgets = st.integers(0, 1_000_000)


def test_a_product_at_a_fixed_interval_takes_a_call_an_interval() -> None:
    assert calls_a_day({HOURLY: 10, DAILY: 3, None: 7}) == Calls(243, 243)
    assert calls_a_day({}) == Calls(0, 0)


def test_an_adaptive_product_takes_between_its_limits() -> None:
    assert calls_a_day({OPEN: 10, HOURLY: 1}) == Calls(10 + 24, 240 + 24)
    assert calls_of(limits_of(HOUR, DAY)) == Calls(24, 24)


def test_hours_without_checks_cost_nothing_but_a_check_a_day_remains() -> None:
    six_hours = 0b111111
    assert calls_of(limits_of(5 * MINUTE, hours=six_hours)).least == 72
    assert calls_of(limits_of(DAY, HOUR, six_hours)) == Calls(1, 6)


def test_equal_limits_are_counted_together() -> None:
    assert limits_of(HOUR) == limits_of(HOUR, HOUR) == limits_of(HOUR, DAY, ALL_DAY)
    assert tightened(DAILY, limits_of(HOUR, 5 * MINUTE)) == limits_of(HOUR, 5 * MINUTE)
    assert tightened(HOURLY, limits_of(DAY, 5 * MINUTE)) == limits_of(HOUR, 5 * MINUTE)
    assert tightened(HOURLY, HOURLY) == HOURLY


def test_it_names_the_shortest_interval_that_the_budget_allows() -> None:
    def at(count: int, budget: int, rest: Paces) -> timedelta | None:
        return interval_that_fits(
            CHOICES, lambda interval: Forecast(budget, rest, {}, {limits_of(interval, MINUTE): count})
        )

    assert at(100, 1000, {DAILY: 500}) == 6 * HOUR
    assert at(10, 1000, {}) == 30 * MINUTE
    assert at(1000, 1000, {DAILY: 1}) is None
    assert interval_that_fits([], lambda _: Forecast(1000, {})) is None


def test_a_forecast_has_the_calls_left_or_lacking() -> None:
    fits = Forecast(1000, {DAILY: 500}, {}, {HOURLY: 4})
    assert (fits.left, fits.over, fits.added, fits.was_over, fits.to_share) == (404, 0, 96, False, 0)
    too_much = Forecast(1000, {DAILY: 500}, {DAILY: 1}, {HOURLY: 21})
    assert (too_much.left, too_much.over, too_much.was_over) == (0, 4, False)
    assert Forecast(1000, {DAILY: 1001}).was_over


def test_adaptive_products_leave_nothing() -> None:
    forecast = Forecast(1000, {DAILY: 500}, {}, {OPEN: 100})
    assert (forecast.left, forecast.over, forecast.added, forecast.to_share) == (0, 0, 100, 400)
    few = Forecast(1000, {DAILY: 500}, {}, {OPEN: 10})
    assert (few.left, few.to_share) == (260, 230)


@given(all_paces, all_limits)
def test_the_added_calls_are_the_difference_of_the_schedules(paces: dict[Limits | None, int], limits: Limits) -> None:
    after = Counter[Limits | None]()
    for current, count in paces.items():
        after[limits if current is None else tightened(limits, current)] += count
    forecast = Forecast(1000, {}, paces, after)
    assert forecast.added == pytest.approx(calls_a_day(after).least - calls_a_day(paces).least, abs=1e-6)
    assert forecast.added >= -1e-6


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
    open_one = create_watchlist(story.user, "as it changes", DAY, soonest=5 * MINUTE, hours_from=8, hours_until=20)
    add_products(open_one, [story.num_iids[1], story.num_iids[2]], story.now)
    hours = sum(1 << hour for hour in range(8, 20))
    assert scheduled_paces() == {
        limits_of(10 * MINUTE): 2,
        limits_of(HOUR, 5 * MINUTE): 1,
        limits_of(DAY, 5 * MINUTE, hours): 1,
    }
