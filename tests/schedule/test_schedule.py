"""When a product is looked at again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.provider.codes import Action, Billing, Outcome
from monitor.schedule.limits import Limits
from monitor.schedule.looks import LONGEST_RETRY, CheckHistory, next_check

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
HOURLY = Limits(timedelta(hours=1))


def test_it_waits_the_interval_after_an_answer() -> None:
    assert next_check(CheckHistory(NOW, Outcome.UNCHANGED), HOURLY) == NOW + timedelta(hours=1)


def test_it_comes_back_after_a_minute_and_then_ever_later() -> None:
    waits = [
        (next_check(CheckHistory(NOW, Outcome.NETWORK, Action.RETRY, failures, Billing.NOT_BILLED), HOURLY) - NOW)
        / timedelta(minutes=1)
        for failures in range(1, 12)
    ]
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360]


def test_it_repeats_soon_only_once_what_may_have_been_billed() -> None:
    waits = [
        next_check(CheckHistory(NOW, Outcome.TIMEOUT, Action.RETRY, failures, Billing.POSSIBLY), HOURLY) - NOW
        for failures in (1, 2, 3)
    ]
    assert waits == [timedelta(minutes=1), timedelta(hours=1), timedelta(hours=1)]


@pytest.mark.parametrize(
    ("limits", "waits"),
    [
        (Limits(timedelta(minutes=1)), timedelta(hours=1)),
        (HOURLY, timedelta(hours=1)),
        (Limits(timedelta(hours=3)), timedelta(hours=3)),
        (Limits(timedelta(days=7)), timedelta(days=7)),
        # As lists are at first, and one that asks for half an hour.
        (Limits(timedelta(days=1), timedelta(minutes=5)), timedelta(days=1)),
        (Limits(timedelta(minutes=30), timedelta(minutes=5)), timedelta(hours=1)),
    ],
)
def test_it_looks_at_what_is_gone_as_seldom_as_the_list_allows_and_hourly_at_most(
    limits: Limits, waits: timedelta
) -> None:
    gone = CheckHistory(NOW, Outcome.NOT_FOUND)
    assert next_check(gone, limits, timedelta(minutes=1)) == NOW + waits


def test_what_is_gone_is_looked_at_no_more_often_than_others_where_calls_are_few() -> None:
    stretched = timedelta(hours=3)
    assert next_check(CheckHistory(NOW, Outcome.NOT_FOUND), HOURLY, stretched) == NOW + stretched


def test_it_does_not_repeat_soon_what_can_only_fail_again() -> None:
    history = CheckHistory(NOW, Outcome.PROVIDER_ERROR, Action.DO_NOT_REPEAT, 1)
    assert next_check(history, HOURLY) == NOW + timedelta(days=1)


@given(
    st.sampled_from(Outcome),
    st.sampled_from(Action),
    st.integers(0, 10**6),
    st.timedeltas(timedelta(minutes=1), timedelta(days=30)),
)
def test_it_always_comes_back_and_never_at_once(
    outcome: Outcome, action: Action, failures: int, interval: timedelta
) -> None:
    wait = next_check(CheckHistory(NOW, outcome, action, failures), Limits(interval)) - NOW
    assert timedelta(minutes=1) <= wait <= max(interval, LONGEST_RETRY, timedelta(days=1))
