"""If very many products have odd answers at once, the provider is the likely cause."""

from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings

from monitor.models import Alert, Product
from monitor.provider.codes import Outcome
from tests.polling.checking.due import check_products
from tests.polling.checking.shop import GONE, HOUR, Shop
from tests.provider.servers import ProviderServer

pytestmark = pytest.mark.django_db


def test_at_most_a_twentieth_of_the_days_calls_are_confirmations(
    provider: ProviderServer, settings: Settings
) -> None:
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


def test_a_bad_day_of_the_provider_neither_costs_calls_nor_makes_alerts(
    provider: ProviderServer,
) -> None:
    shop = Shop(provider, products=24, shops=8)
    for num_iid in shop.num_iids[:16]:
        provider.answers[num_iid] = GONE
    for _ in range(3):
        assert shop.outcomes() == {Outcome.DOUBTFUL: 16, Outcome.UNCHANGED: 8}
    assert shop.calls_of_today == (96, 0)
    assert not Alert.objects.exists()
    provider.answers.clear()
    shop.check()
    assert Product.objects.filter(dropped__isnull=False).count() == 16
    assert not Alert.objects.exists()
    assert set(Product.objects.values_list("status", flat=True)) == {"on_sale"}


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


def test_a_bad_minute_that_begins_within_a_batch_makes_nothing_gone(
    provider: ProviderServer,
) -> None:
    shop = Shop(provider, products=40)
    for num_iid in shop.num_iids[30:]:
        provider.answers[num_iid] = GONE
    shop.check()
    provider.default = GONE
    shop.check(timedelta(minutes=1))
    assert not Alert.objects.exists()
    assert shop.calls_of_today == (3 * 40, 0)


def check_in_batches(shop: Shop, size: int) -> None:
    keys = list(Product.objects.order_by("num_iid").values_list("pk", flat=True))
    for start in range(0, len(keys), size):
        shop.now += timedelta(seconds=1)
        check_products(keys[start : start + size], shop.clock)


@pytest.mark.parametrize("odd", ["gone", "1 fen"])
def test_the_products_of_a_closed_shop_are_believed_one_after_the_other_or_after_three_hours(
    provider: ProviderServer, odd: str
) -> None:
    shop = Shop(provider, products=60, shops=6)
    for num_iid in shop.num_iids[:4]:
        provider.answers[num_iid] = GONE if odd == "gone" else shop.tells(discount_price=1)
    assert shop.outcomes()[Outcome.DOUBTFUL] == 4
    assert shop.outcomes()[Outcome.UNCHANGED] == 56
    assert (Alert.objects.count(), shop.calls_of_today[1]) == (4, 0)
    for num_iid in shop.num_iids[4:24]:
        provider.answers[num_iid] = GONE if odd == "gone" else shop.tells(discount_price=1)
    for _ in range(3):
        assert shop.outcomes()[Outcome.DOUBTFUL] == 20
    assert Alert.objects.count() == 4
    shop.check()
    assert Alert.objects.count() == 24
