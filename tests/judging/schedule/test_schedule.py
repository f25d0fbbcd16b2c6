"""When a product is checked again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.judging.schedule.limits import Limits
from monitor.judging.schedule.next_check import LONGEST_RETRY, CheckHistory, next_check
from monitor.provider.codes import Action, Billing, Outcome

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
HOURLY = Limits(timedelta(hours=1))


def test_the_next_check_comes_after_the_interval() -> None:
    assert next_check(CheckHistory(NOW, Outcome.UNCHANGED), HOURLY) == NOW + timedelta(hours=1)


def test_a_failed_check_is_repeated_after_a_minute_and_then_later_and_later() -> None:
    waits = [
        (
            next_check(
                CheckHistory(NOW, Outcome.NETWORK, Action.RETRY, failures, Billing.NOT_BILLED),
                HOURLY,
            )
            - NOW
        )
        / timedelta(minutes=1)
        for failures in range(1, 12)
    ]
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360]


def test_a_check_that_may_have_been_billed_is_repeated_soon_only_once() -> None:
    waits = [
        next_check(
            CheckHistory(NOW, Outcome.TIMEOUT, Action.RETRY, failures, Billing.POSSIBLY), HOURLY
        )
        - NOW
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
        # The limits of a new list, and of one with an interval of half an hour.
        (Limits(timedelta(days=1), timedelta(minutes=5)), timedelta(days=1)),
        (Limits(timedelta(minutes=30), timedelta(minutes=5)), timedelta(hours=1)),
    ],
)
def test_a_product_that_is_gone_is_checked_as_rarely_as_its_list_allows_and_at_most_hourly(
    limits: Limits, waits: timedelta
) -> None:
    gone = CheckHistory(NOW, Outcome.NOT_FOUND)
    assert next_check(gone, limits, timedelta(minutes=1)) == NOW + waits


def test_a_check_that_can_only_fail_again_waits_a_day() -> None:
    history = CheckHistory(NOW, Outcome.PROVIDER_ERROR, Action.DO_NOT_REPEAT, 1)
    assert next_check(history, HOURLY) == NOW + timedelta(days=1)


@given(
    st.sampled_from(Outcome),
    st.sampled_from(Action),
    st.integers(0, 10**6),
    st.timedeltas(timedelta(minutes=1), timedelta(days=30)),
)
def test_every_check_is_repeated_and_never_at_once(
    outcome: Outcome, action: Action, failures: int, interval: timedelta
) -> None:
    wait = next_check(CheckHistory(NOW, outcome, action, failures), Limits(interval)) - NOW
    assert timedelta(minutes=1) <= wait <= max(interval, LONGEST_RETRY, timedelta(days=1))
