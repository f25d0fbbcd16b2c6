"""A system clock that is set back, or was ahead for a while, stops nothing."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from monitor import tasks
from monitor.models import Alert, Change, Channel, Message, Product, UsageDay, User
from monitor.models.usage import provider_day
from monitor.people import throttle
from monitor.people.throttle import Limit
from monitor.polling import checking
from monitor.polling.budget import ledger
from monitor.polling.checking import backlog
from monitor.polling.recording.heartbeat import beat
from monitor.showing.reads.health import clock_set_back, is_silent
from monitor.watching import requests
from tests.models.factories import AlertFactory
from tests.polling.checking.due import wakes_nobody
from tests.polling.story import START, Story
from tests.provider.servers import ProviderServer, item

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider", "tasks_at_once")]
SECOND, MINUTE, HOUR, DAY = (
    timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days")
)
#: In the afternoon in China: an hour earlier is the same day.
NOON = START + 6 * HOUR


def tick_at(now: datetime) -> None:
    with time_machine.travel(now, tick=False):
        tasks.tick()


def send_at(now: datetime) -> None:
    with time_machine.travel(now, tick=False):
        tasks.send_outbox()


def tells(provider: ProviderServer, price: int, at: datetime) -> None:
    """Let the provider reply with this price; its own clock is right."""
    provider.default = lambda query: item(
        query["num_iid"], int(at.timestamp()), discount_price=price
    )


def watched(products: int = 3, minutes: int = 5) -> Story:
    """Return a list whose products are checked every `minutes`."""
    story = Story(products=products)
    Product.objects.update(interval=minutes * MINUTE, soonest=minutes * MINUTE, next_check_at=NOON)
    return story


def test_work_goes_on_at_the_first_tick_and_at_its_usual_pace(provider: ProviderServer) -> None:
    """Each product is checked once more, and finds what has changed since."""
    watched()
    tells(provider, 7200, NOON)
    tick_at(NOON)
    back = NOON - HOUR + 10 * SECOND
    for minute, price in ((0, 7200), (6, 6300), (12, 5900)):
        tells(provider, price, NOON + minute * MINUTE + 10 * SECOND)
        tick_at(back + minute * MINUTE)
        assert not Product.objects.exclude(checked_at=back + minute * MINUTE).exists()
        tick_at(back + minute * MINUTE + 10 * SECOND)
    assert len(provider.calls) == 3 * 4
    assert UsageDay.objects.get().reserved == 3 * 4
    found = [(7200, 6300), (6300, 5900)]
    assert sorted(Change.objects.values_list("before", "after"), reverse=True) == sorted(
        found * 3, reverse=True
    )
    assert all(change.last_seen_before < change.first_seen_after for change in Change.objects.all())


def test_a_product_whose_call_was_under_way_when_the_clock_was_set_back_is_recorded(
    provider: ProviderServer,
) -> None:
    """Its lease is too long now, so it may be called for once more."""
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
        product = Product.objects.get()
        assert len(provider.calls) <= 3
        assert product.price == 6300
        assert product.checked_at is not None
        assert product.checked_at <= timezone.now()
        assert product.next_check_at is not None
        assert product.next_check_at <= timezone.now() + 6 * MINUTE


def test_a_lease_longer_than_a_lease_can_be_is_free(provider: ProviderServer) -> None:
    """The worker that holds it was killed when the clock was set back."""
    watched()
    with transaction.atomic():
        assert len(backlog.claim_next(NOON)) == 3
    Product.objects.update(next_check_at=NOON - 2 * HOUR)
    tick_at(NOON + 59 * SECOND)
    assert provider.calls == []
    tick_at(NOON - HOUR)
    assert len(provider.calls) == 3


def test_what_a_user_asked_for_is_checked_at_the_next_tick(provider: ProviderServer) -> None:
    story = watched()
    Product.objects.update(checked_at=NOON - DAY, next_check_at=NOON + HOUR)
    requests.ask(Product.objects.all(), story.user, NOON)
    tells(provider, 7200, NOON)
    tick_at(NOON - HOUR)
    assert len(provider.calls) == 3
    assert not Product.objects.filter(asked_at__isnull=False).exists()


def test_the_rest_of_the_day_is_planned_anew(provider: ProviderServer, settings: Settings) -> None:
    """The calls spent by noon would be too many two hours earlier."""
    settings.PROVIDER_DAILY_CALLS = 1000
    watched()
    UsageDay.objects.create(day=provider_day(NOON), reserved=590)
    Product.objects.update(checked_at=NOON, next_check_at=NOON + MINUTE)
    back = NOON - 2 * HOUR
    assert ledger.left(back).of_schedule == 0
    tells(provider, 7200, NOON)
    tick_at(back)
    assert len(provider.calls) == 3
    assert ledger.left(back + 10 * MINUTE).of_schedule > 0
    assert ledger.left(back).calls == 407


def test_mails_are_not_delayed_and_no_alert_is_lost() -> None:
    story = Story()
    AlertFactory.create(watchlist=story.watchlist, created_at=NOON, data_time=NOON)
    send_at(NOON)
    assert Message.objects.filter(status="pending").count() == 1
    AlertFactory.create(watchlist=story.watchlist, created_at=NOON - HOUR, data_time=NOON + SECOND)
    send_at(NOON - HOUR + 10 * SECOND)
    send_at(NOON - HOUR + 3 * MINUTE)
    assert not Message.objects.exclude(status="sent").exists()
    assert Alert.objects.filter(messages__status="sent").count() == 2


def test_digests_come_at_their_hour_once() -> None:
    """The digest is written, and its hour comes a second time."""
    story = Story()
    User.objects.update(time_zone="UTC", digest_hour=6)
    Channel.objects.update(how="daily", next_digest_at=NOON)
    for now in (NOON + MINUTE, NOON - HOUR, NOON + MINUTE, NOON + DAY + MINUTE):
        send_at(now)
    slots = Message.objects.filter(recipient=story.user, kind="digest").order_by("until")
    assert list(slots.values_list("until", "status")) == [(NOON, "sent"), (NOON + DAY, "sent")]


@pytest.mark.parametrize("every", [timedelta(milliseconds=500), 10 * MINUTE])
def test_earlier_acts_lock_nobody_out(every: timedelta) -> None:
    limit = Limit("login", burst=2, every=every)
    assert [bool(throttle.take(limit, "somebody", NOON)) for _ in range(3)] == [False, False, True]
    back = NOON - HOUR
    assert [bool(throttle.take(limit, "somebody", back)) for _ in range(3)] == [False, False, True]


def test_a_heartbeat_in_the_future_is_no_sign_of_life() -> None:
    beat("one@host", "check_batch", NOON)
    assert not is_silent(NOON)
    assert is_silent(NOON - HOUR)
    beat("one@host", "check_batch", NOON - HOUR)
    assert not is_silent(NOON - HOUR)


@pytest.mark.parametrize(
    ("by", "is_jump"),
    [(HOUR, True), (-10 * SECOND, False), (30 * SECOND, False), (-9 * DAY, False)],
)
def test_a_jump_is_reported_until_the_day_ends(
    caplog: pytest.LogCaptureFixture, provider: ProviderServer, by: timedelta, is_jump: bool
) -> None:
    watched()
    tells(provider, 7200, NOON)
    for now in (NOON, NOON - by, NOON - by + 10 * SECOND):
        tick_at(now)
    assert clock_set_back(NOON - by + 30 * MINUTE) == (by if is_jump else timedelta(0))
    assert clock_set_back(NOON + 12 * HOUR) == timedelta(0)
    assert caplog.text.count("set back") == is_jump
