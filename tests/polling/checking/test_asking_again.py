"""A second call is part of the batch: within its claim, its concurrency and a fixed number of
statements."""

from collections import Counter

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from monitor.models import Product
from monitor.polling.checking import backlog, batch
from tests.models.statements import statements
from tests.polling.checking.due import claim_due
from tests.polling.checking.shop import GONE, HOUR, Shop
from tests.provider.servers import ProviderServer, Reply

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_during_a_call(provider: ProviderServer) -> None:
    shop = Shop(provider)
    own, open_during_calls = connections["default"], []
    odd = shop.tells(discount_price=2400)

    def answer(query: dict[str, str]) -> Reply:
        open_during_calls.append(own.in_atomic_block)
        return odd(query)

    provider.default = answer
    shop.check_one()
    assert open_during_calls == [False] * 2


def test_a_batch_takes_at_most_sixteen_statements_and_a_few_more_for_odd_readings(
    provider: ProviderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # On a busy machine the calls may take so long that the batch also queries whether polling is
    # halted.
    monkeypatch.setattr(batch, "LOOK_SECONDS", 600.0)
    shop = Shop(provider, products=40)
    provider.default = shop.tells(discount_price=7100)
    usual = statements_of_a_batch(shop)
    assert sum(usual.values()) <= 16
    counts = []
    for odd in (3, 30):
        for number, num_iid in enumerate(shop.num_iids[:odd]):
            provider.answers[num_iid] = GONE if number % 2 else shop.tells(discount_price=1)
        counts.append(sum(statements_of_a_batch(shop).values()))
        provider.answers.clear()
        statements_of_a_batch(shop)
    assert max(counts) <= sum(usual.values()) + 10


def statements_of_a_batch(shop: Shop) -> Counter[tuple[str, str]]:
    shop.now += HOUR
    Product.objects.update(next_check_at=shop.now)
    with CaptureQueriesContext(connection) as captured:
        running = backlog.begin(lambda now: claim_due(now, 500), shop.clock)
        assert running is not None
        running.settle()
        running.record()
    assert len(running.recorded) == len(shop.num_iids)
    return statements(captured)
