"""Actions on many products at once: permissions, skipped products, costs, and undo."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from monitor.models import Membership, Product, Rule, User, Watch, Watchlist
from monitor.watching import bulk, removal
from tests.models.factories import (
    NOW,
    MembershipFactory,
    ProductFactory,
    WatchFactory,
    WatchlistFactory,
)
from tests.pages import HTMX

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(watchlist: Watchlist) -> list[Product]:
    """Three products on the merchant's list."""
    return [
        WatchFactory.create(watchlist=watchlist, product__title=title).product
        for title in ("aa", "ab", "b")
    ]


def ids(products: Iterable[Product]) -> list[str]:
    return [product.num_iid for product in products]


def act(
    web: Client, verb: str, products: Iterable[Product] = (), query: str = "", **form: Any
) -> str:
    data = {"act": verb, "product": ids(products), **form}
    return web.post(f"/products/many/?{query}", data, headers=HTMX).content.decode()


def test_only_ticked_products_are_paused_and_resumed(web: Client, three: list[Product]) -> None:
    assert "2 products were paused." in act(web, "is_paused:1", three[:2])
    paused = Watch.objects.filter(is_paused=True)
    assert set(paused.values_list("product", flat=True)) == {three[0].pk, three[1].pk}
    assert Product.objects.get(pk=three[0].pk).next_check_at is None
    assert "1 product was resumed." in act(web, "is_paused:0", three[:1])
    assert paused.count() == 1


def test_all_covers_matching_products_on_every_page_of_the_list_shown(
    web: Client, three: list[Product], watchlist: Watchlist
) -> None:
    other = WatchFactory.create(
        watchlist=WatchlistFactory.create(owner=watchlist.owner), product=three[0]
    )
    text = act(web, "is_paused:1", three[2:], f"list={watchlist.pk}&q=a&size=25", all="1")
    assert "2 products were paused." in text
    assert set(
        watchlist.watches.filter(is_paused=True).values_list("product__title", flat=True)
    ) == {"aa", "ab"}
    assert not Watch.objects.get(pk=other.pk).is_paused


def test_products_that_the_user_may_only_view_are_skipped_and_counted(
    web: Client, three: list[Product], merchant: User
) -> None:
    shared = WatchFactory.create()
    MembershipFactory.create(watchlist=shared.watchlist, user=merchant, role=Membership.Role.VIEWER)
    text = act(web, "is_paused:1", all="1")
    assert "3 products were paused." in text
    assert "1 product was skipped" in text
    assert not Watch.objects.get(pk=shared.pk).is_paused
    assert "1 product was skipped" in act(web, "remove", [shared.product])
    assert Watch.objects.filter(pk=shared.pk).exists()


def test_moving_keeps_a_products_rules_and_leaves_those_already_there(
    web: Client, three: list[Product], watchlist: Watchlist
) -> None:
    target = WatchlistFactory.create(owner=watchlist.owner, name="Suppliers")
    there = WatchFactory.create(watchlist=target, product=three[0], note="was here first")
    moved = watchlist.watches.get(product=three[1])
    rule = Rule.objects.create(watchlist=watchlist, watch=moved, kind="price_below", threshold=100)
    text = act(web, f"move:{target.pk}", three[:2])
    assert "1 product moved to “Suppliers”. 1 was there already." in text
    assert set(target.watches.values_list("pk", flat=True)) == {there.pk, moved.pk}
    assert Rule.objects.get(pk=rule.pk).watchlist == target
    assert set(watchlist.watches.values_list("product", flat=True)) == {three[0].pk, three[2].pk}


def test_a_product_on_two_lists_is_moved_once(
    web: Client, three: list[Product], watchlist: Watchlist
) -> None:
    second, target = (WatchlistFactory.create(owner=watchlist.owner) for _ in range(2))
    WatchFactory.create(watchlist=second, product=three[0])
    assert "1 product moved to" in act(web, f"move:{target.pk}", three[:1])
    assert set(three[0].watches.values_list("watchlist", flat=True)) == {target.pk, second.pk}


def test_an_interval_and_a_pace_are_set_and_reset(web: Client, three: list[Product]) -> None:
    assert "2 products: every 10 min." in act(web, "interval:600", three[:2])
    product = Product.objects.get(pk=three[0].pk)
    assert (product.interval, product.next_check_at) == (
        timedelta(minutes=10),
        NOW + timedelta(minutes=9),
    )
    assert "2 products: Smart." in act(web, "pace:adaptive", three[:2])
    assert Product.objects.get(pk=three[0].pk).soonest == timedelta(minutes=5)
    assert "1 product: Fixed." in act(web, "pace:fixed", three[1:2])
    assert Product.objects.get(pk=three[1].pk).soonest == timedelta(minutes=10)
    assert "are checked as their lists say" in act(web, "interval:list", three[:2])
    assert Product.objects.get(pk=three[0].pk).interval == timedelta(hours=1)
    assert "3 products are checked as their lists say." in act(web, "pace:list", three)
    assert set(Watch.objects.values_list("pace", flat=True)) == {""}


def test_checks_are_confirmed_before_they_are_paid(web: Client, three: list[Product]) -> None:
    Watch.objects.filter(product=three[2]).update(is_paused=True)
    Product.objects.filter(pk=three[2].pk).update(next_check_at=None)
    text = act(web, "check", three)
    assert "Check 2 products now? 11,000 checks are left today" in text
    assert 'name="confirmed" value="1"' in text
    assert not Product.objects.filter(next_check_at=NOW).exists()
    assert "2 products are due now." in act(web, "check", three, confirmed="1")
    assert set(Product.objects.filter(next_check_at=NOW)) == set(three[:2])


def test_many_products_are_handled_in_chunks_with_a_short_receipt(
    web: Client, watchlist: Watchlist, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (bulk, removal):
        monkeypatch.setattr(module, "CHUNK", 20)

    def fill(count: int) -> None:
        products = ProductFactory.build_batch(count, shop=None)
        Product.objects.bulk_create(products)
        Watch.objects.bulk_create(
            [Watch(watchlist=watchlist, product=product) for product in products]
        )

    def statements(verb: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            act(web, verb, all="1")
        return len(captured)

    fill(20)
    few = {verb: statements(verb) for verb in ("interval:600", "is_paused:1", "remove")}
    web.post("/products/undo/")
    fill(80)
    many = {verb: statements(verb) for verb in ("interval:600", "is_paused:1", "remove")}
    assert Watch.objects.count() == 0
    assert all(many[verb] < 5 * few[verb] for verb in few), (few, many)
    assert len(web.session.encode(dict(web.session))) < 1200
    web.post("/products/undo/")
    assert Watch.objects.filter(is_paused=True, interval=timedelta(minutes=10)).count() == 100


def test_too_many_products_are_refused(
    web: Client, three: list[Product], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "MOST", 2)
    assert "more than 2 products" in act(web, "is_paused:1", all="1")
    assert not Watch.objects.filter(is_paused=True).exists()
