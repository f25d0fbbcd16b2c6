"""What is learned and planned for each check is what the plain formulas say, however it is reckoned."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.schedule import Belief, Bounds, Fleet, Look, Prior, calls_a_day, changes_a_day, learned
from monitor.schedule.belief import gamma
from tests.core import plain_beliefs

looks = st.builds(
    Look,
    st.floats(1e-6, 90) | st.floats(1e-4, 2) | st.sampled_from([0.0, -1.0]),
    st.booleans(),
    st.none() | st.booleans(),
)
quiet = st.builds(Look, st.floats(1e-3, 3), st.just(False), st.none())
priors = st.builds(
    Prior,
    st.floats(1e-2, 100),
    st.floats(0.3, 20),
    st.tuples(st.floats(1e-4, 0.3), st.floats(1e-4, 0.3), st.floats(1e-4, 0.3)),
)
fleets = st.builds(Fleet, priors, st.floats(1e-3, 1e3), st.sampled_from([0.0, 0.5]))
bounds = st.builds(
    Bounds,
    st.sampled_from([0.25, 1.0, 64.0]),
    st.sampled_from([1 / 1440, 1 / 24]),
    st.sampled_from([1 / 24, 1.0, 30.0]),
)


def close(value: object) -> object:
    return pytest.approx(value, rel=1e-9, abs=1e-9)


def numbers(belief: Belief, prior: Prior) -> tuple[float, ...]:
    """What it comes to: where it is just what the prior says, either of its two forms will do."""
    return (*gamma(belief, prior), *belief.odds, belief.is_away)


@given(st.lists(looks | quiet, max_size=30), priors)
def test_what_is_learned(told: list[Look], prior: Prior) -> None:
    belief = Belief()
    for look in told:
        plain = plain_beliefs.learned(belief, prior, look)
        belief = learned(belief, prior, look)
        assert numbers(belief, prior) == close(numbers(plain, prior))


@given(st.lists(looks | quiet, max_size=20), priors, fleets, bounds, st.floats(1e-3, 1000))
def test_what_is_expected_and_how_often_that_is_looked_for(
    told: list[Look], prior: Prior, fleet: Fleet, limits: Bounds, days: float
) -> None:
    belief = Belief()
    for look in told:
        belief = learned(belief, prior, look)
    assert changes_a_day(belief, prior, days) == close(plain_beliefs.changes_a_day(belief, prior, days))
    assert calls_a_day(belief, fleet, limits) == close(plain_beliefs.calls_a_day(belief, fleet, limits))
