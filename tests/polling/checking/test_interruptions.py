"""Whatever cuts a batch's connection or ends its task: calls made = settled = charged, and each one
is recorded."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime

import psycopg
import pytest
from django.db import connection

from monitor.models import Charge, Product, Rule, Usage, UsageDay
from monitor.models.usage import PARTS
from monitor.polling import checking
from monitor.polling.checking import batch
from tests.polling.checking.due import check_products, wakes_nobody
from tests.polling.checking.shop import HOUR, Shop
from tests.polling.faults import before_statement
from tests.polling.threads import at_once
from tests.provider.servers import ProviderServer, Reply

PRODUCTS = 6
#: A batch has fewer statements.
ENOUGH = 80

type Run = Callable[[list[int], Callable[[], datetime]], object]


def works_off(_keys: list[int], clock: Callable[[], datetime]) -> None:
    checking.work_off(wakes_nobody, clock)


def checks_all(keys: list[int], clock: Callable[[], datetime]) -> object:
    """Check these products, whether they are due or not."""
    return check_products(keys, clock)


@pytest.fixture
def shop(provider: ProviderServer, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Products of whose readings one is odd, and whose replies are slow enough for a look at the
    calls."""
    monkeypatch.setattr(batch, "LOOK_SECONDS", 0.01)
    shop = Shop(provider, PRODUCTS)

    def odd(query: dict[str, str]) -> Reply:
        time.sleep(0.03)
        return shop.tells(discount_price=1)

    provider.answers[shop.num_iids[0]] = odd
    return shop


def rounds(shop: Shop, run: Run, fault: Callable[[], None]) -> Iterator[tuple[set[str], set[str]]]:
    """Run again and again, with a fault before the first, second, ... statement, until none is
    left.

    Yields which products were called and which were recorded.
    """
    keys = list(Product.objects.values_list("pk", flat=True))
    for number in range(1, ENOUGH):
        shop.now += HOUR
        Product.objects.update(price=7200, doubt=None, doubted_at=None, next_check_at=shop.now)
        began, calls = shop.now, len(shop.provider.calls)
        with before_statement(number, fault) as has_come, suppress(SystemExit):
            run(keys, shop.clock)
        recorded = Product.objects.filter(checked_at__gte=began).values_list("num_iid", flat=True)
        yield {call["num_iid"] for call in shop.provider.calls[calls:]}, set(recorded)
        assert_each_call_counts_once(shop)
        if not has_come():
            return
    pytest.fail("It has more statements than a batch may have.")


def cut_all_connections() -> None:
    """End all connections to the test's database, as a restart of PostgreSQL does."""
    config = connection.settings_dict
    with psycopg.connect(
        host=config["HOST"],
        port=config["PORT"],
        user=config["USER"],
        password=config["PASSWORD"],
        dbname="postgres",
    ) as link:
        link.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND "
            "pid <> pg_backend_pid()",
            [config["NAME"]],
        )


def is_told_to_end() -> None:
    """SIGTERM in a child of Celery."""
    raise SystemExit


def assert_each_call_counts_once(shop: Shop) -> None:
    calls = PRODUCTS + len(shop.provider.calls)  # The shop has begun with a check of each.
    assert sum(Usage.objects.values_list("calls", flat=True)) == calls
    assert sum(Charge.objects.values_list("parts", flat=True)) == calls * PARTS
    assert sum(UsageDay.objects.values_list("reserved", flat=True)) == calls
    assert not Product.objects.filter(claimed_until__isnull=False).exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("run", [works_off, checks_all])
def test_a_cut_connection_costs_nothing_wherever_it_is_cut(shop: Shop, run: Run) -> None:
    for called, recorded in rounds(shop, run, cut_all_connections):
        assert called == recorded == set(shop.num_iids)


@pytest.mark.django_db(transaction=True)
def test_a_task_that_is_told_to_end_records_what_it_has_paid(shop: Shop) -> None:
    for called, recorded in rounds(shop, works_off, is_told_to_end):
        assert called == recorded


@pytest.mark.django_db(transaction=True)
def test_a_paid_second_reading_counts_though_the_rules_go_and_its_task_is_told_to_end(
    shop: Shop,
) -> None:
    def deletes_rules(query: dict[str, str]) -> Reply:
        at_once(Rule.objects.all().delete)
        return shop.tells(discount_price=3500)(query)

    shop.answers(shop.tells(discount_price=3600), deletes_rules)
    with (
        before_statement(2, is_told_to_end, about='INTO "monitor_usage"') as has_come,
        pytest.raises(SystemExit),
    ):
        shop.check()
    assert has_come()
    assert shop.product.price == 3500
    assert_each_call_counts_once(shop)
