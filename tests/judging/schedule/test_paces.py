"""How a day's calls are shared out among products."""

import math
from collections.abc import Callable, Sequence

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from monitor.judging.schedule.belief import Belief, Prior, changes_a_day, learned
from monitor.judging.schedule.fleet import (
    PLANNED,
    Fleet,
    fitted_multiplier,
    least_calls,
    planned_share,
)
from monitor.judging.schedule.pace import IN_TIME, Bounds, calls_a_day, wait

MINUTES = 1 / 1440
rates = st.floats(1e-6, 5000)
bounds = st.builds(
    Bounds,
    st.floats(0.01, 100),
    st.floats(MINUTES, 7),
    st.just(math.inf) | st.floats(5 * MINUTES, 90),
)
fleets = st.builds(Fleet, st.just(Prior()), st.floats(1e-9, 1e6), st.floats(0, 10))


def of(demands: Sequence[float], least: float, most: float) -> Callable[[float], float]:
    return lambda tried: sum(min(max(tried * demand, least), most) for demand in demands)


@given(rates, fleets, bounds, st.floats(0, 10), st.floats(0, 0.25))
def test_limits_are_kept(
    rate: float, fleet: Fleet, limits: Bounds, age: float, cached: float
) -> None:
    calls = calls_a_day(rate, fleet, limits)
    assert calls * limits.soonest <= 1 + 1e-9
    waits = wait(calls, limits, age, cached)
    assert waits >= limits.soonest
    assert waits <= max(limits.latest * IN_TIME, limits.soonest)
    assume(fleet.least * limits.soonest <= 1)
    assert calls >= fleet.least * (1 - 1e-9)


@given(rates, st.floats(0.01, 100), st.floats(1.1, 50))
def test_a_product_of_higher_weight_is_checked_more_often(
    rate: float, weight: float, times: float
) -> None:
    fleet = Fleet(multiplier=1e-3)
    once, more = (
        calls_a_day(rate, fleet, Bounds(some, soonest=1e-9)) for some in (weight, weight * times)
    )
    assert more == pytest.approx(once * math.sqrt(times))


@given(st.lists(st.floats(0, 1e6), max_size=200), st.floats(0, 1e5))
def test_fewer_checks_are_planned_while_products_are_overdue(
    overdue: list[float], calls_an_hour: float
) -> None:
    share = PLANNED[1]
    for waiting in overdue:
        share = planned_share(share, waiting, calls_an_hour)
        assert PLANNED[0] <= share <= PLANNED[1]
    assert planned_share(0.9, 1000, 1000) < 0.9 < planned_share(0.9, 0, 1000)


@given(
    st.lists(st.floats(0.001, 50), min_size=1, max_size=200),
    st.floats(0.001, 0.1),
    st.floats(1, 300),
    st.floats(0.02, 0.98),
)
def test_all_products_together_spend_the_budget(
    demands: list[float], least: float, most: float, share: float
) -> None:
    lowest, highest = least * len(demands), most * len(demands)
    budget = lowest + share * (highest - lowest)
    calls_at = of(demands, least, most)
    multiplier = fitted_multiplier(calls_at, budget)
    assert calls_at(multiplier) == pytest.approx(budget, rel=0.01)


@given(st.floats(0, 1e6))
def test_the_multiplier_is_finite_when_only_limits_decide(budget: float) -> None:
    assert 0 < fitted_multiplier(of([1.0] * 10, 2, 2), budget) < math.inf
    assert 0 < fitted_multiplier(of([1.0] * 10, 1, 300), budget) < math.inf
    assert 0 < fitted_multiplier(of([], 1, 300), budget) < math.inf


def test_every_product_gets_a_least_number_of_calls() -> None:
    assert least_calls(1000, 1000) == 0.15
    assert least_calls(1000, 1000, needed=900) == 0.1
    assert least_calls(1000, 1000, needed=1001) == 0
    assert least_calls(0, 0) == 0
    dead = changes_a_day(learned(Belief(), Prior(), 60, changed=False), Prior())
    assert calls_a_day(dead, Fleet(multiplier=1e-9, least=0.15), Bounds()) == 0.15
