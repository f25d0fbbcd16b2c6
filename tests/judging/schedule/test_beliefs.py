"""What checks of a product teach about how often it changes."""

import math
import random
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.judging.schedule.belief import (
    SWINGS,
    Belief,
    Prior,
    Sighting,
    Swing,
    changes_a_day,
    learned,
    swinging,
)
from monitor.judging.schedule.fleet import fitted_prior

PRIOR = Prior(mean=0.5, shape=0.3)
checks = st.builds(
    Sighting,
    st.floats(-10, 1e5) | st.sampled_from([0.0, 1e-9, math.inf, math.nan]),
    st.booleans(),
    st.none() | st.booleans(),
)
priors = st.builds(
    Prior,
    st.floats(1e-4, 1000),
    st.floats(0.3, 100),
    st.tuples(st.floats(1e-6, 0.3), st.floats(1e-6, 0.3), st.floats(1e-6, 0.3)),
)


def after(checks: Iterable[Sighting], prior: Prior = PRIOR) -> Belief:
    belief = Belief()
    for check in checks:
        belief = learned(belief, prior, check)
    return belief


def rate_after(checks: Iterable[Sighting], prior: Prior = PRIOR) -> float:
    return changes_a_day(after(checks, prior), prior, curiosity=1)


def fitted(beliefs: list[Belief], before: Prior = PRIOR, hours: int = 12) -> Prior:
    for _ in range(hours):
        before = fitted_prior(beliefs, before)
    return before


def steady(rate: float, every: float, count: int, seed: int = 1) -> Iterable[Sighting]:
    """Return checks of a product whose every change is a new value."""
    draw = random.Random(seed)
    for _ in range(count):
        yield Sighting(every, draw.random() < -math.expm1(-rate * every), is_back=False)


def swings(swing: Swing, every: float, count: int, seed: int = 1) -> Iterable[Sighting]:
    """Return checks of a product that swings between two states."""
    draw, is_away, was_away, has_changed = random.Random(seed), False, False, False
    until = draw.expovariate(swing.out)
    for number in range(1, count + 1):
        while until < number * every:
            is_away = not is_away
            until += draw.expovariate(swing.back if is_away else swing.out)
        changed, was_away = is_away != was_away, is_away
        yield Sighting(every, changed, is_back=has_changed if changed else None)
        has_changed = has_changed or changed


@given(st.lists(checks, max_size=60), st.lists(priors, min_size=1, max_size=4))
def test_a_rate_is_finite_whatever_checks_see(
    sightings: list[Sighting], priors_used: list[Prior]
) -> None:
    belief = Belief()
    for number, check in enumerate(sightings):
        belief = learned(belief, priors_used[number % len(priors_used)], check)
    for prior in priors_used:
        for days in (1e-6, 1.0, 1000.0):
            assert 0 < changes_a_day(belief, prior, days) < 1e4
        assert sum(swinging(belief, prior)) <= 1 + 1e-9


@given(checks.filter(lambda check: not check.days > 0))
def test_data_that_is_not_newer_teaches_nothing(check: Sighting) -> None:
    belief = after(steady(1, 1, 5))
    assert learned(belief, PRIOR, check) == belief


@given(st.floats(0.01, 30), st.integers(1, 50))
def test_each_check_without_a_change_lowers_the_rate(every: float, count: int) -> None:
    rates = [rate_after([Sighting(every, changed=False)] * number) for number in range(count + 1)]
    # Old knowledge fades, so after the longest pauses the rate may rise a little.
    assert all(later <= earlier * 1.02 for earlier, later in pairwise(rates))
    assert rates[-1] < rates[0]


@given(st.floats(0.01, 30))
def test_a_change_raises_the_rate(every: float) -> None:
    assert rate_after([Sighting(every, changed=True)]) > rate_after([])


@pytest.mark.parametrize("rate", [0.05, 0.5, 4.0, 24.0])
def test_the_rate_is_learned(rate: float) -> None:
    rates = [rate_after(steady(rate, every=0.3 / rate, count=150, seed=seed)) for seed in range(20)]
    assert sorted(rates)[10] == pytest.approx(rate, rel=0.25)


def test_a_product_that_was_quiet_for_a_month_and_then_changes_is_learned_soon() -> None:
    quiet = [Sighting(1, changed=False)] * 30
    assert rate_after(quiet) < 0.05
    assert rate_after([*quiet, *[Sighting(1, changed=True, is_back=False)] * 3]) > 0.5


def test_a_product_that_changed_hourly_and_then_stops_is_learned_soon() -> None:
    lively = list(steady(24, 1 / 48, 48 * 10))
    assert rate_after(lively) > 18
    assert rate_after([*lively, *[Sighting(1 / 48, changed=False)] * 48]) < 8


@pytest.mark.parametrize("swing", SWINGS)
def test_a_swing_is_recognised_although_few_of_its_changes_are_seen(swing: Swing) -> None:
    beliefs = [after(swings(swing, every=0.5, count=80, seed=seed)) for seed in range(20)]
    assert sum(sum(swinging(belief, PRIOR)) > 0.9 for belief in beliefs) >= 18
    rates = sorted(changes_a_day(belief, PRIOR, 0.5, curiosity=1) for belief in beliefs)
    # Such checks would show at most two changes a day.
    assert rates[10] > 1.2
    assert all(sum(swinging(after(steady(1.0, 0.5, 80, seed)), PRIOR)) < 0.1 for seed in range(20))


def test_a_swing_that_is_away_is_expected_back_soon() -> None:
    sightings = list(swings(SWINGS[0], every=0.1, count=300))
    while not sightings[-1].changed:
        sightings.pop()
    home = after(sightings[:-1])
    there = after(sightings)
    assert home.is_away != there.is_away
    away, usual = (there, home) if there.is_away else (home, there)
    assert changes_a_day(away, PRIOR, 0.05) > 3 * changes_a_day(usual, PRIOR, 0.05)


def test_a_product_that_is_away_is_checked_sooner_than_by_its_rate_alone() -> None:
    away = after([*[Sighting(1, changed=False)] * 10, Sighting(1, changed=True, is_back=False)])
    assert changes_a_day(away, PRIOR, 0.2) > changes_a_day(away, PRIOR, 0.2, curiosity=1)


def test_the_prior_is_learned_from_the_products() -> None:
    draw = random.Random(3)
    rates = [draw.gammavariate(0.8, 0.5) for _ in range(500)]
    beliefs = [after(steady(rate, 0.5, 60, seed)) for seed, rate in enumerate(rates)]
    prior = fitted(beliefs)
    assert prior.mean == pytest.approx(sum(rates) / len(rates), rel=0.25)
    assert 0.4 < prior.shape < 2.5
    assert sum(prior.swinging) < 0.05


def test_a_single_check_of_each_product_does_not_widen_the_prior() -> None:
    beliefs = [
        after(steady(0.8, 0.1 + number % 10 / 10, 1, number), Prior()) for number in range(1000)
    ]
    assert fitted(beliefs, Prior()).shape > 0.8


def test_products_without_checks_leave_the_prior() -> None:
    prior = fitted([Belief()] * 500, Prior(), 3)
    assert (prior.mean, prior.shape) == pytest.approx((Prior().mean, Prior().shape))
    assert prior.swinging == pytest.approx(Prior().swinging, rel=0.05)


def test_the_share_of_swinging_products_is_learned() -> None:
    some = [after(swings(SWINGS[0], 0.3, 90, seed)) for seed in range(150)]
    others = [after(steady(0.3, 0.3, 90, seed)) for seed in range(350)]
    prior = fitted([*some, *others], hours=5)
    assert sum(prior.swinging) == pytest.approx(0.3, abs=0.04)


@given(st.lists(st.lists(checks, max_size=5), max_size=5), priors)
def test_a_fitted_prior_is_always_valid(histories: list[list[Sighting]], before: Prior) -> None:
    prior = fitted_prior([after(history, before) for history in histories], before)
    assert prior.mean > 0
    assert 0.3 <= prior.shape <= 100
    assert all(0 < share < 1 for share in prior.swinging)
    assert sum(prior.swinging) < 1


@pytest.mark.parametrize(
    "prior", [Prior(7.5, 0.5), Prior(0.5, 1.0), Prior(2.0, 20.0), Prior(0.05, 0.3)]
)
def test_a_lively_product_keeps_its_rate_whatever_the_prior(prior: Prior) -> None:
    belief = Belief(28.2, -0.6, (-8.0, -8.0, -8.0))
    assert changes_a_day(belief, prior) == pytest.approx(47, rel=0.01)
    assert changes_a_day(
        learned(belief, prior, Sighting(1 / 48, True, False)), prior
    ) == pytest.approx(47, rel=0.1)
    faded = belief
    for _ in range(300):
        faded = learned(faded, prior, Sighting(1.0, False))
    assert changes_a_day(faded, prior) < 4
