"""How often a product is checked and why: there always is a reason, and the interval agrees with
the plan."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.judging.schedule.belief import Belief, Prior
from monitor.judging.schedule.fleet import Fleet
from monitor.judging.schedule.limits import Limits
from monitor.judging.schedule.pace import IN_TIME
from monitor.judging.schedule.planner import CheckResult, Known, Planner
from monitor.judging.schedule.reasons import CheckPace, PaceReason, check_pace

NOW = datetime(2026, 11, 25, 4, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FREE = Limits(DAY, 5 * MINUTE)
LIVELY, QUIET = Known(Belief(40.0, 20.0)), Known(Belief(0.0, 200.0))
SHORT = Fleet(multiplier=1e-9, stretch=3.0)

limits = st.builds(
    Limits,
    st.sampled_from([HOUR, 6 * HOUR, DAY, 30 * DAY]),
    st.sampled_from([None, MINUTE, 5 * MINUTE, HOUR, DAY]),
    st.sampled_from([0.25, 1.0, 4.0, 5.25]),
)
knowns = st.builds(
    Known,
    st.builds(Belief, st.floats(-0.5, 300), st.floats(-1, 300)),
    st.sampled_from([0.0, 0.01, 0.2]),
)
fleets = st.builds(
    Fleet,
    multiplier=st.floats(1e-9, 100),
    least=st.floats(0, 2),
    stretch=st.sampled_from([0.0, 0.5, 3.0]),
)


@given(limits, knowns, fleets)
def test_the_interval_agrees_with_the_planned_wait(
    wanted: Limits, knowledge: Known, fleet: Fleet
) -> None:
    planner = Planner(fleet)
    pace = check_pace(wanted, knowledge, planner)
    wait, _ = planner.wait(knowledge, wanted, NOW, NOW)
    assert pace.every is not None
    if wanted.is_fixed or pace.reason is PaceReason.BY_CHANGES:
        assert pace.every / wait == pytest.approx(1)
    else:
        # A check within the longest interval is due a little sooner, as it may have to wait for its
        # turn.
        assert wait / pace.every == pytest.approx(1) or wait / pace.every == pytest.approx(IN_TIME)


@pytest.mark.parametrize(
    ("wanted", "knowledge", "fleet", "expected"),
    [
        (None, LIVELY, Fleet(), CheckPace(PaceReason.PAUSED)),
        (Limits(HOUR), LIVELY, Fleet(multiplier=1000.0), CheckPace(PaceReason.AS_SET, HOUR)),
        (FREE, QUIET, Fleet(multiplier=1.0), CheckPace(PaceReason.AS_SET, DAY)),
        (FREE, LIVELY, Fleet(multiplier=1000.0), CheckPace(PaceReason.AS_SET, 5 * MINUTE)),
        (Limits(HOUR, 5 * MINUTE), LIVELY, SHORT, CheckPace(PaceReason.SLOWED, 3 * HOUR)),
        (
            Limits(HOUR, 5 * MINUTE, weight=4.0),
            LIVELY,
            SHORT,
            CheckPace(PaceReason.SLOWED, 1.5 * HOUR),
        ),
        (Limits(HOUR).slowed(0.5), LIVELY, Fleet(), CheckPace(PaceReason.SLOWED, 2 * HOUR)),
        # The provider's cached answers are longer than the wait that its changes deserve.
        (
            FREE,
            LIVELY._replace(cached=0.2),
            Fleet(multiplier=100.0),
            CheckPace(PaceReason.BY_CHANGES, DAY * 0.2),
        ),
    ],
)
def test_the_reason_is_what_binds(
    wanted: Limits | None, knowledge: Known, fleet: Fleet, expected: CheckPace
) -> None:
    asked = DAY if wanted is FREE else HOUR
    assert check_pace(wanted, knowledge, Planner(fleet), asked) == expected


def test_a_failure_comes_before_other_reasons() -> None:
    assert (
        check_pace(Limits(HOUR), LIVELY, Planner(SHORT), HOUR, is_failing=True).reason
        is PaceReason.FAILING
    )
    assert (
        check_pace(None, LIVELY, Planner(SHORT), HOUR, is_failing=True).reason is PaceReason.PAUSED
    )


@pytest.mark.parametrize(
    ("wanted", "every"), [(Limits(MINUTE), HOUR), (Limits(6 * HOUR), 6 * HOUR), (FREE, DAY)]
)
def test_a_product_that_is_gone_is_checked_as_rarely_as_its_lists_allow(
    wanted: Limits, every: timedelta
) -> None:
    pace = check_pace(wanted, LIVELY, Planner(), wanted.latest, is_gone=True)
    assert pace == CheckPace(PaceReason.AS_SET, every)


def test_the_rate_is_left_out_until_it_is_known() -> None:
    def shown(belief: Belief, planner: Planner) -> float | None:
        check = CheckResult(NOW, NOW + timedelta(minutes=1), changed=False)
        return planner.learned(Known(belief), check).shown_rate

    planner = Planner(Fleet())
    assert shown(LIVELY.belief, planner) == pytest.approx(2, rel=0.1)
    assert shown(Belief(), planner) is None
    assert shown(Belief(0.3, 0.2), planner) is None
    assert shown(Belief(3.0, 0.2), planner) is not None
    lively = Planner(Fleet(Prior(mean=7.5, shape=0.5)))
    assert 5 < (shown(Belief(27.8, -1.4), lively) or 0) < 25
