"""More rows cost no page more queries."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from monitor.budget import fitted
from monitor.models import Product, Rule, User, Watchlist
from tests.factories import (
    NOW,
    AlertFactory,
    ChangeFactory,
    MembershipFactory,
    ProductFactory,
    SnapshotFactory,
    WatchFactory,
    WatchlistFactory,
)

pytestmark = pytest.mark.django_db
MOST = 12


def fill(merchant: User, product: Product, rows: int, round_: int) -> None:
    """Adds lists with members, products with histories, and alerts."""
    for number in range(rows):
        hours = timedelta(hours=round_ * 100 + number + 1)
        watchlist = WatchlistFactory.create(owner=merchant)
        MembershipFactory.create(watchlist=watchlist)
        watch = WatchFactory.create(watchlist=watchlist, product=product)
        Rule.objects.create(watchlist=watchlist, watch=watch, kind="price_changed")
        other = ProductFactory.create()
        WatchFactory.create(watchlist=watchlist, product=other)
        for changed in (product, other):
            SnapshotFactory.create(product=changed, data_time=NOW - hours, price=7000 + number)
            change = ChangeFactory.create(product=changed, first_seen_after=NOW - hours)
            AlertFactory.create(watchlist=watchlist, product=changed, change=change)
        AlertFactory.create(watchlist=watchlist, product=None, shop=product.shop, field="name")


def queries(web: Client, address: str, headers: dict[str, str]) -> int:
    cache.clear()
    with CaptureQueriesContext(connection) as captured:
        assert web.get(address, headers=headers).status_code == 200
    return len(captured)


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_every_page_makes_a_fixed_number_of_queries(
    web: Client, merchant: User, watchlist: Watchlist, headers: dict[str, str]
) -> None:
    product = WatchFactory.create(watchlist=watchlist).product
    addresses = [
        *("/products/", "/products/?q=Shirt&sort=day&status=on_sale", f"/products/?list={watchlist.pk}"),
        *("/products/shops/", "/products/shops/?name=Shop"),
        *(f"/products/{product.num_iid}/", f"/products/{product.num_iid}/?range=all&about=shop"),
        *(f"/products/{product.num_iid}/series/", f"/products/{product.num_iid}/changes/"),
        *(f"/shops/{product.shop_id}/", f"/shops/{product.shop_id}/series/"),
        *("/", "/usage/", "/alerts/?show=all", "/alerts/?kind=price_changed", "/watchlists/"),
        *(f"/watchlists/{watchlist.pk}/", f"/watchlists/{watchlist.pk}/rules/"),
    ]
    fill(merchant, product, rows=1, round_=0)
    fitted.planner()  # Cached for a minute by the first page that needs it.
    few = {address: queries(web, address, headers=headers) for address in addresses}
    fill(merchant, product, rows=12, round_=1)
    many = {address: queries(web, address, headers=headers) for address in addresses}
    assert many == few
    assert max(many.values()) <= MOST, many
