"""The checks of one product, planned one after another, whatever they see and whatever clocks
do."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.judging.schedule.fleet import Fleet
from monitor.judging.schedule.limits import Limits
from monitor.judging.schedule.planner import CheckResult, Known, Planner

NOW = datetime(2026, 11, 25, 4, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
planners = st.builds(
    Planner,
    st.builds(
        Fleet,
        multiplier=st.sampled_from([1e-9, 0.1, 3.0, 1e9]),
        least=st.sampled_from([0.0, 0.5]),
        stretch=st.just(0.0),
    ),
)
limits = st.builds(
    Limits,
    st.sampled_from([MINUTE, HOUR, DAY, 30 * DAY]),
    st.sampled_from([None, MINUTE, 5 * MINUTE, HOUR]),
    st.sampled_from([0.25, 1.0, 64.0]),
)
#: How far the data time and the clock move until the next check: backwards, by months, or hardly.
steps = st.tuples(
    st.timedeltas(-400 * DAY, 400 * DAY) | st.timedeltas(MINUTE, DAY),
    st.timedeltas(-400 * DAY, 400 * DAY) | st.just(timedelta(0)),
    st.booleans(),
    st.none() | st.timedeltas(timedelta(0), 400 * DAY),
)


@given(planners, limits, st.lists(steps, max_size=30))
def test_rates_stay_finite_and_waits_within_their_limits(
    planner: Planner,
    wanted: Limits,
    looks: list[tuple[timedelta, timedelta, bool, timedelta | None]],
) -> None:
    knowledge, told_at, now = Known(), NOW, NOW
    for moved, skewed, changed, age in looks:
        at, now = told_at + moved / 50, now + (moved + skewed) / 50
        knowledge = planner.learned(knowledge, CheckResult(told_at, at, changed, age))
        told_at = at
        wait, rate = planner.wait(knowledge, wanted, told_at, now)
        assert 0 < rate <= 5000
        assert math.isfinite(rate)
        soonest = wanted.latest if wanted.soonest is None else min(wanted.soonest, wanted.latest)
        assert soonest - timedelta(seconds=1) <= wait <= wanted.latest
        assert Known.load(knowledge.dump()).belief.days == pytest.approx(
            knowledge.belief.days, abs=1e-5
        )
        assert 0 <= knowledge.cached <= 0.25


def test_a_data_time_in_the_future_delays_no_check() -> None:
    planner, limits = Planner(Fleet(multiplier=48.0)), Limits(DAY, MINUTE)
    assert planner.wait(Known(), limits, NOW + 4 * DAY, NOW) == planner.wait(
        Known(), limits, NOW, NOW
    )


def test_no_check_comes_before_the_providers_cache_expires() -> None:
    planner = Planner(Fleet(multiplier=1e9))
    knowledge = planner.learned(
        Known(), CheckResult(NOW - HOUR, NOW - 30 * MINUTE, False, 30 * MINUTE)
    )
    wait, _ = planner.wait(knowledge, Limits(DAY, MINUTE), NOW - 10 * MINUTE, NOW)
    assert wait == pytest.approx(20 * MINUTE, abs=timedelta(seconds=2))
