"""What checking will cost, before anything is saved."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.dashboard.forecast import (
    Forecast,
    added_calls_a_day,
    calls_a_day,
    interval_that_fits,
    scheduled_paces,
)
from monitor.watchlists import add_products, create_watchlist, pause
from tests.story import FIRST_ID, Story

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CHOICES = [5 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 6 * HOUR, DAY]
intervals = st.timedeltas(MINUTE, timedelta(days=30))
all_paces = st.dictionaries(st.none() | intervals, st.integers(0, 1000), max_size=5)


def test_each_product_costs_a_call_an_interval() -> None:
    assert calls_a_day({HOUR: 10, DAY: 3, None: 7}) == 243
    assert calls_a_day({}) == 0


def test_what_is_checked_often_enough_costs_nothing_more() -> None:
    paces = {10 * MINUTE: 5, HOUR: 5, DAY: 2, None: 1}
    assert added_calls_a_day(paces, HOUR) == 2 * 23 + 24
    assert added_calls_a_day({10 * MINUTE: 5}, HOUR) == 0


def test_it_names_the_shortest_interval_that_the_budget_allows() -> None:
    assert interval_that_fits({None: 100}, CHOICES, budget=1000, scheduled=500) == 6 * HOUR
    assert interval_that_fits({None: 10}, CHOICES, budget=1000, scheduled=0) == 30 * MINUTE
    assert interval_that_fits({None: 1000}, CHOICES, budget=1000, scheduled=1) is None
    assert interval_that_fits({None: 1000}, [], budget=1000, scheduled=0) is None


def test_a_forecast_says_what_is_left_and_what_is_lacking() -> None:
    fits, too_much = Forecast(1000, 500.5, 99.4), Forecast(1000, 500.5, 500)
    assert (fits.left, fits.over, fits.added_a_month, fits.was_over) == (400, 0, 2982, False)
    assert (too_much.left, too_much.over, too_much.was_over) == (0, 1, False)
    assert Forecast(1000, 1001).was_over


@given(all_paces, intervals)
def test_products_that_move_to_an_interval_cost_what_the_schedule_then_costs_more(
    paces: dict[timedelta | None, int], interval: timedelta
) -> None:
    after: dict[timedelta | None, int] = {}
    for current, count in paces.items():
        shortest = min(current or interval, interval)
        after[shortest] = after.get(shortest, 0) + count
    added = added_calls_a_day(paces, interval)
    assert added == pytest.approx(calls_a_day(after) - calls_a_day(paces), abs=1e-6)
    assert added >= 0


@pytest.mark.django_db
def test_the_schedule_counts_a_product_once_at_its_shortest_interval_and_none_that_rests() -> None:
    story = Story(products=3)
    often = create_watchlist(story.user, "often", 10 * MINUTE)
    add_products(often, [*story.num_iids[:1], str(FIRST_ID + 9)], story.now)
    pause(story.watchlist.watches.filter(product__num_iid=story.num_iids[2]), story.now)
    assert scheduled_paces() == {10 * MINUTE: 2, HOUR: 1}
