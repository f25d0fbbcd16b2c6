"""What checks of a product teach about how often it changes."""

import math
import random
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.judging.schedule.belief import Belief, Prior, changes_a_day, learned
from monitor.judging.schedule.fleet import fitted_prior

type Check = tuple[float, bool]
PRIOR, NOTHING_KNOWN = Prior(mean=0.5, shape=0.3), Belief()
#: The days since the check before, and whether the product has changed since.
checks = st.tuples(
    st.floats(-10, 1e5) | st.sampled_from([0.0, 1e-9, math.inf, math.nan]), st.booleans()
)
priors = st.builds(Prior, st.floats(1e-4, 1000), st.floats(0.3, 100))


def after(checks: Iterable[Check], prior: Prior = PRIOR, belief: Belief = NOTHING_KNOWN) -> Belief:
    for days, changed in checks:
        belief = learned(belief, prior, days, changed=changed)
    return belief


def rate_after(checks: Iterable[Check], prior: Prior = PRIOR) -> float:
    return changes_a_day(after(checks, prior), prior)


def fitted(beliefs: list[Belief], before: Prior = PRIOR, hours: int = 12) -> Prior:
    for _ in range(hours):
        before = fitted_prior(beliefs, before)
    return before


def steady(rate: float, every: float, count: int, seed: int = 1) -> Iterable[Check]:
    """Return regular checks of a product that changes at a constant rate."""
    draw = random.Random(seed)
    for _ in range(count):
        yield every, draw.random() < -math.expm1(-rate * every)


@given(st.lists(checks, max_size=60), st.lists(priors, min_size=1, max_size=4))
def test_a_rate_is_finite_whatever_checks_see(seen: list[Check], priors_used: list[Prior]) -> None:
    belief = Belief()
    for number, check in enumerate(seen):
        belief = after([check], priors_used[number % len(priors_used)], belief)
    assert all(0 < changes_a_day(belief, prior) < 1e4 for prior in priors_used)


@given(checks.filter(lambda check: not check[0] > 0))
def test_data_that_is_not_newer_teaches_nothing(check: Check) -> None:
    belief = after(steady(1, 1, 5))
    assert after([check], belief=belief) == belief


@given(st.floats(0.01, 30), st.integers(1, 50))
def test_each_check_without_a_change_lowers_the_rate_and_a_change_raises_it(
    every: float, count: int
) -> None:
    rates = [rate_after([(every, False)] * number) for number in range(count + 1)]
    # Old knowledge fades, so after the longest pauses the rate may rise a little.
    assert all(later <= earlier * 1.02 for earlier, later in pairwise(rates))
    assert rates[-1] < rates[0] < rate_after([(every, True)])


@pytest.mark.parametrize("rate", [0.5, 4.0, 24.0])
def test_the_rate_is_learned(rate: float) -> None:
    rates = [rate_after(steady(rate, every=0.3 / rate, count=300, seed=seed)) for seed in range(20)]
    assert sorted(rates)[10] == pytest.approx(rate, rel=0.25)


def test_a_product_that_was_quiet_for_a_month_and_then_changes_is_learned_soon() -> None:
    quiet = [(1.0, False)] * 30
    assert rate_after(quiet) < 0.05
    assert rate_after([*quiet, *[(1.0, True)] * 3]) > 5 * rate_after(quiet)


def test_a_product_that_changed_hourly_and_then_stops_is_learned_soon() -> None:
    lively = list(steady(24, 1 / 48, 48 * 10))
    assert rate_after(lively) > 18
    assert rate_after([*lively, *[(1 / 48, False)] * 48 * 7]) < 16


def test_the_prior_is_learned_from_the_products() -> None:
    draw = random.Random(3)
    rates = [draw.gammavariate(0.8, 0.5) for _ in range(500)]
    beliefs = [after(steady(rate, 0.5, 60, seed)) for seed, rate in enumerate(rates)]
    prior = fitted(beliefs)
    assert prior.mean == pytest.approx(sum(rates) / len(rates), rel=0.25)
    assert 0.4 < prior.shape < 2.5


def test_products_without_checks_leave_the_prior() -> None:
    prior = fitted([Belief()] * 500, Prior(), 3)
    assert (prior.mean, prior.shape) == pytest.approx((Prior().mean, Prior().shape))


@given(st.lists(st.lists(checks, max_size=5), max_size=5), priors)
def test_a_fitted_prior_is_always_valid(histories: list[list[Check]], before: Prior) -> None:
    prior = fitted_prior([after(history, before) for history in histories], before)
    assert prior.mean > 0
    assert 0.3 <= prior.shape <= 100


@pytest.mark.parametrize(
    "prior", [Prior(7.5, 0.5), Prior(0.5, 1.0), Prior(2.0, 20.0), Prior(0.05, 0.3)]
)
def test_a_lively_product_keeps_its_rate_whatever_the_prior(prior: Prior) -> None:
    belief = Belief(28.2, -0.6)
    assert changes_a_day(belief, prior) == pytest.approx(47, rel=0.01)
    assert rate_after([], prior) == pytest.approx(prior.mean)
    again = after([(1 / 48, True)], prior, belief)
    assert changes_a_day(again, prior) == pytest.approx(47, rel=0.1)
    assert changes_a_day(after([(1.0, False)] * 300, prior, belief), prior) < 4
