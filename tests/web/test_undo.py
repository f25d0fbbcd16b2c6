"""Taking back a removal."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from monitor.models import Product, Rule, Watch, Watchlist
from monitor.watchlists import add_products
from tests.factories import NOW, WatchFactory

pytestmark = pytest.mark.django_db


def test_a_removal_can_be_taken_back_with_all_that_was_set(web: Client, watchlist: Watchlist) -> None:
    watch = WatchFactory.create(watchlist=watchlist, note="cheapest", interval=timedelta(minutes=5))
    Rule.objects.create(watchlist=watchlist, watch=watch, kind="price_below", threshold=6000)
    web.post(f"/products/{watch.product.num_iid}/remove/")
    assert not Watch.objects.exists()
    assert Product.objects.get(pk=watch.product_id).next_check_at is None
    assert f"“{watch.product.title}” was removed" in web.get("/products/").content.decode()
    web.post("/products/undo/")
    again = Watch.objects.get(watchlist=watchlist)
    assert (again.note, again.interval, again.product_id) == ("cheapest", timedelta(minutes=5), watch.product_id)
    assert [rule.threshold for rule in again.rules.all()] == [6000]
    assert Product.objects.get(pk=watch.product_id).interval == timedelta(minutes=5)
    assert "was removed" not in web.get("/products/").content.decode()


def test_a_paused_watch_comes_back_paused(web: Client, watchlist: Watchlist) -> None:
    watch = WatchFactory.create(watchlist=watchlist, is_paused=True)
    web.post(f"/products/{watch.product.num_iid}/remove/")
    web.post("/products/undo/")
    assert Watch.objects.get().is_paused


def test_after_five_minutes_a_removal_stays(web: Client, watchlist: Watchlist) -> None:
    watch = WatchFactory.create(watchlist=watchlist)
    web.post(f"/products/{watch.product.num_iid}/remove/")
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        assert "was removed" not in web.get("/products/").content.decode()
        web.post("/products/undo/")
    assert not Watch.objects.exists()


def test_what_was_added_again_meanwhile_is_left_alone(web: Client, watchlist: Watchlist) -> None:
    watch = WatchFactory.create(watchlist=watchlist, note="old")
    web.post(f"/products/{watch.product.num_iid}/remove/")
    add_products(watchlist, [watch.product.num_iid], NOW)
    web.post("/products/undo/")
    assert Watch.objects.get().note == ""
