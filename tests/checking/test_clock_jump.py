"""A system clock that is set back, or was ahead for a while, stops nothing."""

import logging
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from config.celery import say_that_work_begins, say_that_work_ended
from monitor import checking, tasks
from monitor.accounts import channels
from monitor.budget import ledger, throttle
from monitor.budget.throttle import Limit
from monitor.models import (
    Alert,
    Change,
    Channel,
    Heartbeat,
    Message,
    Product,
    ProviderAccount,
    ScheduleFit,
    SystemClock,
    UsageDay,
    User,
)
from monitor.models.usage import provider_day
from monitor.pages.shared.health import clock_set_back, is_silent
from monitor.provider.codes import Action
from monitor.provider.errors import ApiError
from monitor.recording.heartbeat import beat
from tests.checking.due import wakes_nobody
from tests.factories import AlertFactory
from tests.servers import ProviderServer, item
from tests.story import START, Story

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider")]
SECOND, MINUTE, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days"))
#: In the afternoon in China: an hour earlier is the same day.
NOON = START + 6 * HOUR


@pytest.fixture(autouse=True)
def tasks_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checks each batch inside the tick."""
    monkeypatch.setattr(tasks.check_batch, "delay", tasks.check_batch.run)


def tick_at(now: datetime) -> None:
    with time_machine.travel(now, tick=False):
        tasks.tick()


def tells(provider: ProviderServer, price: int, at: datetime) -> None:
    """The provider replies with this price; its own clock is right."""
    provider.default = lambda query: item(query["num_iid"], int(at.timestamp()), discount_price=price)


def watched(products: int = 3, minutes: int = 5) -> Story:
    """A list whose products are checked every `minutes`."""
    story = Story(products=products)
    Product.objects.update(interval=minutes * MINUTE, soonest=minutes * MINUTE, next_check_at=NOON)
    return story


def test_it_goes_on_checking_when_the_clock_is_set_back_an_hour(provider: ProviderServer) -> None:
    watched()
    tells(provider, 7200, NOON)
    tick_at(NOON)
    assert len(provider.calls) == 3
    tells(provider, 6300, NOON + 6 * MINUTE)
    tick_at(NOON - HOUR + 10 * SECOND)
    assert len(provider.calls) == 3  # They are still due in five minutes.
    tick_at(NOON - HOUR + 6 * MINUTE)
    assert len(provider.calls) == 6
    tick_at(NOON - HOUR + 12 * MINUTE)
    assert len(provider.calls) == 9


def test_it_goes_on_when_a_clock_that_was_an_hour_ahead_is_right_again(provider: ProviderServer) -> None:
    watched()
    tells(provider, 7200, NOON)
    tick_at(NOON)
    for minute in range(1, 11):
        tick_at(NOON + HOUR + minute * MINUTE)
    calls = len(provider.calls)
    assert calls > 3
    for minute in range(11, 18):
        tick_at(NOON + minute * MINUTE)
    assert len(provider.calls) >= calls + 3


def test_changes_are_found_while_the_clock_is_behind(provider: ProviderServer) -> None:
    watched(1)
    tells(provider, 7200, NOON)
    tick_at(NOON)
    tick_at(NOON - HOUR + 10 * SECOND)
    for minute, price in ((6, 6300), (12, 5900)):
        tells(provider, price, NOON + minute * MINUTE)
        tick_at(NOON - HOUR + minute * MINUTE)
    assert list(Change.objects.order_by("first_seen_after").values_list("before", "after")) == [
        (7200, 6300),
        (6300, 5900),
    ]
    assert Product.objects.get().price == 5900
    for change in Change.objects.all():
        assert change.last_seen_before < change.first_seen_after


def test_a_reply_that_was_under_way_when_the_clock_was_set_back_is_recorded(
    provider: ProviderServer,
) -> None:
    watched(1)
    tells(provider, 7200, NOON)
    with time_machine.travel(NOON, tick=False) as clock:
        tasks.tick()
        clock.move_to(NOON + 6 * MINUTE)

        def answer(query: dict[str, str]) -> dict[str, Any]:
            clock.move_to(NOON + 6 * MINUTE - HOUR)
            return item(query["num_iid"], int((NOON + 6 * MINUTE).timestamp()), discount_price=6300)

        provider.default = answer
        checking.work_off(wakes_nobody)
        assert len(provider.calls) == 2
        clock.move_to(NOON - HOUR + 7 * MINUTE)
        tells(provider, 6300, NOON + 7 * MINUTE)
        tasks.tick()
        product = Product.objects.get()
        assert product.price == 6300
        assert product.checked_at is not None
        assert product.checked_at <= timezone.now()
        assert product.next_check_at is not None
        assert product.next_check_at <= timezone.now() + 6 * MINUTE


def test_a_running_lease_keeps_its_length(provider: ProviderServer) -> None:
    story = watched()
    tick_at(NOON)
    for product in Product.objects.all():
        Product.objects.filter(pk=product.pk).update(claimed_until=NOON + 3 * MINUTE)
    Product.objects.update(next_check_at=NOON)
    calls = len(provider.calls)
    tick_at(NOON - HOUR + MINUTE)
    assert len(provider.calls) == calls
    assert not Product.objects.filter(claimed_until__gt=NOON - HOUR + 4 * MINUTE).exists()
    tells(provider, 7200, NOON)
    tick_at(NOON - HOUR + 5 * MINUTE)
    assert len(provider.calls) == calls + len(story.num_iids)


def test_the_rest_of_the_day_is_planned_anew(settings: Settings) -> None:
    settings.PROVIDER_DAILY_CALLS = 1000
    UsageDay.objects.create(day=provider_day(NOON), reserved=590)
    tick_at(NOON)
    back = NOON - 2 * HOUR
    assert ledger.left(back).of_schedule == 0
    tick_at(back)
    assert ledger.left(back + 10 * MINUTE).of_schedule > 0
    assert ledger.left(back).calls == 410


def test_a_pause_lasts_no_longer_than_one_that_begins_now(provider: ProviderServer) -> None:
    tick_at(NOON)
    ledger.pause(ApiError("maintenance", code="4009", action=Action.PAUSE), NOON)
    tick_at(NOON - HOUR)
    assert not ProviderAccount.objects.get().rests(NOON - HOUR + 5 * MINUTE)


def test_mails_are_not_delayed() -> None:
    story = Story()
    tick_at(NOON)
    Alert.objects.all().delete()
    alert = AlertFactory.create(watchlist=story.watchlist, created_at=NOON, data_time=NOON)
    with time_machine.travel(NOON, tick=False):
        tasks.send_outbox()
    assert Message.objects.filter(status="pending").count() == 1
    tick_at(NOON - HOUR + 10 * SECOND)
    with time_machine.travel(NOON - HOUR + 3 * MINUTE, tick=False):
        tasks.send_outbox()
    assert list(Message.objects.values_list("status", flat=True)) == ["sent"]
    alert.refresh_from_db()
    assert alert.created_at <= NOON - HOUR + MINUTE


def test_a_channel_that_waits_is_not_delayed() -> None:
    story = Story()
    tick_at(NOON)
    target = {"url": "https://erp.example.com", "secret": ""}
    channel = channels.add(story.user, "webhook", "ERP", target, "…", NOON + MINUTE)
    tick_at(NOON - HOUR)
    assert list(Channel.objects.due(NOON - HOUR + MINUTE)) == [channel]


def test_read_alerts_stay_read_and_later_ones_are_unread() -> None:
    story = Story()
    tick_at(NOON)
    AlertFactory.create(watchlist=story.watchlist, created_at=NOON - SECOND, data_time=NOON)
    User.objects.update(alerts_read_before=NOON)
    tick_at(NOON - HOUR)
    new = AlertFactory.create(watchlist=story.watchlist, created_at=NOON - HOUR + SECOND, data_time=NOON + SECOND)
    story.user.refresh_from_db()
    assert list(Alert.objects.for_user(story.user).unread_by(story.user)) == [new]


def test_digests_come_at_their_hour_once() -> None:
    """The digest is written, and its hour comes a second time."""
    story = Story()
    User.objects.update(mail_how="daily", time_zone="UTC", digest_hour=6, next_digest_at=NOON)
    for now in (NOON + MINUTE, NOON - HOUR, NOON + MINUTE, NOON + DAY + MINUTE):
        tick_at(now)
        with time_machine.travel(now, tick=False):
            tasks.send_outbox()
    slots = Message.objects.filter(recipient=story.user, kind="digest").order_by("until")
    assert list(slots.values_list("until", flat=True)) == [NOON, NOON + DAY]


def test_earlier_logins_lock_nobody_out() -> None:
    login = Limit("login", burst=2, every=10 * MINUTE)
    tick_at(NOON)
    assert not throttle.take(login, "somebody", NOON)
    tick_at(NOON - HOUR)
    assert not throttle.take(login, "somebody", NOON - HOUR)


def test_the_schedule_is_fitted_again_an_hour_later() -> None:
    tick_at(NOON)
    ScheduleFit.objects.create(fitted_at=NOON, calls=11_000)
    tick_at(NOON - 50 * MINUTE)
    with time_machine.travel(NOON + 11 * MINUTE, tick=False):
        tasks.fit_schedule()
    assert ScheduleFit.objects.get().fitted_at == NOON + 11 * MINUTE


def test_a_heartbeat_in_the_future_is_no_sign_of_life() -> None:
    beat("one@host", "check_batch", NOON)
    assert not is_silent(NOON)
    assert is_silent(NOON - HOUR)


def test_a_worker_that_lives_on_is_alive_after_the_clock_was_set_back() -> None:
    tick_at(NOON)
    beat("one@host", "check_batch", NOON, busy_for=7 * MINUTE)
    tick_at(NOON - HOUR)
    assert not is_silent(NOON - HOUR + 5 * MINUTE)
    assert is_silent(NOON - HOUR + 8 * MINUTE)


def test_the_jump_is_reported_at_once_and_for_a_day() -> None:
    tick_at(NOON)
    before = clock_set_back(NOON - HOUR)
    assert before is not None
    assert (before.by, before.at) == (HOUR, None)
    found_at = NOON - HOUR + 8 * SECOND
    tick_at(found_at)
    after = clock_set_back(NOON - 30 * MINUTE)
    assert after is not None
    assert (after.by, after.at) == (HOUR, found_at)
    assert clock_set_back(found_at + 25 * HOUR) is None


@pytest.mark.parametrize("then", [NOON + 10 * SECOND, NOON - 30 * SECOND, NOON + 9 * DAY])
def test_small_corrections_and_a_pause_are_no_jump(then: datetime) -> None:
    tick_at(NOON)
    tick_at(then)
    assert clock_set_back(then) is None


@pytest.mark.parametrize("autumn", ["2026-10-25T00:59:55+00:00", "2026-11-01T05:59:55+00:00"])
def test_the_end_of_summer_time_is_no_jump(settings: Settings, autumn: str) -> None:
    """In Berlin and in New York an hour comes twice."""
    now = datetime.fromisoformat(autumn)
    for second in (0, 10):
        with timezone.override("Europe/Berlin" if now.month == 10 else "America/New_York"):
            tick_at(now + second * SECOND)
    assert SystemClock.objects.get().set_back_at is None


def test_check_products_due_corrects_the_times_too(
    provider: ProviderServer, capsys: pytest.CaptureFixture[str]
) -> None:
    watched()
    tells(provider, 7200, NOON)
    for now in (NOON, NOON - HOUR, NOON - HOUR + 6 * MINUTE):
        with time_machine.travel(now, tick=False):
            call_command("check_products", "--due")
    assert len(provider.calls) == 6


def test_two_ticks_correct_the_times_once(caplog: pytest.LogCaptureFixture) -> None:
    watched(1)
    Product.objects.update(checked_at=NOON, next_check_at=NOON + 5 * MINUTE)
    tick_at(NOON)
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            tick_at(NOON - HOUR)
    assert Product.objects.get().next_check_at == NOON - HOUR + 5 * MINUTE
    assert caplog.text.count("set back") == 1


def test_a_workers_heartbeat_before_the_first_tick_does_not_hide_the_jump() -> None:
    tick_at(NOON)
    with time_machine.travel(NOON - HOUR, tick=False):

        class Task:
            name = tasks.tick.name

            class request:  # noqa: N801
                hostname = "one@host"

        say_that_work_begins(task=Task)
        tasks.tick()
        say_that_work_ended(task=Task)
    assert SystemClock.objects.get().set_back_by == HOUR
    assert Heartbeat.objects.get().seen_at == NOON - HOUR
