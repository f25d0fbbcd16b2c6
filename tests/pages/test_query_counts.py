"""More rows cost no page more queries."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from monitor.models import AssortmentEntry, Product, Rule, User, Watchlist
from monitor.polling.budget import fitted
from monitor.watching.following import follow_shop
from tests.models.factories import (
    NOW,
    AlertFactory,
    ChangeFactory,
    MembershipFactory,
    ProductFactory,
    SnapshotFactory,
    WatchFactory,
    WatchlistFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("alerts_on_any_change")]
MOST = 13


def fill(merchant: User, product: Product, rows: int, round_: int) -> None:
    """Add lists with members, products with histories, and alerts."""
    for number in range(rows):
        hours = timedelta(hours=round_ * 100 + number + 1)
        watchlist = WatchlistFactory.create(owner=merchant)
        MembershipFactory.create(watchlist=watchlist)
        watch = WatchFactory.create(watchlist=watchlist, product=product)
        Rule.objects.create(watchlist=watchlist, watch=watch, kind="price_changed")
        other = ProductFactory.create(shop=product.shop)
        listed = {"shop": product.shop, "listed_at": NOW, "reading": 1, "is_best": True}
        AssortmentEntry.objects.create(product=other, appeared_at=NOW - hours, **listed)
        WatchFactory.create(watchlist=watchlist, product=other)
        for changed in (product, other):
            SnapshotFactory.create(product=changed, data_time=NOW - hours, price=7000 + number)
            change = ChangeFactory.create(product=changed, first_seen_after=NOW - hours)
            ChangeFactory.create(
                product=changed,
                field="sales",
                before=100,
                after=200,
                first_seen_after=NOW - hours / 2,
            )
            AlertFactory.create(watchlist=watchlist, product=changed, change=change)
        AlertFactory.create(watchlist=watchlist, product=None, shop=product.shop, field="name")


def queries(web: Client, address: str) -> list[int]:
    """Return the number of queries of a page, and of its region."""
    counts = []
    for headers in ({}, {"HX-Request": "true"}):
        cache.clear()
        with CaptureQueriesContext(connection) as captured:
            assert web.get(address, headers=headers).status_code == 200
        counts.append(len(captured))
    return counts


def test_every_page_makes_a_fixed_number_of_queries(
    web: Client, merchant: User, watchlist: Watchlist
) -> None:
    product = WatchFactory.create(watchlist=watchlist).product
    addresses = [
        *(
            "/products/",
            "/products/?q=Shirt&sort=day&status=on_sale",
            f"/products/?list={watchlist.pk}",
        ),
        *("/products/shops/", "/products/shops/?name=Shop"),
        *(f"/products/{product.num_iid}/", f"/products/{product.num_iid}/?range=all&about=shop"),
        f"/products/{product.num_iid}/series/",
        *(
            f"/shops/{product.shop_id}/range/",
            f"/shops/{product.shop_id}/",
            f"/shops/{product.shop_id}/series/",
            f"/shops/{product.shop_id}/sold/",
        ),
        *("/rivals/", "/rivals/add/"),
        *("/", "/usage/", "/alerts/?show=all", "/alerts/?kind=price", "/watchlists/"),
        *(f"/watchlists/{watchlist.pk}/{page}" for page in ("", "rules/", "sold/", "shops/")),
    ]
    assert product.shop
    follow_shop(watchlist, product.shop, NOW)
    fill(merchant, product, rows=1, round_=0)
    fitted.planner()  # Cached for a minute by the first page that needs it.
    few = {address: queries(web, address) for address in addresses}
    fill(merchant, product, rows=6, round_=1)
    many = {address: queries(web, address) for address in addresses}
    assert many == few
    assert max(map(max, many.values())) <= MOST, many
