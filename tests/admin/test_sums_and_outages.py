"""Monthly sums are shown above the ledger, current outages above past ones."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from monitor.models import Outage, Product, Usage
from tests.factories import ProductFactory

pytestmark = pytest.mark.django_db


def test_the_ledger_is_summed_by_month(admin: Client, url: Callable[..., str]) -> None:
    for day, code, calls, billing in (
        (date(2026, 2, 27), "0000", 1000, "billed"),
        (date(2026, 2, 28), "4001", 30, "not_billed"),
        (date(2026, 3, 1), "0000", 500, "billed"),
    ):
        Usage.objects.create(day=day, api="item_get_app", code=code, calls=calls, billing=billing)
    page = admin.get(url(Usage)).content.decode()
    assert '<td class="field-called">1,000</td>' in page
    assert "2026-02</th><td>1,030</td><td>1,000</td><td>0</td><td>30</td>" in page
    assert "2026-03</th><td>500</td>" in page
    assert "Total</th><td>1,530</td>" in page
    assert "Total</th><td>1,500</td>" in admin.get(url(Usage), {"code": "0000"}).content.decode()


def test_current_outages_are_listed_above_past_ones(admin: Client, url: Callable[..., str]) -> None:
    page = admin.get(url(Outage)).content.decode()
    assert "Open outages" not in page
    now = timezone.now()
    failing = {
        "failing_since": now - timedelta(hours=2),
        "failures": 3,
        "last_outcome": "timeout",
        "next_check_at": now,
    }
    product = ProductFactory.create(title="磨毛衬衫", **failing)
    page = admin.get(url(Outage)).content.decode()
    assert "Open outages" in page
    assert url(product) in page
    assert "All failing products" not in page
    for _ in range(20):
        ProductFactory.create(**failing)
    assert "All failing products" in admin.get(url(Outage)).content.decode()
    Product.objects.update(failing_since=None)
    assert "Open outages" not in admin.get(url(Outage)).content.decode()
