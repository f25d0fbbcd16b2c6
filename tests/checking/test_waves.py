"""If very many products have odd readings at once, the provider is the likely cause, unless they are of few shops."""

from collections import Counter
from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings

from monitor import checking
from monitor.models import Alert, DoubtedReading, Product
from monitor.provider.codes import Outcome
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
    shop = Shop(provider, products=90, shops=30)
    for num_iid in shop.num_iids[:60]:
        provider.answers[num_iid] = GONE
    for _ in range(3):
        assert shop.outcomes() == {Outcome.DOUBTFUL: 60, Outcome.UNCHANGED: 30}
    assert shop.calls_of_today == (360, 0)
    assert not Alert.objects.exists()
    provider.answers.clear()
    shop.check()
    assert Counter(DoubtedReading.objects.values_list("ending", flat=True)) == {"dropped": 60}
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


def test_a_bad_day_is_noticed_in_small_batches_too(provider: ProviderServer) -> None:
    shop = Shop(provider, products=60)
    provider.default = GONE
    keys = list(Product.objects.order_by("pk").values_list("pk", flat=True))
    for start in range(0, 60, 2):
        shop.now += timedelta(seconds=5)
        assert len([*checking.check_products(keys[start : start + 2], shop.clock)]) == 1
    alerts = Alert.objects.count()
    assert alerts == shop.calls_of_today[1] == 6
    assert Product.objects.exclude(doubted_at=None).count() == 54


def test_a_festival_nights_price_cuts_are_believed_at_the_second_check_at_the_latest(provider: ProviderServer) -> None:
    shop = Shop(provider, products=60)
    provider.default = shop.tells(discount_price=3600)
    assert shop.outcomes() == {Outcome.OK: 50, Outcome.DOUBTFUL: 10}
    assert Alert.objects.count() == 50
    shop.check()
    assert Alert.objects.count() == 60
    assert shop.calls_of_today == (3 * 60 + 50, 50)


def test_a_shop_that_removes_many_products_alerts_at_once(provider: ProviderServer) -> None:
    shop = Shop(provider, products=60, shops=2)
    for num_iid in shop.num_iids[::2]:
        provider.answers[num_iid] = GONE
    assert shop.outcomes() == {Outcome.NOT_FOUND: 30, Outcome.UNCHANGED: 30}
    assert shop.calls_of_today == (60 + 60 + 3, 3)
    assert Alert.objects.count() == 30
    assert Counter(DoubtedReading.objects.values_list("ending", flat=True)) == {"confirmed": 3}


def test_a_shop_that_removes_many_products_alerts_when_a_few_are_checked_at_a_time(provider: ProviderServer) -> None:
    shop = Shop(provider, products=60, shops=2)
    gone = [*shop.num_iids[::2]]
    for num_iid in gone:
        provider.answers[num_iid] = GONE
    keys = list(Product.objects.order_by("num_iid").values_list("pk", flat=True))
    for start in range(0, 60, 4):
        shop.now += timedelta(seconds=5)
        [*checking.check_products(keys[start : start + 4], shop.clock)]
    assert set(Alert.objects.values_list("product__num_iid", flat=True)) == set(gone)
    assert shop.calls_of_today[1] == 6
    assert not Product.objects.exclude(doubted_at=None).exists()


def test_a_shops_products_are_not_believed_gone_if_the_sample_is_found(
    provider: ProviderServer,
) -> None:
    shop = Shop(provider, products=60, shops=2)
    for number in range(0, 60, 2):
        shop.answers(GONE, of=number)
    assert shop.outcomes() == {Outcome.DOUBTFUL: 27, Outcome.UNCHANGED: 33}
    assert shop.calls_of_today[1] == 3
    assert not Alert.objects.exists()
    assert shop.outcomes() == {Outcome.UNCHANGED: 60}


def test_vanished_products_of_a_shop_are_believed_when_the_next_checks_agree(
    provider: ProviderServer, settings: Settings
) -> None:
    shop = Shop(provider, products=60, shops=2)
    settings.PROVIDER_DAILY_CALLS = 60 + 60
    for num_iid in shop.num_iids[::2]:
        provider.answers[num_iid] = GONE
    assert shop.outcomes() == {Outcome.DOUBTFUL: 30, Outcome.UNCHANGED: 30}
    settings.PROVIDER_DAILY_CALLS = 10_000
    assert shop.outcomes() == {Outcome.NOT_FOUND: 30, Outcome.UNCHANGED: 30}
    assert Alert.objects.count() == 30


def test_if_everything_vanishes_nothing_is_believed(provider: ProviderServer) -> None:
    shop = Shop(provider, products=40, shops=2)
    provider.default = GONE
    assert shop.outcomes() == {Outcome.DOUBTFUL: 40}
    assert shop.calls_of_today[1] == 0


def test_many_products_of_one_shop_at_one_fen_are_not_believed(provider: ProviderServer) -> None:
    shop = Shop(provider, products=40, shops=2)
    for num_iid in shop.num_iids[::2]:
        provider.answers[num_iid] = shop.tells(discount_price=1)
    assert shop.outcomes() == {Outcome.DOUBTFUL: 20, Outcome.UNCHANGED: 20}
    assert shop.calls_of_today[1] == 0
