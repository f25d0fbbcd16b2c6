"""Every call is counted before it is made, and many workers together never exceed the budget."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from pytest_django.fixtures import Settings

from monitor.models import Budget, Product, ProviderAccount, Usage, UsageDay, User
from monitor.models.usage import quota_reset
from monitor.polling.budget import ledger
from monitor.polling.budget.limit import daily_calls
from monitor.polling.recording import Result
from monitor.provider.codes import Action, Billing, Outcome
from monitor.provider.errors import ApiError, CallTimeout, NetworkError
from monitor.provider.observation import Observation, Quota
from tests.models.factories import UserFactory
from tests.polling.threads import at_once

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 11, 4, 0, tzinfo=UTC)  # 12:00 in the provider's zone
TODAY = date(2026, 11, 11)


@pytest.fixture(autouse=True)
def hundred_a_day(settings: Settings) -> None:
    settings.PROVIDER_DAILY_CALLS = 100


@pytest.fixture
def operator() -> User:
    return UserFactory.create(is_staff=True)


def answered(used: int | None = None, cap: int | None = None, when: datetime = NOON) -> Result:
    observation = Observation(num_iid="1", data_time=when, quota=Quota(used, cap))
    return Result(Product(num_iid="1"), observation, when)


def failed(error: Exception) -> Result:
    return Result(Product(num_iid="1"), error, NOON)  # type: ignore[arg-type]


def test_it_grants_what_the_budget_has_and_no_more() -> None:
    assert [ledger.reserve(40, NOON).calls for _ in range(4)] == [40, 40, 20, 0]
    assert UsageDay.objects.get().reserved == 100
    assert ledger.left(NOON).calls == 0
    assert ledger.reserve(40, NOON).refused is Outcome.BUDGET


def test_it_starts_afresh_at_the_providers_midnight() -> None:
    ledger.reserve(100, NOON)
    tomorrow = quota_reset(NOON)
    assert ledger.left(tomorrow).calls == 100
    assert ledger.reserve(1, tomorrow).calls == 1


def test_it_counts_calls_by_how_they_ended_and_the_others_as_unknown() -> None:
    grant = ledger.reserve(6, NOON)
    results = [
        answered(),
        answered(),
        failed(CallTimeout("too slow")),
        failed(ApiError("server error", code="4000", billing=Billing.NOT_BILLED)),
        Result(Product(num_iid="1"), Outcome.CIRCUIT_OPEN, NOON),
    ]
    ledger.settle(results, api="item_get_app", day=grant.day)
    ledger.settle([answered()], api="item_get_app", day=grant.day)
    rows = list(Usage.objects.order_by("code").values_list("code", "calls", "billing"))
    assert rows == [("0000", 3, "billed"), ("4000", 1, "not_billed"), ("timeout", 1, "possibly")]
    assert UsageDay.objects.get().reserved - sum(calls for _, calls, _ in rows) == 1


def test_a_code_that_was_not_always_billed_counts_as_possibly_billed() -> None:
    ledger.settle(
        [
            failed(NetworkError("refused", billing=Billing.NOT_BILLED)),
            failed(NetworkError("reset", billing=Billing.POSSIBLY)),
        ],
        api="item_get_app",
        day=TODAY,
    )
    assert Usage.objects.values_list("code", "calls", "billing").get() == ("network", 2, "possibly")


@pytest.mark.parametrize(("used", "cap", "left"), [(95, None, 5), (1, 30, 29)])
def test_the_providers_count_governs_if_it_is_larger_and_its_cap_if_it_is_smaller(
    used: int, cap: int | None, left: int
) -> None:
    ledger.reserve(1, NOON)
    ledger.settle([answered(used=used, cap=cap)], api="item_get_app", day=TODAY)
    assert ledger.left(NOON).calls == left
    assert ledger.reserve(50, NOON).calls == left


def test_it_grants_a_trial_call_an_hour_while_only_the_providers_count_is_at_the_cap() -> None:
    ledger.reserve(1, NOON)
    ledger.settle([answered(used=100)], api="item_get_app", day=TODAY)
    trial = ledger.reserve(10, NOON)
    assert (trial.calls, trial.is_probe) == (1, True)
    assert ledger.reserve(10, NOON + timedelta(minutes=59)).calls == 0
    later = NOON + timedelta(hours=1)
    assert ledger.reserve(10, later).calls == 1
    ledger.settle([answered(used=3)], api="item_get_app", day=TODAY)
    assert ledger.reserve(10, later).calls == 10


def test_yesterdays_count_does_not_govern_right_after_midnight() -> None:
    midnight = quota_reset(NOON)
    grant = ledger.reserve(1, midnight)
    ledger.settle(
        [answered(used=100, when=midnight + timedelta(seconds=5))],
        api="item_get_app",
        day=grant.day,
    )
    assert ledger.reserve(10, midnight + timedelta(seconds=6)).calls == 10


def test_an_open_circuit_grants_nothing_until_a_trial_call_is_due() -> None:
    refused = ApiError("authentication failed", code="4005", action=Action.STOP)
    assert ledger.open_circuit(refused, NOON) is True
    assert ledger.open_circuit(refused, NOON) is False
    assert ledger.reserve(10, NOON + timedelta(minutes=59)).refused is Outcome.CIRCUIT_OPEN
    assert ledger.left(NOON + timedelta(minutes=59)).calls == 0
    due = NOON + timedelta(hours=1)
    assert ledger.left(due).calls == 1
    trial = ledger.reserve(10, due)
    assert (trial.calls, trial.is_probe) == (1, True)
    assert ledger.reserve(10, due).calls == 0
    assert ledger.close_circuit() is True
    assert ledger.reserve(10, due).calls == 10


def test_a_used_up_quota_pauses_calls_until_its_reset() -> None:
    ledger.pause(ApiError("exceeded", code="4013", action=Action.WAIT_FOR_QUOTA), NOON)
    assert ProviderAccount.objects.get().paused_until == quota_reset(NOON)
    assert ledger.left(NOON + timedelta(minutes=59)).calls == 0
    trial = ledger.reserve(10, NOON + timedelta(hours=1))
    assert (trial.calls, trial.is_probe) == (1, True)
    assert ledger.reserve(1, quota_reset(NOON) - timedelta(hours=1, seconds=1)).is_probe
    assert ledger.reserve(1, quota_reset(NOON) - timedelta(seconds=1)).refused is Outcome.BUDGET
    assert ledger.reserve(1, quota_reset(NOON)).calls == 1


def test_maintenance_pauses_calls_for_some_minutes() -> None:
    ledger.pause(ApiError("maintenance", code="4009", action=Action.PAUSE), NOON)
    assert ledger.reserve(1, NOON).refused is Outcome.CIRCUIT_OPEN
    assert ledger.reserve(1, NOON + ledger.MAINTENANCE_PAUSE).calls == 1


@pytest.mark.django_db(transaction=True)
def test_it_never_exceeds_the_budget_with_many_workers_at_once() -> None:
    granted: list[int] = []

    def work() -> None:
        granted.extend(ledger.reserve(7, NOON).calls for _ in range(5))

    at_once(*[work] * 6)
    assert sum(granted) == 100
    assert UsageDay.objects.get().reserved == 100


class BudgetTest(TestCase):
    @settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(st.tuples(st.integers(1, 60), st.integers(0, 150)), max_size=12))
    def test_it_grants_at_most_the_cap_whatever_the_provider_reports(
        self, steps: list[tuple[int, int]]
    ) -> None:
        total = 0
        for wanted, used in steps:
            grant = ledger.reserve(wanted, NOON)
            assert 0 <= grant.calls <= wanted
            total += grant.calls
            ledger.settle(
                [answered(used=used)] * min(1, grant.calls), api="item_get_app", day=TODAY
            )
        assert total <= 100


class ChangingBudgetTest(TestCase):
    @settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(st.tuples(st.integers(0, 150), st.integers(0, 60), st.booleans()), max_size=12))
    def test_a_budget_set_at_noon_holds_for_the_next_call(
        self, steps: list[tuple[int, int, bool]]
    ) -> None:
        """It grants calls up to the new budget, and none if more are spent already."""
        total, now = 0, NOON
        for calls, wanted, confirming in steps:
            now += timedelta(minutes=1)
            Budget.objects.create(calls=calls, begins_at=now)
            grant = ledger.reserve(wanted, now, confirming=confirming)
            total += grant.calls
            left = max(0, calls - total + grant.calls)
            assert grant.calls <= min(wanted, left)
            assert confirming or grant.calls == min(wanted, left)
            assert ledger.left(now).calls == max(0, calls - total) or calls < total
        assert total <= max([calls for calls, *_ in steps], default=0)


def test_the_newest_budget_that_has_begun_governs_and_the_setting_without_one() -> None:
    assert daily_calls(NOON) == 100
    Budget.objects.create(calls=70, begins_at=NOON)
    Budget.objects.create(calls=0, begins_at=NOON + timedelta(hours=1))
    Budget.objects.create(calls=80, begins_at=NOON)
    before = NOON - timedelta(microseconds=1)
    assert [daily_calls(now) for now in (before, NOON, NOON + timedelta(hours=1))] == [100, 80, 0]
    assert ledger.reserve(90, NOON).calls == 80
    assert ledger.reserve(90, before).calls == 20
    later = ledger.reserve(1, NOON + timedelta(hours=1))
    assert (later.calls, later.refused) == (0, Outcome.BUDGET)


def test_nothing_is_granted_while_an_operator_has_halted_polling(operator: User) -> None:
    ledger.reserve(1, NOON)
    assert ledger.halt(operator, NOON) is True
    assert ledger.halt(operator, NOON + timedelta(minutes=1)) is False
    assert ProviderAccount.objects.get().halted_at == NOON
    for confirming in (False, True):
        grant = ledger.reserve(1, NOON, confirming=confirming)
        assert (grant.calls, grant.refused) == (0, Outcome.CIRCUIT_OPEN)
    assert ledger.left(NOON).calls == 0
    ledger.open_circuit(ApiError("no money", code="4016", action=Action.STOP), NOON)
    due = NOON + ledger.PROBE_EVERY
    assert ledger.reserve(1, due).calls == 0
    assert [ledger.resume(), ledger.resume()] == [True, False]
    assert ledger.reserve(1, due).is_probe, "the circuit stays open"


def test_a_quota_used_up_right_after_midnight_pauses_calls_for_minutes_only() -> None:
    midnight = quota_reset(NOON)
    refusal = ApiError("exceeded", code="4013", action=Action.WAIT_FOR_QUOTA)
    ledger.pause(refusal, midnight + timedelta(seconds=5))
    assert ledger.left(midnight + timedelta(seconds=6)).calls == 0
    assert ledger.left(midnight + ledger.COUNT_SETTLES_AFTER).calls == 100


def test_a_short_pause_does_not_end_a_long_one() -> None:
    ledger.pause(ApiError("exceeded", code="4013", action=Action.WAIT_FOR_QUOTA), NOON)
    ledger.pause(ApiError("maintenance", code="4009", action=Action.PAUSE), NOON)
    account = ProviderAccount.objects.get()
    assert (account.paused_until, account.pause_code) == (quota_reset(NOON), "4013")


def test_calls_in_flight_are_added_to_the_providers_larger_count() -> None:
    ledger.reserve(10, NOON)
    ledger.settle([answered(used=60)], api="item_get_app", day=TODAY)
    assert [ledger.reserve(30, NOON).calls for _ in range(2)] == [30, 10]
    assert ledger.reserve(30, NOON).is_probe
