"""Pages show suspicious readings and their confirmation."""

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.judging.doubts import Doubt, DoubtReason
from monitor.models import Product, Watch
from tests.models.factories import NOW, AlertFactory, ChangeFactory
from tests.pages import Browser

pytestmark = pytest.mark.django_db
SEEN = NOW - timedelta(minutes=5)
DOUBT = Doubt(
    reason=DoubtReason.WORTHLESS, field="price", before=7200, after=1, seen_at=SEEN, since=SEEN
)


def test_a_suspicious_reading_is_shown_until_another_one_confirms_it_or_not(
    web: Browser, watch: Watch
) -> None:
    address, reading = f"/products/{watch.product.num_iid}/", "2026-11-25 11:55: ¥72.00 → ¥0.01"
    assert reading not in web.page(address)
    Product.objects.update(doubt=DOUBT.dump(), doubted_at=SEEN)
    assert reading in web.page(address)
    Product.objects.update(doubt=None, doubted_at=None, dropped=DOUBT.dump())
    for query, is_shown in {"": True, "?range=24h": True, "?about=sales": False}.items():
        assert (f"Not confirmed, {reading}" in web.page(address + query)) == is_shown
    older = replace(DOUBT, seen_at=NOW - timedelta(days=2))
    Product.objects.update(dropped=older.dump())
    assert "Not confirmed" not in web.page(f"{address}?range=24h")


def test_a_change_shows_that_a_second_reading_confirmed_it(web: Browser, watch: Watch) -> None:
    change = ChangeFactory.create(product=watch.product, doubted_at=SEEN)
    text = web.page(f"/products/{watch.product.num_iid}/")
    assert "by a second check; first seen 2026-11-25 11:55" in text
    assert AlertFactory.create(product=watch.product, change=change).doubted_at == SEEN
    assert AlertFactory.create(product=watch.product, change=None).doubted_at is None
