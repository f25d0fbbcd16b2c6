"""More rows cost no read more queries, and a read changes nothing but the token's last use."""

from dataclasses import asdict
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from monitor.models import Import, ImportRow, Product, Rule, SearchPage, User, Watchlist
from monitor.people import channels
from monitor.provider.listing import ListedProduct
from monitor.watching.imports import Source, Target, start_import
from tests.api import Program
from tests.models.factories import (
    NOW,
    AlertFactory,
    ChangeFactory,
    ProductFactory,
    SnapshotFactory,
    WatchFactory,
    WatchlistFactory,
)
from tests.models.statements import written

pytestmark = pytest.mark.django_db
#: With four for the token.
MOST = 12


def fill(
    merchant: User, watchlist: Watchlist, product: Product, job: Import, rows: int, round_: int
) -> None:
    for number in range(rows):
        at = NOW - timedelta(hours=round_ * 100 + number + 1)
        rival = WatchFactory.create(watchlist=watchlist).product
        watchlist.watches.get(product=product).pairings.create(product=product, rival=rival)
        WatchFactory.create(watchlist=WatchlistFactory.create(owner=merchant), product=product)
        watch = WatchFactory.create(watchlist=watchlist, product=ProductFactory.create())
        watch.tags.create(name="summer")
        Rule.objects.create(watchlist=watchlist, watch=watch, kind="price_below", threshold=6900)
        SnapshotFactory.create(product=product, data_time=at, price=7000 + number)
        change = ChangeFactory.create(product=product, first_seen_after=at)
        AlertFactory.create(watchlist=watchlist, product=product, change=change)
        ImportRow.objects.create(
            source=job, number=number, num_iid=product.num_iid, product=product, was_added=True
        )
        start_import(merchant, Source(), Target(watchlist), NOW, is_decided=True)
        other = channels.add(merchant, "webhook", f"{round_} {number}", {}, "…hook", NOW)
        other.choices.create(watchlist=watchlist, is_off=True)


def test_every_read_makes_a_fixed_number_of_queries(
    reader: Program, merchant: User, watchlist: Watchlist
) -> None:
    product = WatchFactory.create(watchlist=watchlist).product
    list_path, product_path = f"/watchlists/{watchlist.pk}", f"/products/{product.num_iid}"
    alert = AlertFactory.create(watchlist=watchlist, product=product)
    channel = channels.add(merchant, "webhook", "ERP", {}, "…hook", NOW)
    job = start_import(merchant, Source(), Target(watchlist), NOW, is_decided=True)
    listed = asdict(ListedProduct(num_iid=product.num_iid))
    SearchPage.objects.create(words="shirt", page=1, products=[listed], read_at=NOW)
    paths = [
        *(
            "/products",
            "/products?q=Shirt&sort=day&tag=summer",
            "/alerts",
            "/alerts?unread=1&kind=price_changed",
        ),
        *(
            product_path,
            f"{product_path}/points",
            f"{product_path}/snapshots",
            f"{product_path}/changes",
            f"/shops/{product.shop_id}",
        ),
        *(
            "/changes",
            f"/changes?watchlist={watchlist.pk}",
            "/shops",
            f"/shops?watchlist={watchlist.pk}",
            "/imports",
        ),
        *(
            "/channels",
            f"/channels/{channel.pk}",
            f"/channels/{channel.pk}/deliveries",
            f"/imports/{job.pk}",
            f"/imports/{job.pk}/rows",
        ),
        *(
            "/watchlists",
            list_path,
            f"{list_path}/watches",
            f"{list_path}/rules",
            f"{list_path}/watches/{product.num_iid}/rivals",
            f"/alerts/{alert.pk}",
            "/search?q=shirt",
            "/usage",
        ),
    ]

    def queries(path: str) -> int:
        cache.clear()
        with CaptureQueriesContext(connection) as captured:
            reader.get(path)
        assert written(captured) <= {"monitor_throttle"}
        return len(captured)

    reader.get("/watchlists")
    fill(merchant, watchlist, product, job, rows=1, round_=0)
    few = {path: queries(path) for path in paths}
    fill(merchant, watchlist, product, job, rows=4, round_=1)
    many = {path: queries(path) for path in paths}
    assert many == few
    assert max(many.values()) <= MOST, many
