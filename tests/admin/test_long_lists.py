"""Lists of very long tables."""

from collections.abc import Callable

import pytest
from django.test import Client

from monitor.admin import base
from monitor.models import Product, Snapshot
from tests.models.factories import ProductFactory
from tests.polling.story import Story

pytestmark = pytest.mark.django_db


def test_a_list_counts_its_rows_up_to_a_limit(
    admin: Client, url: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "MOST_ROWS", 5)
    story = Story()
    for price in range(7200, 7210):
        story.hears(price=price)
    assert "5 snapshots" in admin.get(url(Snapshot)).content.decode()


def test_a_products_snapshots_are_newest_first(admin: Client, url: Callable[..., str]) -> None:
    story = Story()
    for price in (7200, 6300, 5100):
        story.hears(price=price)
    page = admin.get(url(Snapshot), {"product__id__exact": story.product.pk}).content.decode()
    assert page.index("¥51.00") < page.index("¥63.00") < page.index("¥72.00")


def test_health_leads_to_the_products_by_due_time(admin: Client, url: Callable[..., str]) -> None:
    ProductFactory.create()
    link = f"{url(Product)}?o=8"
    assert link in admin.get("/admin/health/").content.decode()
    changelist = admin.get(link).context["cl"]
    assert list(changelist.get_ordering_field_columns()) == [8]
    assert changelist.list_display[8] == "next_check_at"
