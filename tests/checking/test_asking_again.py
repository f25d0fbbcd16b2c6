"""A second call is part of the batch: within its claim, its concurrency and a fixed number of statements."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from monitor.budget import ledger
from monitor.checking import batch, claims
from monitor.models import Alert, DoubtedReading, Product
from monitor.provider.codes import Outcome
from tests.checking.due import claim_due
from tests.checking.shop import GONE, HOUR, Shop
from tests.servers import ProviderServer, Reply, forget_client

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_during_the_second_call(provider: ProviderServer) -> None:
    shop = Shop(provider)
    own, open_during_calls = connections["default"], []
    odd = shop.tells(discount_price=1)

    def answer(query: dict[str, str]) -> Reply:
        open_during_calls.append(own.in_atomic_block)
        return odd(query)

    provider.default = answer
    shop.check_one()
    assert open_during_calls == [False] * 2


def test_a_worker_that_lost_its_claim_during_the_second_call_records_nothing(provider: ProviderServer) -> None:
    shop = Shop(provider)
    key = shop.product.pk
    second_call, seized = threading.Event(), threading.Event()

    def again(query: dict[str, str]) -> Reply:
        second_call.set()
        seized.wait(5)
        return shop.tells(discount_price=1)(query)

    shop.answers(shop.tells(discount_price=1), again)
    shop.now += HOUR
    products = claims.seize([key], shop.now, lasts=batch.longest_run(1))
    running = batch.Batch(products, ledger.reserve(1, shop.now), shop.clock)
    settle = running._ask_again

    def loses_its_claim(products: Any) -> Any:
        seized.set()
        claims.seize([key], shop.now, lasts=batch.longest_run(1))
        return settle(products)

    running._ask_again = loses_its_claim  # type: ignore[method-assign]
    running.settle()
    running.record()
    assert second_call.is_set()
    assert len(provider.calls) == 2
    assert (shop.product.price, shop.product.doubt) == (7200, None)
    assert not DoubtedReading.objects.exists()
    assert not Alert.objects.exists()
    assert shop.calls_of_today == (3, 1)


def test_no_second_call_is_made_after_the_batchs_time(provider: ProviderServer) -> None:
    shop = Shop(provider)

    def slow(query: dict[str, str]) -> Reply:
        shop.now += timedelta(seconds=20)
        return shop.tells(discount_price=1)(query)

    provider.default = slow
    began = shop.now + HOUR
    assert shop.check_one().outcome is Outcome.DOUBTFUL
    assert len(provider.calls) == 1
    assert shop.now - began < batch.longest_run(1)


def test_second_calls_keep_to_the_concurrency(provider: ProviderServer) -> None:
    shop = Shop(provider, products=40)
    four = threading.Barrier(4, timeout=5)
    odd = shop.tells(discount_price=3600)

    def answer(query: dict[str, str]) -> Reply:
        four.wait()
        return odd(query)

    provider.default = answer
    assert shop.outcomes() == {Outcome.OK: 40}
    assert (len(provider.calls), provider.most_at_once) == (80, 4)


@pytest.mark.parametrize("odd", [3, 400])
def test_a_batch_with_odd_readings_costs_a_fixed_number_of_statements_more(
    provider: ProviderServer, settings: Settings, monkeypatch: pytest.MonkeyPatch, odd: int
) -> None:
    # On a busy machine the calls may take so long that the batch also queries whether polling is halted.
    monkeypatch.setattr(batch, "LOOK_SECONDS", 600.0)
    settings.PROVIDER_CONCURRENCY = 8
    forget_client()
    shop = Shop(provider, products=500)
    every = shop.tells(discount_price=7100)
    provider.default = every
    usual = statements(shop)
    for number, num_iid in enumerate(shop.num_iids[:odd]):
        provider.answers[num_iid] = GONE if number % 2 else shop.tells(discount_price=1)
    assert usual <= 12
    assert statements(shop) <= usual + 10


def statements(shop: Shop) -> int:
    shop.now += HOUR
    Product.objects.update(next_check_at=shop.now)
    products = claim_due(shop.now, 500, lasts=HOUR)
    with CaptureQueriesContext(connection) as captured:
        running = batch.Batch(products, ledger.reserve(500, shop.now), shop.clock)
        running.settle()
        running.record()
    assert len(running.recorded) == 500
    return sum(not query["sql"].startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")) for query in captured)
