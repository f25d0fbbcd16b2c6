"""Lists of very long tables."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from monitor.admin import base
from monitor.models import Product, Snapshot
from tests.factories import ProductFactory
from tests.story import Story

pytestmark = pytest.mark.django_db


def test_a_list_counts_its_rows_up_to_a_limit(
    admin: Client, url: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "MOST_ROWS", 5)
    story = Story()
    for price in range(7200, 7210):
        story.hears(price=price)
    with CaptureQueriesContext(connection) as captured:
        page = admin.get(url(Snapshot)).content.decode()
    counts = [
        query["sql"] for query in captured.captured_queries if "COUNT(" in query["sql"] and "snapshot" in query["sql"]
    ]
    assert len(counts) == 1
    assert "LIMIT 5" in counts[0]
    assert "5 snapshots" in page


def test_a_products_snapshots_are_in_the_order_of_their_index(admin: Client, url: Callable[..., str]) -> None:
    story = Story()
    for price in (7200, 6300, 5100):
        story.hears(price=price)
    with CaptureQueriesContext(connection) as captured:
        page = admin.get(url(Snapshot), {"product__id__exact": story.product.pk}).content.decode()
    assert page.index("¥51.00") < page.index("¥63.00") < page.index("¥72.00")
    assert any('ORDER BY "monitor_snapshot"."data_time" DESC' in query["sql"] for query in captured.captured_queries)


def test_a_product_without_a_title_is_named_by_its_id(admin: Client, url: Callable[..., str]) -> None:
    product = ProductFactory.create(title=None)
    page = admin.get(url(Product)).content.decode()
    assert page.count(f">{product.num_iid}</a>") == 2
    assert ">—</a>" not in page
