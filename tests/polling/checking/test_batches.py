"""A whole batch, over real HTTP: reserve, call, parse, detect, record, settle."""

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from monitor.models import Message, Product, ProviderAccount, Snapshot, Usage, UsageDay, User
from monitor.polling import checking
from monitor.polling.budget import ledger
from monitor.polling.checking import backlog, claims, fetch
from monitor.polling.checking import batch as batches
from monitor.polling.recording import Recorded
from monitor.provider.codes import Outcome
from tests.polling.checking.due import check_products, claim_due, wakes_nobody
from tests.polling.story import TELLS, Story
from tests.polling.threads import at_once
from tests.provider.servers import ProviderServer, Reply, error, forget_client, item

pytestmark = pytest.mark.django_db


def seconds(when: datetime) -> int:
    return int(when.timestamp())


def check_all(clock: Callable[[], datetime] = timezone.now) -> dict[str, Recorded]:
    keys = list(Product.objects.order_by("num_iid").values_list("pk", flat=True))
    return check_products(keys, clock)


def test_calls_that_people_asked_for_are_counted_apart_once_they_are_made(
    provider: ProviderServer,
) -> None:
    Story(products=3)
    now = timezone.now()
    provider.default = lambda query: item(query["num_iid"], seconds(now))
    check_all()
    before = UsageDay.objects.get().asked
    first, second, _ = Product.objects.order_by("num_iid")
    Product.objects.filter(pk__in=[first.pk, second.pk]).update(asked_at=now)
    check_all()
    assert UsageDay.objects.get().asked == before + 2
    check_all()
    assert UsageDay.objects.get().asked == before + 2
    Product.objects.update(asked_at=now)
    ledger.halt(User.objects.get(), now)
    check_all()
    assert UsageDay.objects.get().asked == before + 2


def test_it_records_the_others_when_one_reply_is_bad(provider: ProviderServer) -> None:
    story = Story(products=10)
    now = seconds(timezone.now())
    provider.default = lambda query: item(query["num_iid"], now)
    provider.answers[story.num_iids[7]] = b"<html>502</html>"
    outcomes = [result.outcome for result in check_all().values()]
    assert (outcomes.count(Outcome.OK), outcomes.count(Outcome.BAD_REPLY)) == (9, 1)
    assert Snapshot.objects.count() == 9


def test_it_stops_when_the_account_is_refused_and_tells_the_operator_once(
    provider: ProviderServer,
) -> None:
    User.objects.create_superuser("operator@example.com", "a-password")
    Story(products=12)
    provider.default = error("4005", "key canary-key has no right to this API")
    outcomes = [result.outcome for result in check_all().values()]
    assert len(provider.calls) <= 4
    assert outcomes.count(Outcome.CIRCUIT_OPEN) == 12 - len(provider.calls)
    account = ProviderAccount.objects.get()
    assert account.circuit_code == "4005"
    assert "canary-key" not in account.circuit_reason
    calls = len(provider.calls)
    assert {result.outcome for result in check_all().values()} == {Outcome.CIRCUIT_OPEN}
    assert len(provider.calls) == calls
    assert Message.objects.get().kind == "polling_stopped"
    assert UsageDay.objects.get().reserved == calls


def test_it_goes_on_by_itself_after_a_trial_call_that_is_answered(provider: ProviderServer) -> None:
    story = Story(products=5)
    provider.default = error("4016", "insufficient balance")
    check_all()
    calls = len(provider.calls)
    provider.default = lambda query: item(query["num_iid"], seconds(timezone.now()))
    later = timezone.now() + timedelta(hours=1, minutes=1)
    outcomes = [result.outcome for result in check_all(lambda: later).values()]
    assert len(provider.calls) == calls + 1
    assert outcomes.count(Outcome.OK) == 1
    assert not ProviderAccount.objects.get().circuit_is_open
    assert {result.outcome for result in check_all(lambda: later).values()} <= {
        Outcome.OK,
        Outcome.UNCHANGED,
    }
    assert story.product.price == 7200


def test_it_slows_down_until_the_provider_takes_the_calls(
    provider: ProviderServer,
) -> None:
    Story(products=20)
    clock = [100.0]
    fetch.throttle().clock = lambda: clock[0]

    def answer(query: dict[str, str]) -> Reply:
        at_once, clock[0] = provider.at_once, clock[0] + 0.001
        time.sleep(0.02)
        return error("4008") if at_once > 2 else item(query["num_iid"], seconds(timezone.now()))

    provider.default = answer
    outcomes = [result.code for result in check_all().values()]
    assert fetch.throttle().limit in {1, 2}
    assert 0 < outcomes.count("4008") <= 6
    assert {result.code for result in check_all().values()} == {"0000"}


def test_no_row_or_log_contains_a_secret(
    provider: ProviderServer, caplog: pytest.LogCaptureFixture, settings: Settings
) -> None:
    caplog.set_level(logging.DEBUG)
    story = Story(products=4)
    secrets = "key=canary-key&secret=canary-secret"
    provider.answers[story.num_iids[0]] = error("4005", secrets)
    provider.answers[story.num_iids[1]] = error("5000", secrets)
    provider.answers[story.num_iids[2]] = secrets.encode()
    check_all()
    settings.PROVIDER_URL = "http://127.0.0.1:9"
    forget_client()
    ProviderAccount.objects.update(circuit_opened_at=None)
    check_all()
    stored = " ".join(
        str(row)
        for model in (Product, ProviderAccount, Usage, Message)
        for row in model.objects.values()
    )
    assert "canary" not in stored + caplog.text


def test_an_error_of_the_parser_costs_one_reply(
    provider: ProviderServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    story = Story(products=8)
    provider.default = lambda query: item(query["num_iid"], seconds(timezone.now()))
    client = fetch.provider_client()
    observe = client.observe

    def breaks_once(num_iid: str, **options: Any) -> Any:
        if num_iid == story.num_iids[3]:
            raise KeyError("a bug")
        return observe(num_iid, **options)

    monkeypatch.setattr(client, "observe", breaks_once)
    outcomes = [result.outcome for result in check_all().values()]
    assert (outcomes.count(Outcome.OK), outcomes.count(Outcome.BAD_REPLY)) == (7, 1)
    assert "KeyError" in caplog.text


def test_a_batch_that_is_slowed_down_ends_in_time(
    provider: ProviderServer, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.PROVIDER_TIMEOUT = 15.0
    Story(products=64)
    began = now = timezone.now()

    def observe(num_iid: str, **_options: Any) -> Any:
        nonlocal now
        now += timedelta(seconds=9)
        return replace(TELLS, num_iid=num_iid, data_time=now)

    monkeypatch.setattr(fetch.provider_client(), "observe", observe)
    for _ in range(2):
        fetch.throttle().refused(fetch.throttle().clock())  # Now its calls go one by one.
    monkeypatch.setattr(backlog, "CONTINUE_SECONDS", 0.0)
    checking.work_off(wakes_nobody, lambda: now)
    recorded = Snapshot.objects.count()
    assert 0 < recorded < 64
    assert now - began < batches.CALLING_TIME + timedelta(seconds=settings.PROVIDER_TIMEOUT)
    assert UsageDay.objects.get().reserved == recorded
    assert len(claim_due(now, 64)) == 64 - recorded


@pytest.mark.django_db(transaction=True)
def test_a_batch_keeps_its_claim_however_long_it_takes(
    provider: ProviderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "LOOK_SECONDS", 0.01)
    now = Story().now
    claimed_by_another: list[Product] = []

    def tries(at: datetime) -> None:
        claimed_by_another.extend(claim_due(at, 1))

    def slowly(query: dict[str, str]) -> Reply:
        nonlocal now
        for _ in range(3):
            now += timedelta(seconds=50)
            time.sleep(0.2)
            at_once(partial(tries, now))
        return item(query["num_iid"], seconds(now))

    provider.default = slowly
    checking.work_off(wakes_nobody, lambda: now)
    assert claimed_by_another == []
    assert Snapshot.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_batch_that_has_lost_its_claim_makes_no_further_call(
    provider: ProviderServer, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.PROVIDER_CONCURRENCY = 1
    forget_client()
    monkeypatch.setattr(batches, "LOOK_SECONDS", 0.01)
    story = Story(products=5)

    def stalls(query: dict[str, str]) -> Reply:
        at_once(
            lambda: claims.seize(list(Product.objects.values_list("pk", flat=True)), timezone.now())
        )
        time.sleep(0.2)
        return item(query["num_iid"], seconds(timezone.now()))

    provider.default = stalls
    checking.work_off(wakes_nobody)
    assert len(provider.calls) == UsageDay.objects.get().reserved == 1
    assert not Snapshot.objects.exists()
    assert Product.objects.claimed(timezone.now()).count() == len(story.num_iids), (
        "by the other worker"
    )


def test_a_batch_under_way_stops_when_an_operator_stops_all_calls(
    provider: ProviderServer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PROVIDER_CONCURRENCY = 2
    forget_client()
    monkeypatch.setattr(batches, "LOOK_SECONDS", 0.05)
    story = Story(products=20)
    now = seconds(timezone.now())

    def slowly(query: dict[str, str]) -> Reply:
        time.sleep(0.05)
        return item(query["num_iid"], now)

    provider.default = slowly
    is_halted = ledger.is_halted

    def look() -> bool:
        if len(provider.calls) > 4:
            ledger.halt(story.user, timezone.now())
        return is_halted()

    monkeypatch.setattr(ledger, "is_halted", look)
    recorded = check_all()
    assert 4 < len(recorded) == len(provider.calls) < 20
    assert UsageDay.objects.get().reserved == len(provider.calls)
    assert Product.objects.due(timezone.now()).count() == 20 - len(recorded)
