"""The add box, and taking back a removal."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from monitor.models import Product, Rule, User, Watch, Watchlist
from tests.factories import NOW, WatchFactory
from tests.web import HTMX

pytestmark = pytest.mark.django_db
ONE, TWO = "3514453298386183303", "3514453298386183304"
LINK = f"https://haohuo.jinritemai.com/views/product/item2?id={TWO}"


def add(web: Client, lines: str, watchlist: Watchlist | None = None, headers: dict[str, str] | None = None) -> str:
    form = {"lines": lines, "watchlist": str(watchlist.pk) if watchlist else ""}
    return web.post("/products/add/", form, headers=headers).content.decode()


def test_it_adds_what_it_understands_and_names_what_it_does_not(web: Client, watchlist: Watchlist) -> None:
    text = add(web, f"{ONE}\nshirt <b>\n{LINK}\nhttps://v.douyin.com/abc/\n{ONE}", watchlist)
    assert set(watchlist.watches.values_list("product__num_iid", flat=True)) == {ONE, TWO}
    assert "2 products added to “Rivals”" in text
    assert "48 calls a day" in text
    assert "1 was there already" in text
    assert "line 2 <code>shirt &lt;b&gt;</code>" in text
    assert "a short link does not hold the product ID" in text


def test_new_products_are_due_at_once(web: Client, watchlist: Watchlist) -> None:
    add(web, ONE, watchlist)
    assert Product.objects.get(num_iid=ONE).next_check_at == NOW


def test_the_first_products_make_the_first_list_with_its_rules(web: Client, merchant: User) -> None:
    add(web, ONE)
    watchlist = Watchlist.objects.get(owner=merchant)
    assert (watchlist.name, watchlist.rules.count()) == ("My products", 3)
    assert watchlist.watches.count() == 1


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ("", "This field is required."),
        (" \n ", "Paste at least one link or ID."),
        ("1\n" * 2001, "These are 2001 lines"),
    ],
)
def test_it_says_what_is_wrong_beside_the_box(web: Client, watchlist: Watchlist, lines: str, complaint: str) -> None:
    assert complaint in add(web, lines, watchlist)
    assert not Watch.objects.exists()


def test_an_exchange_brings_the_table_the_filters_and_an_empty_box(web: Client, watchlist: Watchlist) -> None:
    text = add(web, ONE, watchlist, headers=HTMX)
    assert text.lstrip().startswith('<div id="results"')
    assert 'id="toolbar" hx-swap-oob="true"' in text
    assert 'id="addbox" hx-swap-oob="true"' in text
    assert "<!doctype" not in text


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
    add(web, watch.product.num_iid, watchlist)
    web.post("/products/undo/")
    assert Watch.objects.get().note == ""
