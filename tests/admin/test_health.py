"""The operator sees what does not work and why, and can start checks again."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from celery import current_app
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from pytest_django.fixtures import Settings

from monitor import tasks
from monitor.admin.health import Finding, findings
from monitor.judging.schedule.spending import Spending
from monitor.models import (
    Message,
    Product,
    ProviderAccount,
    ScheduleFit,
    UsageDay,
    User,
)
from monitor.models.usage import PROVIDER_ZONE, provider_day, quota_reset
from monitor.polling.budget import ledger
from monitor.polling.recording.heartbeat import beat
from monitor.provider.codes import Action
from monitor.provider.errors import ApiError
from monitor.showing.reads import health
from monitor.showing.reads.health import FIRST_SIGN, HealthState, read_health
from monitor.text.clock import moment
from tests.admin.conftest import fill
from tests.models.factories import ProductFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now()
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture(autouse=True)
def _has_run_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "STARTED_AT", NOW - FIRST_SIGN)


def by_title(now: datetime = NOW, broker_fault: str = "") -> dict[str, Finding]:
    with translation.override("en"):
        return {finding.title: finding for finding in findings(read_health(now, broker_fault))}


def states(broker_fault: str = "") -> dict[str, HealthState]:
    return {title: finding.state for title, finding in by_title(broker_fault=broker_fault).items()}


def workers_run(now: datetime = NOW) -> None:
    """Record heartbeats of both workers of the Procfile."""
    beat("checks@host", "stand_by", now)
    beat("upkeep@host", "tick", now)


def stop_polling() -> None:
    ledger.open_circuit(ApiError("authentication failed", code="4005", action=Action.STOP), NOW)


def test_all_is_well_while_workers_run_and_nothing_waits() -> None:
    workers_run()
    assert set(states().values()) == {HealthState.GOOD}


def says_of_workers(now: datetime = NOW) -> str:
    finding = by_title(now)["Workers and beat"]
    return f"{finding.says} {finding.todo}"


def test_it_says_which_of_two_workers_is_gone() -> None:
    workers_run()
    later = NOW + 5 * MINUTE
    beat("upkeep@host", "tick", later)
    assert "The checks worker is down" in says_of_workers(later)
    assert "-Q stallwatch-checks" in says_of_workers(later)
    later += 5 * MINUTE
    beat("checks@host", "check_batch", later)
    assert "The upkeep worker is down" in says_of_workers(later)
    workers_run(later)
    assert "Last tick" in says_of_workers(later)


def test_it_says_that_the_clock_was_set_back(admin: Client) -> None:
    now = timezone.now()
    workers_run(now)
    assert by_title(now)["System clock"].says == "Not set back today."
    ledger.plan_rest_of_day(now, HOUR - 10 * SECOND)
    for address in ("admin:health", "admin:index"):
        page = admin.get(reverse(address)).content.decode()
        assert "Set back by about 1 h today. Checks go on." in page
    assert by_title(quota_reset(now))["System clock"].says == "Not set back today."


def test_it_says_that_the_broker_cannot_be_reached(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tasks.broker_fault() == ""
    monkeypatch.setattr(current_app.conf, "broker_write_url", "redis://127.0.0.1:1/0")
    fault = tasks.broker_fault()
    assert fault
    assert states(fault)["Broker"] is HealthState.BAD


def test_it_says_that_emails_failed_or_are_overdue_and_links_to_them(admin: Client) -> None:
    fill(1)
    Message.objects.update(status=Message.Status.FAILED, created_at=NOW)
    page = admin.get(reverse("admin:health")).content.decode()
    assert "/admin/monitor/message/?status__exact=failed" in page
    Message.objects.update(status=Message.Status.PENDING, next_attempt_at=NOW - 5 * MINUTE)
    assert states()["Outbox"] is HealthState.BAD


def test_checks_are_started_again_or_tried_from_the_health_page(admin: Client) -> None:
    stop_polling()
    address = reverse("admin:health")
    page = admin.get(address).content.decode()
    assert "4005" in page
    assert "Make a trial call" in page
    assert (
        "The next check is a trial call."
        in admin.post(address, {"action": "probe"}, follow=True).content.decode()
    )
    assert ledger.reserve(5, timezone.now()).is_probe
    assert "Checks go on." in admin.post(address, {"action": "close"}, follow=True).content.decode()
    assert not ProviderAccount.objects.get().circuit_is_open
    assert (
        "Checks were not stopped."
        in admin.post(address, {"action": "close"}, follow=True).content.decode()
    )


def test_it_counts_readings_in_doubt_and_says_when_the_provider_has_a_bad_day(
    admin: Client,
) -> None:
    ProductFactory.create_batch(8, next_check_at=NOW)
    assert "Nothing to confirm." in admin.get(reverse("admin:health")).content.decode()
    in_doubt = list(Product.objects.values_list("pk", flat=True))
    Product.objects.filter(pk=in_doubt[0]).update(doubted_at=NOW)
    page = admin.get(reverse("admin:health")).content.decode()
    assert "1 product has an odd reading" in page
    assert "a fault at the provider" in page
    Product.objects.filter(pk__in=in_doubt).update(doubted_at=NOW)
    assert "8 products have odd readings" in admin.get("/admin/").content.decode()


def test_it_says_why_checks_wait_while_calls_are_left() -> None:
    noon = quota_reset(NOW) + timedelta(hours=12)
    assert "The schedule has used its share" not in says_of_calls(noon)
    UsageDay.objects.create(
        day=provider_day(noon), reserved=Spending(11_000, noon, PROVIDER_ZONE).spendable
    )
    says = "5,280 of 11,000 calls are left today. The schedule has used its share so far;"
    assert says in says_of_calls(noon)


def says_of_calls(now: datetime) -> str:
    return by_title(now)["Calls of the day"].says


def test_it_shows_the_calls_left_while_checks_pause_or_are_stopped() -> None:
    noon = quota_reset(NOW) + timedelta(hours=12)
    UsageDay.objects.create(day=provider_day(noon), reserved=100)
    ledger.pause(ApiError("maintenance", code="4009", action=Action.PAUSE), noon)
    until = moment(noon + ledger.MAINTENANCE_PAUSE)
    assert says_of_calls(noon).endswith(f" Checks pause until {until}.")
    stop_polling()
    assert says_of_calls(noon) == "10,900 of 11,000 calls are left today. No calls now."


def test_one_button_stops_all_checks_and_another_starts_them_again(
    admin: Client, operator: User
) -> None:
    def press(action: str) -> str:
        return admin.post(reverse("admin:health"), {"action": action}, follow=True).content.decode()

    assert 'value="halt"' in admin.get(reverse("admin:health")).content.decode()
    page = press("halt")
    assert "All checks are stopped." in page
    assert f"Stopped by {operator} since " in page
    assert 'value="halt"' not in page
    assert "Stopped by" in admin.get("/admin/").content.decode()
    assert ledger.reserve(1, timezone.now()).calls == 0
    assert "Checks were stopped already." in press("halt")
    assert "Checks go on." in press("resume")
    assert ledger.reserve(1, timezone.now()).calls == 1
    entries = LogEntry.objects.order_by("pk").values_list("user", "change_message")
    assert list(entries) == [
        (operator.pk, "Stopped all checks."),
        (operator.pk, "Started checks again."),
    ]
    history = reverse("admin:monitor_provideraccount_history", args=[1])
    assert "Stopped all checks." in admin.get(history).content.decode()


@pytest.mark.parametrize("action", ["halt", "resume", "close"])
def test_an_operator_who_may_only_view_neither_stops_nor_starts_checks(
    operator_with: Callable[..., Client], operator: User, action: str
) -> None:
    ledger.halt(operator, NOW)
    before = ProviderAccount.objects.values().get()
    assert (
        operator_with("view_provideraccount")
        .post(reverse("admin:health"), {"action": action})
        .status_code
        == 403
    )
    assert ProviderAccount.objects.values().get() == before


def test_the_first_page_names_what_does_not_work(admin: Client) -> None:
    assert "No worker has ever run." in admin.get("/admin/").content.decode()
    workers_run(timezone.now())
    assert "Everything is in order." in admin.get("/admin/").content.decode()


@pytest.mark.parametrize(
    ("fitted", "needs", "state", "says"),
    [
        (
            NOW - HOUR,
            90.5,
            HealthState.GOOD,
            "Planned 1 h ago for 12 products and 100 calls a day.",
        ),
        (NOW - 4 * HOUR, 90.5, HealthState.WARN, "Check that beat runs"),
        (
            NOW - HOUR,
            100.5,
            HealthState.WARN,
            "Watchlists need at least 101: intervals are stretched.",
        ),
    ],
)
def test_it_says_whether_the_budget_covers_the_checks_of_the_watchlists(
    fitted: datetime, needs: float, state: HealthState, says: str
) -> None:
    ScheduleFit.objects.create(fitted_at=fitted, calls=100, products=12, needs=needs)
    finding = by_title()["Check plan"]
    assert finding.state is state
    assert says in f"{finding.says} {finding.todo}".replace("\xa0", " ")


def test_it_says_that_checks_wait_for_room_on_the_disk(admin: Client) -> None:
    ledger.rest_for_room(NOW)
    finding = by_title()["Checks"]
    assert finding.state is HealthState.BAD
    assert finding.says == f"Stopped since {moment(NOW)}: the database's disk is full."
    assert finding.todo == "Free up disk space. Checks resume by themselves."
    assert (
        "Checks go on."
        in admin.post(reverse("admin:health"), {"action": "close"}, follow=True).content.decode()
    )
