"""Queries that are put together once, and histories that are read once: they answer as if they were made each time."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import DateTimeField, QuerySet
from django.db.models.functions import Length
from django.test import Client
from django.test.utils import CaptureQueriesContext

from monitor.dashboard.prepared import Given, Prepared, columns_of
from monitor.dashboard.watchlists import watchlist_choices
from monitor.models import Membership, Product, Watchlist
from tests.factories import (
    NOW,
    ChangeFactory,
    MembershipFactory,
    ProductFactory,
    ShopFactory,
    WatchFactory,
    WatchlistFactory,
)

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_a_query_is_put_together_once_and_asked_for_what_is_given() -> None:
    made = 0

    def build() -> QuerySet[Watchlist, Any]:
        nonlocal made
        made += 1
        since = Given("now", DateTimeField()) - HOUR
        return Watchlist.objects.filter(created_at__gte=since).order_by("created_at").values("name", "created_at")

    prepared = Prepared(build)
    for hours, name in ((3, "old"), (1, "edge"), (0, "new")):
        watchlist = WatchlistFactory.create(name=name)
        Watchlist.objects.filter(pk=watchlist.pk).update(created_at=NOW - hours * HOUR)
    assert prepared.rows(now=NOW) == [
        {"name": "edge", "created_at": NOW - HOUR},
        {"name": "new", "created_at": NOW},
    ]
    assert [row["name"] for row in prepared.rows(now=NOW - 2 * HOUR)] == ["old", "edge", "new"]
    assert prepared.row(now=NOW + HOUR)["name"] == "new"
    assert made == 1


def test_each_reader_is_given_his_own_lists_which_can_be_saved() -> None:
    mine, theirs = WatchlistFactory.create(name="mine"), WatchlistFactory.create(name="theirs")
    MembershipFactory.create(watchlist=theirs, user=mine.owner, role=Membership.Role.VIEWER)
    assert [(one, one.editable) for one in watchlist_choices(mine.owner)] == [(mine, True), (theirs, False)]  # type: ignore[attr-defined]
    [own] = watchlist_choices(theirs.owner)
    own.name = "renamed"
    own.save()
    assert Watchlist.objects.get(pk=theirs.pk).name == "renamed"
    assert own == theirs
    assert own.interval == theirs.interval


def test_what_instances_refer_to_comes_with_them(django_assert_num_queries: Any) -> None:
    shop = ShopFactory.create(name="杭州半帘月")
    ProductFactory.create(title="a", shop=shop)
    ProductFactory.create(title="b", shop=None)
    named = Prepared(
        lambda: Product.objects.order_by("title").values(
            *columns_of(Product), "shop__name", "shop__id", "shop__shop_id", letters=Length("title")
        )
    )
    with django_assert_num_queries(1):
        first, second = named.instances(Product)
        assert first.shop
        assert (first.title, first.shop.pk, first.shop.shop_id, first.shop.name) == (
            "a",
            shop.pk,
            shop.shop_id,
            shop.name,
        )
        assert (first.letters, second.shop) == (1, None)  # type: ignore[attr-defined]
    assert first.shop.company_name == shop.company_name


def test_histories_are_read_again_only_of_what_has_changed(web: Client, watchlist: Watchlist) -> None:
    product, other = ProductFactory.create(price=6300), ProductFactory.create(price=500)
    for one in (product, other):
        WatchFactory.create(watchlist=watchlist, product=one)

    def read() -> tuple[list[object], int]:
        with CaptureQueriesContext(connection) as captured:
            rows = web.get("/products/").context["page"].object_list
        [row] = [row for row in rows if row.product == product]
        return [price for _, price in row.trend.prices], sum("ROW_NUMBER" in one["sql"] for one in captured)

    ChangeFactory.create(product=product, before=8000, after=6300, first_seen_after=NOW - HOUR)
    assert read() == ([8000, 6300], 1)
    assert read() == ([8000, 6300], 0)
    ChangeFactory.create(product=product, before=6300, after=6100, first_seen_after=NOW)
    product.price, product.changed_at = 6100, NOW
    product.save()
    assert read() == ([8000, 6300, 6100], 1)
    assert read() == ([8000, 6300, 6100], 0)
