"""Why a product is looked at when it is: there always is a reason, and it agrees with the next look."""

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


def planned_by(planner: Planner, asked: Limits, known: Known, checked_at: datetime) -> CheckStanding:
    """How a product stands after a look that went well."""
    wait, _ = planner.wait(known, asked, checked_at, checked_at)
    next_at = next_check(CheckHistory(checked_at, Outcome.UNCHANGED), asked, wait)
    return CheckStanding(asked, next_at, checked_at, checked_at, known)


def reason(asked: Limits, known: Known, fleet: Fleet, day: Day | None = None) -> Reason:
    planner = Planner(fleet, day or Day())
    return explain(planned_by(planner, asked, known, NOW), planner, NOW)


@given(limits, knowns, planners, ages)
def test_what_was_planned_so_is_told_so(asked: Limits, known: Known, planner: Planner, age: timedelta) -> None:
    standing = planned_by(planner, asked, known, NOW - age)
    told = explain(standing, planner, NOW)
    assert told.state is NextCheck.PLANNED
    assert told.next_at == standing.next_at
    assert told.is_as_planned
    assert told.is_late == (standing.next_at is not None and standing.next_at <= NOW)
    assert told.every is not None
    longest = max(asked.stretched(planner.fleet.stretch), asked.latest)
    assert timedelta(0) < told.every <= longest + timedelta(seconds=1)
    if told.cause is Cause.FIXED and asked.hours == ALL_DAY:
        assert told.next_at == standing.checked_at + told.every  # type: ignore[operator]


@given(
    st.none() | limits,
    st.none() | ages.map(lambda age: NOW + DAY - age),
    st.none() | ages.map(lambda age: NOW - age),
    knowns,
    planners,
    st.tuples(*[st.booleans()] * 5),
)
def test_there_always_is_a_reason_that_agrees_with_the_next_look(
    asked: Limits | None,
    next_at: datetime | None,
    checked_at: datetime | None,
    known: Known,
    planner: Planner,
    flags: tuple[bool, ...],
) -> None:
    claimed, is_asked, failing, doubted, gone = flags
    standing = CheckStanding(asked, next_at, checked_at, checked_at, known, claimed, is_asked, failing, doubted, gone)
    told = explain(standing, planner, NOW)
    if asked is None or next_at is None:
        assert told.state is NextCheck.UNWATCHED
    elif claimed:
        assert told.state is NextCheck.RUNNING
    else:
        assert told.next_at == next_at
        assert told.is_late == (next_at <= NOW)
    assert (told.next_at is None) == (told.state in (NextCheck.UNWATCHED, NextCheck.RUNNING))
    assert (told.state is NextCheck.UNWATCHED) or (told.every is not None and told.every > timedelta(0))
    assert told.stretch >= 1
    assert told.rate is None or 0 < told.rate <= 5000


def test_between_its_limits_it_is_the_rate_that_says_how_often() -> None:
    told = reason(FREE, LIVELY, Fleet(multiplier=4.0))
    assert told.cause is Cause.RATE
    assert told.rate == pytest.approx(2, rel=0.1)
    assert told.every is not None
    assert told.every / HOUR == pytest.approx(24 / calls_at_a_rate(2, Fleet(multiplier=4.0), Bounds()), rel=0.05)


def test_its_limits_bind_where_it_would_be_looked_at_more_or_less_often() -> None:
    assert reason(FREE, QUIET, Fleet(multiplier=1.0)).cause is Cause.LATEST
    often = reason(FREE, LIVELY, Fleet(multiplier=1000.0))
    assert (often.cause, often.every) == (Cause.SOONEST, 5 * MINUTE)
    fixed = reason(Limits(HOUR), LIVELY, Fleet(multiplier=1000.0))
    assert (fixed.cause, fixed.every, fixed.stretch) == (Cause.FIXED, HOUR, 1)


def test_it_tells_by_how_much_a_wait_is_stretched() -> None:
    short = Fleet(multiplier=1e-9, stretch=3.0)
    told = reason(Limits(HOUR, 5 * MINUTE), LIVELY, short)
    assert (told.cause, told.every, told.stretch) == (Cause.LATEST, 3 * HOUR, 3)
    assert reason(Limits(HOUR, 5 * MINUTE, weight=4.0), LIVELY, short).stretch == 1.5


def test_the_providers_cache_says_how_soon_there_can_be_anything_new() -> None:
    told = reason(FREE, LIVELY._replace(cached=0.2), Fleet(multiplier=100.0))
    assert (told.cause, told.every) == (Cause.CACHED, timedelta(days=0.2))


def test_what_its_looks_have_not_told_yet_is_not_told() -> None:
    assert reason(FREE, Known(), Fleet()).rate is None
    assert reason(FREE, Known(Belief(0.3, 0.2)), Fleet()).rate is None
    assert reason(FREE, Known(Belief(3.0, 0.2)), Fleet()).rate is not None
    lively = Fleet(Prior(mean=7.5, shape=0.5))
    assert 5 < (reason(FREE, Known(Belief(27.8, -1.4)), lively).rate or 0) < 25


def test_busy_hours_are_told_where_the_days_profile_has_them_and_the_rate_counts() -> None:
    fleet = Fleet(multiplier=4.0)
    assert reason(FREE, LIVELY, fleet, MORNINGS).busy == ((10, 12),)
    assert reason(FREE, LIVELY, fleet).busy == ()
    assert reason(Limits(HOUR), LIVELY, fleet, MORNINGS).busy == ()


def test_hours_are_told_only_where_they_stand_out() -> None:
    assert busy_spans(()) == ()
    assert busy_spans([1.0] * 144) == ()
    assert busy_spans([1.0 if hour in (23, 0) else 0.01 for hour in range(24)]) == ((23, 1),)
    assert busy_spans([1.0 if hour % 3 == 0 else 0.01 for hour in range(24)]) == ()


@given(st.sets(st.integers(0, 23), min_size=1, max_size=23))
def test_spans_are_the_hours_they_are_made_of(hours: set[int]) -> None:
    spans = hour_spans(hours)
    covered = [hour for first, until in spans for hour in range(24) if hours_between(first, until) >> hour & 1]
    assert sorted(covered) == sorted(hours)


def test_a_pace_that_was_adjusted_since_does_not_claim_the_next_look() -> None:
    standing = planned_by(Planner(Fleet(multiplier=1.0)), FREE, LIVELY, NOW)
    told = explain(standing, Planner(Fleet(multiplier=10.0)), NOW)
    assert (told.next_at, told.is_as_planned) == (standing.next_at, False)


@pytest.mark.parametrize(("asked", "every"), [(Limits(MINUTE), HOUR), (Limits(6 * HOUR), 6 * HOUR), (FREE, DAY)])
def test_what_is_gone_is_looked_for_as_seldom_as_its_lists_allow(asked: Limits, every: timedelta) -> None:
    standing = CheckStanding(asked, NOW + every, NOW, NOW, LIVELY, is_gone=True)
    told = explain(standing, Planner(), NOW)
    assert (told.state, told.every, told.cause, told.is_as_planned) == (NextCheck.GONE, every, None, True)
