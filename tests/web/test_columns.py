"""A history read by column tells what its rows tell one by one."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest
from django.db.models import QuerySet

from monitor.dashboard.columns import UnixSeconds, by_column
from monitor.models import Product, Snapshot
from tests.factories import NOW, ProductFactory

pytestmark = pytest.mark.django_db
FIELDS = ("price", "list_price", "sales", "sku_min_price", "sku_max_price", "status", "from_cache")


def rows(product: Product) -> QuerySet[Any, Any]:
    times = (UnixSeconds("data_time"), UnixSeconds("last_seen_before"))
    return Snapshot.objects.filter(product=product).order_by("data_time").values_list(*times, *FIELDS)


def snapshots(product: Product, chance: Random, count: int) -> None:
    """Of columns that change, that never do, that tell nothing, and that tell it now and then."""
    numbers = list(range(count))
    chance.shuffle(numbers)
    Snapshot.objects.bulk_create(
        Snapshot(
            product=product,
            data_time=NOW + timedelta(seconds=3600.7 * number),
            last_seen_before=NOW + timedelta(seconds=3600.7 * number - chance.randrange(3600)) if number else None,
            received_at=NOW,
            price=chance.choice([0, 1, -1, 7200, 2**40, 2**63 - 1]),
            list_price=9900,
            sales=chance.choice([None, 10, 20]),
            sku_min_price=None,
            sku_max_price=None if number else 5,
            status=chance.choice(["on_sale", "off_shelf", None]),
            from_cache=chance.random() < 0.2,
        )
        for number in numbers
    )


@pytest.mark.parametrize("count", [1, 2, 3, 40, 300])
def test_columns_are_those_of_the_rows(count: int) -> None:
    product = ProductFactory.create()
    snapshots(product, Random(count), count)
    plain = list(zip(*rows(product), strict=True))
    assert [tuple(column) for column in by_column(rows(product), 9)] == plain
    assert plain[0] == tuple(int(NOW.timestamp() + 3600.7 * number) for number in range(count))


def test_of_no_rows_there_are_empty_columns() -> None:
    assert by_column(rows(ProductFactory.create()), 9) == [()] * 9
