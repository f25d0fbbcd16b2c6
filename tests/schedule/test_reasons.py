"""Why the next check comes when it does: there always is a reason, and it agrees with the plan."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.provider.codes import Outcome
from monitor.schedule.belief import Belief, Prior
from monitor.schedule.day import Day, planned
from monitor.schedule.fleet import Fleet
from monitor.schedule.limits import ALL_DAY, Limits, hours_between
from monitor.schedule.looks import CheckHistory, next_check
from monitor.schedule.pace import Bounds, calls_at_a_rate
from monitor.schedule.planner import Known, Planner
from monitor.schedule.reasons import Cause, CheckStanding, NextCheck, Reason, busy_spans, explain, hour_spans

NOW = datetime(2026, 11, 25, 4, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FREE = Limits(DAY, 5 * MINUTE)
MORNINGS = planned(tuple(7.0 if 60 <= step < 72 else 0.55 for step in range(144)))
LIVELY, QUIET = Known(Belief(40.0, 20.0)), Known(Belief(0.0, 200.0))

limits = st.builds(
    Limits,
    st.sampled_from([HOUR, 6 * HOUR, DAY, 30 * DAY]),
    st.sampled_from([None, MINUTE, 5 * MINUTE, HOUR, DAY]),
    st.sampled_from([0.25, 1.0, 4.0, 5.25]),
    st.sampled_from([ALL_DAY, hours_between(9, 18), hours_between(22, 2)]),
)
knowns = st.builds(
    Known,
    st.builds(Belief, st.floats(-0.5, 300), st.floats(-1, 300), st.just((-8.0, -8.0, -8.0)), st.booleans()),
    st.none(),
    st.sampled_from([0.0, 0.01, 0.2]),
)
planners = st.builds(
    Planner,
    st.builds(Fleet, multiplier=st.floats(1e-9, 100), least=st.floats(0, 2), stretch=st.sampled_from([0.0, 0.5, 3.0])),
    st.sampled_from([Day(), MORNINGS]),
)
ages = st.integers(0, 3 * 86400).map(lambda age: timedelta(seconds=age))


def planned_by(planner: Planner, wanted: Limits, knowledge: Known, checked_at: datetime) -> CheckStanding:
    """A product's state after a successful check."""
    wait, _ = planner.wait(knowledge, wanted, checked_at, checked_at)
    next_at = next_check(CheckHistory(checked_at, Outcome.UNCHANGED), wanted, wait)
    return CheckStanding(wanted, next_at, checked_at, checked_at, knowledge)


def reason(wanted: Limits, knowledge: Known, fleet: Fleet, day: Day | None = None) -> Reason:
    planner = Planner(fleet, day or Day())
    return explain(planned_by(planner, wanted, knowledge, NOW), planner, NOW)


@given(limits, knowns, planners, ages)
def test_the_explanation_of_a_planned_check_agrees_with_the_plan(
    wanted: Limits, knowledge: Known, planner: Planner, age: timedelta
) -> None:
    standing = planned_by(planner, wanted, knowledge, NOW - age)
    explanation = explain(standing, planner, NOW)
    assert explanation.state is NextCheck.PLANNED
    assert explanation.next_at == standing.next_at
    assert explanation.is_late == (standing.next_at is not None and standing.next_at <= NOW)
    assert explanation.every is not None
    longest = max(wanted.stretched(planner.fleet.stretch), wanted.latest)
    assert timedelta(0) < explanation.every <= longest + timedelta(seconds=1)
    if explanation.cause is Cause.FIXED and wanted.hours == ALL_DAY:
        assert explanation.next_at == standing.checked_at + explanation.every  # type: ignore[operator]


@given(
    st.none() | limits,
    st.none() | ages.map(lambda age: NOW + DAY - age),
    st.none() | ages.map(lambda age: NOW - age),
    knowns,
    planners,
    st.tuples(*[st.booleans()] * 5),
)
def test_there_is_an_explanation_for_every_state(
    wanted: Limits | None,
    next_at: datetime | None,
    checked_at: datetime | None,
    knowledge: Known,
    planner: Planner,
    flags: tuple[bool, ...],
) -> None:
    claimed, is_asked, failing, doubted, gone = flags
    standing = CheckStanding(
        wanted, next_at, checked_at, checked_at, knowledge, claimed, is_asked, failing, doubted, gone
    )
    explanation = explain(standing, planner, NOW)
    if wanted is None or next_at is None:
        assert explanation.state is NextCheck.UNWATCHED
    elif claimed:
        assert explanation.state is NextCheck.RUNNING
    else:
        assert explanation.next_at == next_at
        assert explanation.is_late == (next_at <= NOW)
    assert (explanation.next_at is None) == (explanation.state in (NextCheck.UNWATCHED, NextCheck.RUNNING))
    assert (explanation.state is NextCheck.UNWATCHED) or (
        explanation.every is not None and explanation.every > timedelta(0)
    )
    assert explanation.stretch >= 1
    assert explanation.rate is None or 0 < explanation.rate <= 5000


def test_between_the_limits_the_rate_is_the_cause() -> None:
    explanation = reason(FREE, LIVELY, Fleet(multiplier=4.0))
    assert explanation.cause is Cause.RATE
    assert explanation.rate == pytest.approx(2, rel=0.1)
    assert explanation.every is not None
    assert explanation.every / HOUR == pytest.approx(24 / calls_at_a_rate(2, Fleet(multiplier=4.0), Bounds()), rel=0.05)


def test_a_limit_is_the_cause_when_it_binds() -> None:
    assert reason(FREE, QUIET, Fleet(multiplier=1.0)).cause is Cause.LATEST
    often = reason(FREE, LIVELY, Fleet(multiplier=1000.0))
    assert (often.cause, often.every) == (Cause.SOONEST, 5 * MINUTE)
    fixed = reason(Limits(HOUR), LIVELY, Fleet(multiplier=1000.0))
    assert (fixed.cause, fixed.every, fixed.stretch) == (Cause.FIXED, HOUR, 1)


def test_the_explanation_has_the_stretch_of_a_wait() -> None:
    short = Fleet(multiplier=1e-9, stretch=3.0)
    explanation = reason(Limits(HOUR, 5 * MINUTE), LIVELY, short)
    assert (explanation.cause, explanation.every, explanation.stretch) == (Cause.LATEST, 3 * HOUR, 3)
    assert reason(Limits(HOUR, 5 * MINUTE, weight=4.0), LIVELY, short).stretch == 1.5


def test_the_providers_cache_is_the_cause_when_it_is_longer() -> None:
    explanation = reason(FREE, LIVELY._replace(cached=0.2), Fleet(multiplier=100.0))
    assert (explanation.cause, explanation.every) == (Cause.CACHED, timedelta(days=0.2))


def test_the_rate_is_left_out_until_it_is_known() -> None:
    assert reason(FREE, Known(), Fleet()).rate is None
    assert reason(FREE, Known(Belief(0.3, 0.2)), Fleet()).rate is None
    assert reason(FREE, Known(Belief(3.0, 0.2)), Fleet()).rate is not None
    lively = Fleet(Prior(mean=7.5, shape=0.5))
    assert 5 < (reason(FREE, Known(Belief(27.8, -1.4)), lively).rate or 0) < 25


def test_busy_hours_are_named_if_there_is_a_profile_and_the_rate_is_the_cause() -> None:
    fleet = Fleet(multiplier=4.0)
    assert reason(FREE, LIVELY, fleet, MORNINGS).busy == ((10, 12),)
    assert reason(FREE, LIVELY, fleet).busy == ()
    assert reason(Limits(HOUR), LIVELY, fleet, MORNINGS).busy == ()


def test_only_hours_that_stand_out_are_busy() -> None:
    assert busy_spans(()) == ()
    assert busy_spans([1.0] * 144) == ()
    assert busy_spans([1.0 if hour in (23, 0) else 0.01 for hour in range(24)]) == ((23, 1),)
    assert busy_spans([1.0 if hour % 3 == 0 else 0.01 for hour in range(24)]) == ()


@given(st.sets(st.integers(0, 23), min_size=1, max_size=23))
def test_spans_are_the_hours_they_are_made_of(hours: set[int]) -> None:
    spans = hour_spans(hours)
    covered = [hour for first, until in spans for hour in range(24) if hours_between(first, until) >> hour & 1]
    assert sorted(covered) == sorted(hours)


@pytest.mark.parametrize(("wanted", "every"), [(Limits(MINUTE), HOUR), (Limits(6 * HOUR), 6 * HOUR), (FREE, DAY)])
def test_a_product_that_is_gone_is_checked_as_rarely_as_its_lists_allow(wanted: Limits, every: timedelta) -> None:
    standing = CheckStanding(wanted, NOW + every, NOW, NOW, LIVELY, is_gone=True)
    explanation = explain(standing, Planner(), NOW)
    assert (explanation.state, explanation.every, explanation.cause) == (
        NextCheck.GONE,
        every,
        None,
    )
