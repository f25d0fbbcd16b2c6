"""What the page Health says, /readyz and /metrics say too."""

import re
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest
from celery import current_app
from django.test import Client
from django.utils import timezone, translation

from config.celery import say_that_work_begins, say_that_work_ended
from monitor.admin.health import findings
from monitor.models import Channel, Heartbeat, Message, Usage
from monitor.models.usage import provider_day
from monitor.people import channels
from monitor.polling.answers import Result
from monitor.polling.budget import ledger
from monitor.provider.codes import Action
from monitor.provider.errors import ApiError
from monitor.showing.reads.health import POLLING, HealthState, read_health
from monitor.tasks import broker_fault, tick
from tests.config.test_readme import ROOT
from tests.models.factories import ProductFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("workers_run")]
MINUTE = timedelta(minutes=1)


def nothing(monkeypatch: pytest.MonkeyPatch) -> None: ...


def breaker_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger.open_circuit(
        ApiError("authentication failed", code="4005", action=Action.STOP), timezone.now()
    )


def checks_are_late(monkeypatch: pytest.MonkeyPatch) -> None:
    ProductFactory.create(next_check_at=timezone.now() - 3 * MINUTE)


def beat_dies(monkeypatch: pytest.MonkeyPatch) -> None:
    Heartbeat.objects.filter(work="tick").update(seen_at=timezone.now() - MINUTE)


def a_worker_dies(monkeypatch: pytest.MonkeyPatch) -> None:
    Heartbeat.objects.filter(worker="checks@host").delete()


def mail_is_stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    Message.to(
        UserFactory.create(), timezone.now() - 5 * MINUTE, kind=Message.Kind.LOGIN_CODE
    ).save()


def broker_goes_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(current_app.conf, "broker_write_url", "redis://127.0.0.1:1/0")


@pytest.mark.parametrize(
    ("fault", "title", "part", "state", "reason"),
    [
        (nothing, "", "", HealthState.GOOD, ""),
        (breaker_opens, "Checks", "checks", HealthState.BAD, "circuit_open"),
        (checks_are_late, "Schedule", "schedule", HealthState.WARN, "late"),
        (beat_dies, "Workers and beat", "workers", HealthState.WARN, "late_tick"),
        (a_worker_dies, "Workers and beat", "workers", HealthState.BAD, "no_checks_worker"),
        (mail_is_stuck, "Outbox", "outbox", HealthState.BAD, "overdue"),
        (broker_goes_down, "Broker", "broker", HealthState.BAD, "ConnectionError"),
    ],
)
def test_all_doors_name_the_same_fault(
    fault: Callable[[pytest.MonkeyPatch], None],
    title: str,
    part: str,
    state: HealthState,
    reason: str,
    client: Client,
    scrape: Callable[[], dict[str, float]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fault(monkeypatch)
    with translation.override("en"):
        page = findings(read_health(timezone.now(), broker_fault()))
    ready = client.get("/readyz")
    metrics = scrape()
    told = ready.json()
    # In the same order they have the same states, whatever the fault.
    severities = sorted(finding.state.severity for finding in page)
    assert severities == sorted(
        HealthState(by_part["state"]).severity for by_part in told["parts"].values()
    )
    assert severities == sorted(
        metrics[f"stallwatch_health_severity{{part={name}}}"] for name in told["parts"]
    )
    if not part:
        assert (ready.status_code, told["status"], max(severities)) == (200, "ready", 0)
        return
    assert (ready.status_code, told["status"]) == (200, "degraded")
    assert {finding.title: finding.state for finding in page}[title] is state
    assert told["parts"][part] == {"state": state.value, "reason": reason}
    assert metrics[f"stallwatch_health_severity{{part={part}}}"] == state.severity


def test_a_robot_that_is_refused_and_a_wrong_address_are_their_owners_matter(
    client: Client,
) -> None:
    owner, now = UserFactory.create(), timezone.now()
    robot = channels.add(owner, "dingtalk", "Group", {"url": "", "secret": ""}, "…", now)
    Message.objects.update(status="sent")
    Channel.objects.filter(pk=robot.pk).update(refused_at=now)
    Message.of_alerts(robot, now, status="held").save()
    Message.of_alerts(robot, now, status="refused").save()
    Message.of_alerts(robot, now, status="failed").save()
    Message.to_address(
        "nobody@example.com", now, kind=Message.Kind.INVITATION, status="refused"
    ).save()
    assert client.get("/readyz").json()["status"] == "ready"
    Message.to_address(
        "nobody@example.com", now, kind=Message.Kind.INVITATION, status="failed"
    ).save()
    told = client.get("/readyz").json()
    assert (told["status"], told["parts"]["outbox"]["reason"]) == ("degraded", "failed")


def test_each_reason_is_in_the_documents() -> None:
    table = re.search(
        r"\| part \| reasons \|\n(.+?)\n\n", (ROOT / "docs/operations.md").read_text(), re.DOTALL
    )
    assert table
    written = {
        part: set(re.findall(r"`(\w+)`", reasons))
        for parts, reasons in re.findall(r"^\| (`.+?`) \| (.+) \|$", table[1], re.MULTILINE)
        for part in re.findall(r"`(\w+)`", parts)
    }
    code = (ROOT / "monitor/showing/reads/health.py").read_text()
    given = {*re.findall(r'(?:WARN|BAD|WAIT), "(\w+)"', code), *POLLING, "unreachable"} - {
        "running"
    }
    assert given == set().union(*written.values()) - {"ConnectionError"}
    assert written.keys() == read_health(timezone.now(), "").verdicts().keys()


def test_how_long_calls_and_tasks_take_is_told(scrape: Callable[[], dict[str, float]]) -> None:
    product, now = ProductFactory.create(), timezone.now()
    for seconds in (0.25, 0.75):
        began_at = now - timedelta(seconds=seconds)
        result = Result(product, ApiError("no product", code="2000"), now, began_at=began_at)
        ledger.settle([result], api="item_get", day=provider_day(now))
    Heartbeat.objects.all().delete()
    for state in ("FAILURE", "SUCCESS"):
        task = SimpleNamespace(name=tick.name, request=SimpleNamespace(hostname="one@host"))
        say_that_work_begins(task=task)
        say_that_work_ended(task=task, state=state)
    metrics = scrape()
    code = f"{{billing={Usage.objects.get().billing}}}{{code=2000}}"
    assert metrics[f"stallwatch_provider_calls_total{code}"] == 2
    assert metrics[f"stallwatch_provider_call_seconds_total{code}"] == 1
    labels = "{task=tick}{worker=one@host}"
    assert metrics[f"stallwatch_task_runs_total{labels}"] == 2
    assert metrics[f"stallwatch_task_failures_total{labels}"] == 1
    assert 0 < metrics[f"stallwatch_task_seconds_total{labels}"] < 2
