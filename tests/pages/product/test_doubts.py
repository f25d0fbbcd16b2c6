"""Pages show suspicious readings and their confirmation."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from monitor.doubts import Doubt, DoubtReason
from monitor.models import Product, Watchlist
from tests.factories import NOW, AlertFactory, ChangeFactory, WatchFactory

pytestmark = pytest.mark.django_db
SEEN = NOW - timedelta(minutes=5)
DOUBT = Doubt(
    reason=DoubtReason.WORTHLESS, field="price", before=7200, after=1, seen_at=SEEN, since=SEEN
)


@pytest.fixture
def product(watchlist: Watchlist) -> Product:
    return WatchFactory.create(watchlist=watchlist).product


def page_of(web: Client, product: Product, query: str = "") -> str:
    with time_machine.travel(NOW, tick=False):
        return web.get(f"/products/{product.num_iid}/{query}").content.decode()


def test_a_suspicious_reading_is_shown_until_the_next_check_confirms_it(
    web: Client, product: Product
) -> None:
    assert "to be confirmed" not in page_of(web, product)
    product.doubt, product.doubted_at = DOUBT.dump(), SEEN
    product.save()
    notice = "2026-11-25 11:55: ¥72.00 → ¥0.01"
    assert notice in page_of(web, product)


def test_a_reading_that_was_not_confirmed_is_shown_above_the_changes(
    web: Client, product: Product
) -> None:
    product.dropped = DOUBT.dump()
    product.save()
    notice = "Not confirmed, 2026-11-25 11:55: ¥72.00 → ¥0.01"
    assert notice in page_of(web, product)
    assert notice in page_of(web, product, "?range=24h")
    assert notice not in page_of(web, product, "?about=sales")
    product.dropped = replace(DOUBT, seen_at=NOW - timedelta(days=2)).dump()
    product.save()
    assert "Not confirmed" not in page_of(web, product, "?range=24h")


def test_a_change_shows_that_a_second_reading_confirmed_it(web: Client, product: Product) -> None:
    change = ChangeFactory.create(product=product)
    assert "by a second reading" not in page_of(web, product)
    change.doubted_at = SEEN
    change.save()
    assert "by a second check; first seen 2026-11-25 11:55" in page_of(web, product)
    assert AlertFactory.create(product=product, change=change).doubted_at == SEEN
    assert AlertFactory.create(product=product, change=None).doubted_at is None
