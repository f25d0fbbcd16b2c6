"""How the calls of a day are shared out among products."""

import math
import random
from collections.abc import Callable, Sequence

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from monitor.schedule.belief import COMING_BACK, Belief, Prior, Sighting, learned
from monitor.schedule.day import Day
from monitor.schedule.fleet import PLANNED, Fleet, fitted_multiplier, least_calls, planned_share
from monitor.schedule.pace import IN_TIME, Bounds, calls_a_day, calls_at_a_rate, cannot_wait, demanded, wait

MINUTES = 1 / 1440
beliefs = st.builds(Belief, st.floats(0, 1000), st.floats(0, 1000), st.just((-8.0, -8.0, -8.0)), st.booleans())
bounds = st.builds(Bounds, st.floats(0.01, 100), st.floats(MINUTES, 7), st.just(math.inf) | st.floats(5 * MINUTES, 90))
fleets = st.builds(Fleet, st.just(Prior()), st.floats(1e-9, 1e6), st.floats(0, 10))


def of(demands: Sequence[float], least: float, most: float) -> Callable[[float], float]:
    return lambda tried: sum(min(max(tried * demand, least), most) for demand in demands)


@given(beliefs, fleets, bounds, st.floats(0, 10), st.floats(0, 0.25))
def test_limits_are_kept(belief: Belief, fleet: Fleet, limits: Bounds, age: float, cached: float) -> None:
    calls, demand, _ = calls_a_day(belief, fleet, limits)
    assert demand > 0
    assert calls * limits.soonest <= 1 + 1e-9
    waits = wait(calls, limits, Day(), 100 - age, 100, cached)
    assert waits >= limits.soonest
    assert waits <= max(limits.latest * IN_TIME, limits.soonest)
    assume(fleet.least * limits.soonest <= 1)
    assert calls >= fleet.least * (1 - 1e-9)


@given(bounds, st.floats(1e-9, 1e9))
def test_what_is_put_off_as_long_as_it_may_be_cannot_wait_any_longer(limits: Bounds, calls: float) -> None:
    waits = wait(calls, limits, Day(), 100, 100)
    assert cannot_wait(waits, limits) == (waits >= 0.6 * limits.latest)
    assert not cannot_wait(waits, Bounds(latest=math.inf))
    assert not cannot_wait(waits, Bounds(latest=2 * waits))


@given(beliefs, st.floats(0.01, 100), st.floats(1.1, 50))
def test_what_is_worth_more_is_looked_at_more_often(belief: Belief, weight: float, times: float) -> None:
    fleet = Fleet(multiplier=1e-3)
    free = {"soonest": 1e-9, "latest": math.inf}
    once, _, _ = calls_a_day(belief, fleet, Bounds(weight, **free))
    more, _, _ = calls_a_day(belief, fleet, Bounds(weight * times, **free))
    assert more == pytest.approx(once * math.sqrt(times), rel=0.1)


def test_four_times_the_changes_take_twice_the_looks() -> None:
    fleet, often, seldom = Fleet(multiplier=20.0), Belief(4000, 100_000), Belief(1000, 100_000)
    kept = (-8.0, -8.0, -8.0)
    calls = [calls_a_day(Belief(one.changes, one.days, kept), fleet, Bounds())[0] for one in (often, seldom)]
    assert calls[0] / calls[1] == pytest.approx(2, rel=0.01)
    assert calls[1] == pytest.approx(2, rel=0.01)


@given(st.floats(0.01, 20), st.floats(0.01, 20), st.floats(0.1, 10), st.floats(0, 3))
def test_no_other_way_to_share_out_the_calls_finds_changes_sooner_and_misses_fewer(
    rate: float, other: float, weight: float, multiplier: float
) -> None:
    """Where less than half a change comes between two looks: beyond that there may be several best ways."""
    fleet, bounds = Fleet(multiplier=10**multiplier), Bounds(soonest=1e-9)
    calls = [calls_at_a_rate(rate, fleet, bounds._replace(weight=weight)), calls_at_a_rate(other, fleet, bounds)]
    assume(rate < calls[0] / 2 and other < calls[1] / 2)

    def lost(moved: float) -> float:
        """What is lost by finding changes late or not at all, when some of the calls are moved to the other product."""
        first, second = calls[0] - moved, calls[1] + moved
        return weight * rate * bad(rate, first) + other * bad(other, second)

    some = min(calls) / 10
    assert lost(0) <= min(lost(some), lost(-some)) * (1 + 1e-9)


def missed(changes: float) -> float:
    """The share of changes that is missed where so many come between two looks: the second of two undoes the first."""
    return COMING_BACK * changes * math.exp(-changes)


def bad(rate: float, calls: float) -> float:
    """Days within which a change is found, where a missed one counts as half a day more."""
    return 1 / (2 * calls) + 0.5 * missed(rate / calls)


@pytest.mark.parametrize("changes", [0.1, 0.5, 1.0, 2.0])
def test_so_many_changes_are_undone_before_anybody_looks(changes: float) -> None:
    draw, unseen, all_ = random.Random(3), 0, 0
    before, now, new = 0, 1, 2
    for _ in range(100_000):
        told, count, passed = now, 0, draw.expovariate(changes)
        while passed < 1:
            back = draw.random() < COMING_BACK
            before, now, new = now, before if back else new, new + 1
            count, passed = count + 1, passed + draw.expovariate(changes)
        unseen, all_ = unseen + count * (now == told), all_ + count
    assert unseen / all_ == pytest.approx(missed(changes), rel=0.2)


@given(st.floats(1e-6, 5000), st.floats(1e-3, 1000), st.floats(1e-3, 1e4))
def test_what_may_be_missed_counts_within_bounds(rate: float, weight: float, calls: float) -> None:
    """However often a product changes, it takes little more than twice the calls that it would for delays alone, and
    where looks don't keep up with it no fewer."""
    alone = math.sqrt(weight * rate)
    assert alone <= demanded(weight, rate, calls) < 2.3 * alone


def test_nothing_newer_is_asked_for_before_the_provider_can_have_it() -> None:
    told_at, now = 5.0, 5.0 + 10 * MINUTES
    assert wait(48, Bounds(), Day(), told_at, now, cached=60 * MINUTES) == pytest.approx(50 * MINUTES)
    assert wait(48, Bounds(), Day(), now, now) == pytest.approx(30 * MINUTES)


def test_data_of_the_future_puts_nothing_off() -> None:
    assert wait(48, Bounds(), Day(), told_at=9.0, now=5.0) == pytest.approx(30 * MINUTES)


@given(st.lists(st.floats(0, 1e6), max_size=200), st.floats(0, 1e5))
def test_fewer_looks_are_planned_while_products_wait(overdue: list[float], calls_an_hour: float) -> None:
    share = PLANNED[1]
    for one in overdue:
        share = planned_share(share, one, calls_an_hour)
        assert PLANNED[0] <= share <= PLANNED[1]
    assert planned_share(0.9, 1000, 1000) < 0.9 < planned_share(0.9, 0, 1000)


@given(
    st.lists(st.floats(0.001, 50), min_size=1, max_size=200),
    st.floats(0.001, 0.1),
    st.floats(1, 300),
    st.floats(0.02, 0.98),
)
def test_all_together_take_the_budget(demands: list[float], least: float, most: float, share: float) -> None:
    lowest, highest = least * len(demands), most * len(demands)
    budget = lowest + share * (highest - lowest)
    calls_at = of(demands, least, most)
    multiplier = fitted_multiplier(calls_at, budget)
    assert calls_at(multiplier) == pytest.approx(budget, rel=0.01)


@given(st.floats(0, 1e6))
def test_where_limits_alone_decide_it_stays_a_number(budget: float) -> None:
    assert 0 < fitted_multiplier(of([1.0] * 10, 2, 2), budget) < math.inf
    assert 0 < fitted_multiplier(of([1.0] * 10, 1, 300), budget) < math.inf
    assert 0 < fitted_multiplier(of([], 1, 300), budget) < math.inf


def test_nobody_is_forgotten() -> None:
    assert least_calls(1000, 1000) == 0.15
    assert least_calls(1000, 1000, needed=900) == 0.1
    assert least_calls(1000, 1000, needed=1001) == 0
    assert least_calls(0, 0) == 0
    dead = learned(Belief(), Prior(), Sighting(60, changed=False))
    assert calls_a_day(dead, Fleet(multiplier=1e-9, least=0.15), Bounds())[0] == 0.15


def delay(rates: Sequence[float], calls: Sequence[float]) -> float:
    return sum(rate / (2 * one) for rate, one in zip(rates, calls, strict=True)) / sum(rates)


def test_changes_are_found_sooner_than_by_looking_at_all_alike() -> None:
    draw = random.Random(7)
    rates = [0.12 * math.exp(1.5 * draw.gauss(0, 1)) for _ in range(500)]
    demands = [math.sqrt(rate) for rate in rates]
    calls_at = of(demands, 0.15, 288)
    multiplier = fitted_multiplier(calls_at, 500)
    calls = [min(max(multiplier * demand, 0.15), 288) for demand in demands]
    assert sum(calls) == pytest.approx(500, rel=0.02)
    assert delay(rates, calls) < 0.7 * delay(rates, [1.0] * 500)
