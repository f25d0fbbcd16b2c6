"""While there is a backlog a worker goes on with the next batch, without waiting for the tick."""

import threading
import time
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from django.utils import timezone
from pytest_django.fixtures import Settings

from monitor.judging.schedule.spending import Spending
from monitor.models import Charge, Product, Snapshot, Usage, UsageDay, User
from monitor.models.usage import PARTS, PROVIDER_ZONE, provider_day, quota_reset
from monitor.polling import checking
from monitor.polling.budget import ledger
from monitor.polling.checking import backlog, batch
from monitor.watching.requests import ask
from tests.models.factories import ProductFactory, UserFactory, WatchFactory, WatchlistFactory
from tests.polling.checking.due import begin_batch, wakes_nobody
from tests.polling.faults import refusing
from tests.polling.story import Story
from tests.polling.threads import at_once
from tests.provider.servers import ProviderServer, forget_client, item

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def answers(query: dict[str, str]) -> dict[str, Any]:
    return item(query["num_iid"], int(timezone.now().timestamp()))


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "ROUNDS", 2)
    monkeypatch.setattr(batch, "ASKED_ROUNDS", 2)


@pytest.mark.usefixtures("small_batches")
def test_a_worker_goes_on_until_nothing_is_due(provider: ProviderServer) -> None:
    """A message that comes twice finds nothing to do."""
    Story(products=35)
    provider.default = answers
    woken: list[int] = []
    for _message in range(2):
        checking.work_off(lambda: woken.append(1))
    assert len(woken) == 4, "with each full batch"
    assert (
        Snapshot.objects.count(),
        Usage.objects.get().calls,
        UsageDay.objects.get().reserved,
    ) == (35, 35, 35)
    assert not Product.objects.filter(claimed_until__isnull=False).exists()


@pytest.mark.usefixtures("small_batches")
def test_it_wakes_the_next_task_when_its_time_is_up(
    provider: ProviderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "CONTINUE_SECONDS", 0.0)
    Story(products=35)
    provider.default = answers
    woken: list[int] = []
    checking.work_off(lambda: woken.append(Snapshot.objects.count()))
    assert Snapshot.objects.count() == 8
    assert woken == [0, 8], "for another worker at once, and for the rest at the end"


@pytest.mark.usefixtures("small_batches")
@pytest.mark.django_db(transaction=True)
def test_workers_that_begin_together_keep_to_the_even_share(
    provider: ProviderServer, settings: Settings
) -> None:
    settings.PROVIDER_DAILY_CALLS = 1000
    story = Story(products=60)
    now = quota_reset(story.now) + timedelta(minutes=20)
    provider.default = lambda query: item(query["num_iid"], int(now.timestamp()))
    begun = threading.Barrier(2)

    def work() -> None:
        begun.wait()
        while products := begin_batch(now):
            assert products

    at_once(work, work)
    assert (
        UsageDay.objects.get(day=provider_day(now)).reserved
        == Spending(1000, now, PROVIDER_ZONE).spendable
        > 8
    )


@pytest.mark.usefixtures("small_batches")
def test_the_schedule_gets_every_second_batch_however_much_people_ask_for(
    settings: Settings,
) -> None:
    settings.PROVIDER_DAILY_CALLS = 100_000
    story = Story(products=40)
    Product.objects.update(asked_at=None)
    asked = Product.objects.filter(num_iid__in=story.num_iids[:20])
    asked.update(asked_at=story.now)
    by_people = set(asked.values_list("pk", flat=True))
    assert set(begin_batch(story.now)) < by_people
    assert set(begin_batch(story.now, was_asked=True)) - by_people


@pytest.mark.usefixtures("small_batches")
def test_it_leaves_the_rest_to_the_tick_when_calls_were_refused(
    provider: ProviderServer, settings: Settings
) -> None:
    settings.PROVIDER_DAILY_CALLS = 5
    Story(products=20)
    provider.default = answers
    checking.work_off(wakes_nobody)
    assert (Snapshot.objects.count(), len(provider.calls)) == (5, 5)
    assert Product.objects.filter(next_check_at__lte=timezone.now(), answered_at=None).count() == 15


@pytest.mark.usefixtures("small_batches")
def test_paid_replies_are_recorded_though_the_batch_before_cannot_be(
    provider: ProviderServer,
) -> None:
    Story(products=16)
    of_first_batch = "衬衫 of the first batch"

    def tells(query: dict[str, str]) -> dict[str, Any]:
        now = int(timezone.now().timestamp())
        name = of_first_batch if len(provider.calls) <= 8 else "衬衫"
        return item(query["num_iid"], now, name=name)

    provider.default = tells
    with refusing(of_first_batch), pytest.raises(DatabaseError):
        checking.work_off(wakes_nobody)
    unsent = Product.objects.filter(answered_at=None, claimed_until=None).count()
    assert Snapshot.objects.count() == 8 - unsent
    assert (
        UsageDay.objects.get().reserved
        == Usage.objects.get().calls
        == len(provider.calls)
        == 16 - unsent
    )
    assert ledger.left(timezone.now()).calls > 0


def ask_for(person: User, first: int, many: int, now: datetime) -> set[int]:
    """Let a person ask for checks of products on a list of theirs; return the products' keys."""
    watchlist = WatchlistFactory.create(owner=person)
    products = [
        ProductFactory.create(num_iid=str(first + n), next_check_at=now + DAY) for n in range(many)
    ]
    for product in products:
        WatchFactory.create(watchlist=watchlist, product=product)
    keys = {product.pk for product in products}
    return set(ask(Product.objects.filter(pk__in=keys), person, now).products)


@pytest.mark.usefixtures("small_batches")
def test_what_people_ask_for_is_served_person_by_person(settings: Settings) -> None:
    settings.PROVIDER_DAILY_CALLS = 10_000
    now = timezone.now()
    many, few, one = UserFactory.create_batch(3)
    asked_first = ask_for(many, 1000, 20, now - timedelta(minutes=5))
    asked_next = ask_for(few, 5000, 2, now - timedelta(seconds=2))
    asked_last = ask_for(one, 7000, 1, now)
    batch = begin_batch(now)
    assert len(batch) == 16, "small: whoever asks during it waits for a few calls only"
    assert set(batch[:3]) & asked_last == asked_last
    assert asked_next < set(batch[:5])
    assert set(batch) < asked_first | asked_next | asked_last


def test_a_user_does_not_wait_behind_anothers_many_checks_for_a_product_of_both(
    settings: Settings,
) -> None:
    settings.PROVIDER_DAILY_CALLS = 10_000
    now = timezone.now()
    many, one = UserFactory.create_batch(2)
    asked = sorted(ask_for(many, 1000, 20, now - timedelta(minutes=1)))
    ask_for(one, 7000, 1, now)
    late = ProductFactory.create(num_iid="9999", next_check_at=now - timedelta(seconds=1))
    shared = Product.objects.filter(pk__in=[asked[-1], late.pk])
    assert set(ask(shared, one, now).products) == {asked[-1], late.pk}
    assert not ask(shared, many, now).products, "they would wait for longer in that turn"
    assert set(begin_batch(now)[:6]) >= {asked[-1], late.pk}
    assert Product.objects.filter(asked_by=many).count() == 19, "who did not wait does not pay"


@pytest.mark.django_db(transaction=True)
def test_what_is_asked_for_during_its_check_is_checked_again_and_paid_by_who_asked(
    provider: ProviderServer,
) -> None:
    story = Story()
    asker = UserFactory.create()
    WatchlistFactory.create(owner=asker)
    Product.objects.update(asked_at=None, asked_by=None, checked_at=story.now)

    def answer(query: dict[str, str]) -> dict[str, Any]:
        if len(provider.calls) == 1:
            at_once(lambda: ask(Product.objects.all(), asker, timezone.now()))
        return answers(query)

    provider.default = answer
    for _tick in range(2):
        checking.work_off(wakes_nobody)
    assert len(provider.calls) == 2
    assert Product.objects.get().asked_at is None
    charges = Charge.objects.order_by("reason").values_list("person", "reason", "parts")
    assert list(charges) == [(asker.pk, "asked", PARTS), (story.user.pk, "schedule", PARTS)]


@pytest.mark.django_db(transaction=True)
def test_a_batch_of_the_schedule_gives_way_to_a_user(
    provider: ProviderServer, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.PROVIDER_CONCURRENCY = 1
    forget_client()
    monkeypatch.setattr(batch, "LOOK_SECONDS", 0.01)
    story = Story(products=6)
    Product.objects.update(asked_at=None, next_check_at=story.now - timedelta(hours=1))
    calls: list[str] = []
    user = UserFactory.create()
    wanted = ProductFactory.create(num_iid="777", next_check_at=timezone.now() + DAY)

    def answer(query: dict[str, str]) -> dict[str, Any]:
        calls.append(query["num_iid"])
        if len(calls) == 2:
            at_once(lambda: ask(Product.objects.filter(pk=wanted.pk), user, timezone.now()))
            time.sleep(0.3)
        return answers(query)

    provider.default = answer
    checking.work_off(wakes_nobody)
    assert calls.index("777") <= 3, "it does not wait for the rest of the batch"
    assert len(calls) == len(set(calls)) == 7, "the rest follows"
