"""More rows cost no read more queries, and a read changes nothing but the token's last use."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from monitor.accounts import channels
from monitor.models import Import, ImportRow, Product, Rule, User, Watchlist
from monitor.watchlists.imports import Source, Target, start_import
from tests.api import Program
from tests.factories import (
    NOW,
    AlertFactory,
    ChangeFactory,
    ProductFactory,
    SnapshotFactory,
    WatchFactory,
    WatchlistFactory,
)

pytestmark = pytest.mark.django_db
#: With four for the token.
MOST = 12


def fill(merchant: User, watchlist: Watchlist, product: Product, job: Import, rows: int, round_: int) -> None:
    for number in range(rows):
        at = NOW - timedelta(hours=round_ * 100 + number + 1)
        WatchFactory.create(watchlist=WatchlistFactory.create(owner=merchant), product=product)
        watch = WatchFactory.create(watchlist=watchlist, product=ProductFactory.create())
        watch.tags.create(name="summer")
        Rule.objects.create(watchlist=watchlist, watch=watch, kind="price_below", threshold=6900)
        SnapshotFactory.create(product=product, data_time=at, price=7000 + number)
        change = ChangeFactory.create(product=product, first_seen_after=at)
        AlertFactory.create(watchlist=watchlist, product=product, change=change)
        ImportRow.objects.create(source=job, number=number, num_iid=product.num_iid, product=product, was_added=True)
        other = channels.add(merchant, "webhook", f"{round_} {number}", {}, "…hook", NOW)
        other.left_out.add(watchlist)


def test_every_read_makes_a_fixed_number_of_queries(reader: Program, merchant: User, watchlist: Watchlist) -> None:
    product = WatchFactory.create(watchlist=watchlist).product
    one_list, one = f"/watchlists/{watchlist.pk}", f"/products/{product.num_iid}"
    alert = AlertFactory.create(watchlist=watchlist, product=product)
    channel = channels.add(merchant, "webhook", "ERP", {}, "…hook", NOW)
    job = start_import(merchant, Source(), Target(watchlist, "", watchlist.interval), NOW, is_decided=True)
    paths = [
        *("/products", "/products?q=Shirt&sort=day&tag=summer", "/alerts", "/alerts?unread=1&kind=price_changed"),
        *(one, f"{one}/history", f"{one}/history?as=snapshots", f"{one}/changes", f"/shops/{product.shop_id}"),
        *("/changes", f"/changes?list={watchlist.pk}"),
        *("/channels", f"/channels/{channel.pk}", f"/imports/{job.pk}", f"/imports/{job.pk}/rows"),
        *("/watchlists", one_list, f"{one_list}/watches", f"{one_list}/rules", f"/alerts/{alert.pk}", "/usage"),
    ]

    def queries(path: str) -> int:
        cache.clear()
        with CaptureQueriesContext(connection) as captured:
            reader.get(path)
        wrote = [query["sql"] for query in captured if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
        assert all('"monitor_throttle"' in sql for sql in wrote), wrote
        return len(captured)

    reader.get("/watchlists")
    fill(merchant, watchlist, product, job, rows=1, round_=0)
    few = {path: queries(path) for path in paths}
    fill(merchant, watchlist, product, job, rows=12, round_=1)
    many = {path: queries(path) for path in paths}
    assert many == few
    assert max(many.values()) <= MOST, many


def test_100_products_are_read_with_few_queries(reader: Program, watchlist: Watchlist) -> None:
    for _ in range(100):
        AlertFactory.create(watchlist=watchlist, product=WatchFactory.create(watchlist=watchlist).product)
    for path in ("/products", f"/watchlists/{watchlist.pk}/watches", "/alerts"):
        with CaptureQueriesContext(connection) as captured:
            assert len(reader.get(path, limit=100)["items"]) == 100
        assert len(captured) <= MOST, path
