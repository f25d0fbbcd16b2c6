"""Every call is charged: to the user who asked for it, or in equal parts to those who watch the
product."""

import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from monitor.models import Charge, Product, Usage, User, Watchlist
from monitor.models.usage import PARTS, provider_day
from monitor.polling import checking
from monitor.polling.answers import Result
from monitor.polling.budget.charges import charge, purge
from monitor.watching.requests import ask
from monitor.watching.services import add_products
from tests.models.factories import NOW, ProductFactory, UserFactory, WatchFactory, WatchlistFactory
from tests.polling.checking.due import wakes_nobody
from tests.polling.checking.shop import Shop
from tests.polling.story import TELLS
from tests.polling.threads import at_once
from tests.provider.servers import ProviderServer, item

pytestmark = pytest.mark.django_db
DAY = provider_day(NOW)


def charged() -> dict[tuple[str, str], float]:
    """Return calls by person and reason."""
    return {
        (row.person.email, row.reason): row.calls for row in Charge.objects.select_related("person")
    }


@pytest.fixture
def shared() -> list[User]:
    """Three people, each with a list of the same product."""
    product = ProductFactory.create(next_check_at=NOW)
    people = [UserFactory.create(email=f"{name}@example.com") for name in "abc"]
    for person in people:
        WatchFactory.create(watchlist=WatchlistFactory.create(owner=person), product=product)
    return people


def called(*products: Product) -> list[Result]:
    return [Result(product, TELLS, NOW) for product in products]


def test_who_asks_for_a_check_pays_all_of_it(provider: ProviderServer, shared: list[User]) -> None:
    now = timezone.now()
    Product.objects.update(
        checked_at=now - timedelta(days=1), next_check_at=now + timedelta(hours=1)
    )
    assert len(ask(Product.objects.all(), shared[1], now).products) == 1
    provider.default = lambda query: item(query["num_iid"], int(now.timestamp()))
    checking.work_off(wakes_nobody)
    assert charged() == {("b@example.com", "asked"): 1}
    assert Product.objects.get().asked_by is None, "the next call is the schedule's again"


def test_first_checks_are_charged_to_the_user_who_adds_the_products(
    provider: ProviderServer, shared: list[User]
) -> None:
    Product.objects.update(next_check_at=None)
    provider.default = lambda query: item(query["num_iid"], int(timezone.now().timestamp()))
    editor = UserFactory.create(email="editor@example.com")
    add_products(
        Watchlist.objects.get(owner=shared[0]), ["7001", "7002"], timezone.now(), by=editor
    )
    checking.work_off(wakes_nobody)
    assert charged() == {("editor@example.com", "first"): 2}


def test_confirmations_are_told_apart(provider: ProviderServer) -> None:
    shop = Shop(provider, products=12)
    Charge.objects.all().delete()
    shop.answers(*[shop.tells(discount_price=2400)] * 2)
    shop.check()
    assert {reason: calls for (_person, reason), calls in charged().items()} == {
        "schedule": 12,
        "confirming": 1,
    }


@pytest.mark.django_db(transaction=True)
def test_a_check_is_recorded_though_the_user_who_asked_for_it_is_deleted_meanwhile(
    provider: ProviderServer,
) -> None:
    watcher, asker = UserFactory.create(), UserFactory.create()
    watchlist = WatchlistFactory.create(owner=watcher)
    add_products(watchlist, ["7001", "7002"], timezone.now(), by=asker)
    begun = threading.Event()

    def leaves(query: dict[str, str]) -> Any:
        if not begun.is_set():
            begun.set()
            at_once(asker.delete)
        return item(query["num_iid"], int(timezone.now().timestamp()))

    provider.default = leaves
    checking.work_off(wakes_nobody)
    assert Product.objects.filter(price__isnull=False, asked_at=None, asked_by=None).count() == 2
    assert sum(Usage.objects.values_list("calls", flat=True)) == 2


def test_charges_are_kept_for_a_year(shared: list[User]) -> None:
    for days in (0, 364, 366):
        charge(called(Product.objects.get()), DAY - timedelta(days=days))
    assert purge(NOW) == 3
    assert Charge.objects.count() == 6


@pytest.mark.django_db(transaction=True)
def test_two_workers_charge_the_same_people_at_once() -> None:
    owners = [UserFactory.create() for _ in range(5)]
    products = [ProductFactory.create() for _ in range(6)]
    for owner in owners:
        watchlist = WatchlistFactory.create(owner=owner)
        for product in products:
            WatchFactory.create(watchlist=watchlist, product=product)

    def work() -> None:
        for _ in range(5):
            charge(called(*products), DAY)

    at_once(*[work] * 4)
    assert sum(Charge.objects.values_list("parts", flat=True)) == 4 * 5 * 6 * PARTS


class AnyWatchers(TestCase):
    @settings(max_examples=8, deadline=None)
    @given(st.lists(st.sets(st.integers(0, 4)), min_size=1, max_size=6), st.data())
    def test_the_sum_is_exact_and_nobody_pays_more_than_a_part(
        self, watched: list[set[int]], data: Any
    ) -> None:
        """`watched`: for each product, who watches it."""
        lists = [WatchlistFactory.create() for _ in range(5)]
        products = [ProductFactory.create(checked_at=NOW) for _ in watched]
        for product, people in zip(products, watched, strict=True):
            for person in people:
                WatchFactory.create(watchlist=lists[person], product=product)
        charge(called(*products), DAY)
        parts = Counter[int]()
        for row in Charge.objects.all():
            parts[row.person_id] += row.parts
        assert parts.total() == PARTS * sum(map(bool, watched))
        for number, watchlist in enumerate(lists):
            fair = sum(PARTS / len(people) for people in watched if number in people)
            assert abs(parts[watchlist.owner_id] - fair) <= len(watched)
