"""How a day's calls are shared out among products."""

import math
from collections.abc import Callable, Sequence

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from monitor.judging.schedule.belief import COMING_BACK, Belief, Prior, Sighting, learned
from monitor.judging.schedule.fleet import (
    PLANNED,
    Fleet,
    fitted_multiplier,
    least_calls,
    planned_share,
)
from monitor.judging.schedule.pace import (
    IN_TIME,
    Bounds,
    calls_a_day,
    calls_at_a_rate,
    demanded,
    wait,
)

MINUTES = 1 / 1440
beliefs = st.builds(
    Belief, st.floats(0, 1000), st.floats(0, 1000), st.just((-8.0, -8.0, -8.0)), st.booleans()
)
bounds = st.builds(
    Bounds,
    st.floats(0.01, 100),
    st.floats(MINUTES, 7),
    st.just(math.inf) | st.floats(5 * MINUTES, 90),
)
fleets = st.builds(Fleet, st.just(Prior()), st.floats(1e-9, 1e6), st.floats(0, 10))


def of(demands: Sequence[float], least: float, most: float) -> Callable[[float], float]:
    return lambda tried: sum(min(max(tried * demand, least), most) for demand in demands)


@given(beliefs, fleets, bounds, st.floats(0, 10), st.floats(0, 0.25))
def test_limits_are_kept(
    belief: Belief, fleet: Fleet, limits: Bounds, age: float, cached: float
) -> None:
    calls, demand, _ = calls_a_day(belief, fleet, limits)
    assert demand > 0
    assert calls * limits.soonest <= 1 + 1e-9
    waits = wait(calls, limits, age, cached)
    assert waits >= limits.soonest
    assert waits <= max(limits.latest * IN_TIME, limits.soonest)
    assume(fleet.least * limits.soonest <= 1)
    assert calls >= fleet.least * (1 - 1e-9)


@given(beliefs, st.floats(0.01, 100), st.floats(1.1, 50))
def test_a_product_of_higher_weight_is_checked_more_often(
    belief: Belief, weight: float, times: float
) -> None:
    fleet = Fleet(multiplier=1e-3)
    free = {"soonest": 1e-9, "latest": math.inf}
    once, _, _ = calls_a_day(belief, fleet, Bounds(weight, **free))
    more, _, _ = calls_a_day(belief, fleet, Bounds(weight * times, **free))
    assert more == pytest.approx(once * math.sqrt(times), rel=0.1)


@given(st.floats(0.01, 20), st.floats(0.01, 20), st.floats(0.1, 10), st.floats(0, 3))
def test_no_other_way_to_share_out_the_calls_finds_changes_sooner_and_misses_fewer(
    rate: float, other: float, weight: float, multiplier: float
) -> None:
    """For less than half a change between two checks: beyond that there may be several optima."""
    fleet, bounds = Fleet(multiplier=10**multiplier), Bounds(soonest=1e-9)
    calls = [
        calls_at_a_rate(rate, fleet, bounds._replace(weight=weight)),
        calls_at_a_rate(other, fleet, bounds),
    ]
    assume(rate < calls[0] / 2 and other < calls[1] / 2)

    def lost(moved: float) -> float:
        """Return the loss by late and missed changes, if some of the calls move to the other
        product."""
        first, second = calls[0] - moved, calls[1] + moved
        return weight * rate * bad(rate, first) + other * bad(other, second)

    some = min(calls) / 10
    assert lost(0) <= min(lost(some), lost(-some)) * (1 + 1e-9)


def missed(changes: float) -> float:
    """Return the share of changes that is missed, as a second change before the next check undoes
    the first."""
    return COMING_BACK * changes * math.exp(-changes)


def bad(rate: float, calls: float) -> float:
    """Return days until a change is found; a missed change counts as half a day more."""
    return 1 / (2 * calls) + 0.5 * missed(rate / calls)


@given(st.floats(1e-6, 5000), st.floats(1e-3, 1000), st.floats(1e-3, 1e4))
def test_missed_changes_raise_the_demand_within_bounds(
    rate: float, weight: float, calls: float
) -> None:
    """However often a product changes: at least as many calls as for delays alone, and at most 2.3
    times as many."""
    alone = math.sqrt(weight * rate)
    assert alone <= demanded(weight, rate, calls) < 2.3 * alone


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
    dead = learned(Belief(), Prior(), Sighting(60, changed=False))
    assert calls_a_day(dead, Fleet(multiplier=1e-9, least=0.15), Bounds())[0] == 0.15
