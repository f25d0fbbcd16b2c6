"""If very many products have odd readings at once, the provider is the likely cause, unless they are of few shops."""

from collections import Counter
from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings

from monitor import checking
from monitor.checking import confirming
from monitor.models import Alert, DoubtedReading, Product
from monitor.provider.codes import Outcome
from monitor.watchlists.services import add_products
from tests.checking.shop import GONE, HOUR, Shop
from tests.servers import ProviderServer

pytestmark = pytest.mark.django_db


def test_at_most_a_twentieth_of_the_days_calls_are_confirmations(provider: ProviderServer, settings: Settings) -> None:
    shop = Shop(provider, products=8)
    settings.PROVIDER_DAILY_CALLS = 60
    provider.default = shop.tells(discount_price=3600)
    assert shop.outcomes() == {Outcome.OK: 3, Outcome.DOUBTFUL: 5}
    assert shop.calls_of_today == (8 + 8 + 3, 3)
    waits = Product.objects.exclude(doubted_at=None).values_list("next_check_at", "checked_at")
    assert {due - checked for due, checked in waits if due and checked} == {HOUR}
    assert shop.outcomes() == {Outcome.OK: 5, Outcome.UNCHANGED: 3}
    assert shop.calls_of_today == (8 + 8 + 3 + 8, 3)
    assert Alert.objects.count() == 8


def test_a_bad_day_of_the_provider_neither_costs_calls_nor_makes_alerts(provider: ProviderServer) -> None:
    shop = Shop(provider, products=24, shops=8)
    for num_iid in shop.num_iids[:16]:
        provider.answers[num_iid] = GONE
    for _ in range(3):
        assert shop.outcomes() == {Outcome.DOUBTFUL: 16, Outcome.UNCHANGED: 8}
    assert shop.calls_of_today == (96, 0)
    assert not Alert.objects.exists()
    provider.answers.clear()
    shop.check()
    assert Counter(DoubtedReading.objects.values_list("ending", flat=True)) == {"dropped": 16}
    assert not Alert.objects.exists()
    assert set(Product.objects.values_list("status", flat=True)) == {"on_sale"}


def test_odd_readings_that_last_for_hours_are_believed_of_any_number_of_products(provider: ProviderServer) -> None:
    shop = Shop(provider, products=20)
    provider.default = GONE
    for _ in range(3):
        shop.check()
    assert not Alert.objects.exists()
    shop.check()
    assert Alert.objects.count() == 20
    assert Counter(DoubtedReading.objects.values_list("ending", flat=True)) == {"persisted": 20}
    assert not Product.objects.exclude(doubted_at=None).exists()


@pytest.mark.parametrize(("budget", "batch"), [(11_000, 1), (3_000_000, 12)])
def test_a_bad_minute_makes_nothing_gone_whatever_the_budget_and_the_batches(
    provider: ProviderServer, settings: Settings, budget: int, batch: int
) -> None:
    settings.PROVIDER_DAILY_CALLS = budget
    shop = Shop(provider, products=12, shops=2)
    check_in_batches(shop, batch)
    provider.default = GONE
    for _ in range(2):
        check_in_batches(shop, batch)
    assert Product.objects.exclude(doubted_at=None).count() == 12
    provider.default = shop.tells()
    check_in_batches(shop, batch)
    assert set(Product.objects.values_list("status", "doubted_at")) == {("on_sale", None)}
    assert not Alert.objects.exists()
    assert shop.calls_of_today == (5 * 12, 0)


def test_a_bad_minute_that_begins_within_a_batch_makes_nothing_gone(provider: ProviderServer) -> None:
    shop = Shop(provider, products=40)
    for num_iid in shop.num_iids[30:]:
        provider.answers[num_iid] = GONE
    shop.check()
    provider.default = GONE
    shop.check(timedelta(minutes=1))
    assert not Alert.objects.exists()
    assert shop.calls_of_today == (3 * 40, 0)


def test_a_product_that_is_added_in_a_bad_minute_is_found_after_it(provider: ProviderServer) -> None:
    shop = Shop(provider, products=3)
    provider.default = GONE
    shop.check()
    add_products(shop.watchlist, ["3514453298386189999"], shop.now)
    for minutes in (0, 1, 2, 4):
        assert shop.outcomes(timedelta(minutes=minutes)) == {Outcome.DOUBTFUL: 4}
    provider.default = shop.tells()
    assert shop.outcomes(timedelta(minutes=8)) == {Outcome.UNCHANGED: 3, Outcome.OK: 1}
    assert not Alert.objects.exists()


def check_in_batches(shop: Shop, size: int, among: int | None = None) -> None:
    keys = list(Product.objects.order_by("num_iid").values_list("pk", flat=True))[:among]
    for start in range(0, len(keys), size):
        shop.now += timedelta(seconds=1)
        [*checking.check_products(keys[start : start + size], shop.clock)]


def test_a_festival_nights_price_cuts_are_believed_at_the_second_check_at_the_latest(
    provider: ProviderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confirming, "MAX_CONFIRMATIONS", 10)
    shop = Shop(provider, products=12)
    provider.default = shop.tells(discount_price=3600)
    assert shop.outcomes() == {Outcome.OK: 10, Outcome.DOUBTFUL: 2}
    assert Alert.objects.count() == 10
    shop.check()
    assert Alert.objects.count() == 12
    assert shop.calls_of_today == (3 * 12 + 10, 10)


@pytest.mark.parametrize(
    ("odd", "every", "outcomes", "confirmations"),
    [
        ("gone", 2, {Outcome.NOT_FOUND: 20, Outcome.UNCHANGED: 20}, 3),
        ("gone", 1, {Outcome.DOUBTFUL: 40}, 0),
        ("1 fen", 2, {Outcome.DOUBTFUL: 20, Outcome.UNCHANGED: 20}, 0),
    ],
)
def test_a_shop_that_removes_many_products_alerts_at_once_but_no_fault_of_the_provider_does(
    provider: ProviderServer, odd: str, every: int, outcomes: dict[Outcome, int], confirmations: int
) -> None:
    shop = Shop(provider, products=40, shops=2)
    for num_iid in shop.num_iids[::every]:
        provider.answers[num_iid] = GONE if odd == "gone" else shop.tells(discount_price=1)
    assert shop.outcomes() == outcomes
    assert shop.calls_of_today[1] == confirmations
    assert Alert.objects.count() == outcomes.get(Outcome.NOT_FOUND, 0)


def test_a_shop_that_removes_many_products_alerts_soon_when_a_few_are_checked_at_a_time(
    provider: ProviderServer,
) -> None:
    shop = Shop(provider, products=24, shops=2)
    gone = [*shop.num_iids[::2]]
    for num_iid in gone:
        provider.answers[num_iid] = GONE
    check_in_batches(shop, 4)
    assert set(Product.objects.exclude(doubted_at=None).values_list("num_iid", flat=True)) == set(gone)
    shop.now += timedelta(minutes=1)
    check_in_batches(shop, 4)
    assert set(Alert.objects.values_list("product__num_iid", flat=True)) == set(gone)
    assert shop.calls_of_today == (3 * 24, 0)
    assert not Product.objects.exclude(doubted_at=None).exists()


def test_a_shops_products_are_not_believed_gone_if_the_sample_is_found(provider: ProviderServer) -> None:
    shop = Shop(provider, products=24, shops=2)
    for number in range(0, 24, 2):
        shop.answers(GONE, of=number)
    assert shop.outcomes() == {Outcome.DOUBTFUL: 9, Outcome.UNCHANGED: 15}
    assert shop.calls_of_today[1] == 3
    assert not Alert.objects.exists()
    assert shop.outcomes() == {Outcome.UNCHANGED: 24}
