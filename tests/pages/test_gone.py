"""What is gone has no current price, on any page: it has a last price, and since when it is gone."""

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from monitor.models import Heartbeat, Product, ProductIndex, User, Watch, Watchlist
from monitor.recording.past_prices import look_back
from monitor.recording.product_index import index_products
from monitor.watchlists.services import pause_watchlist
from tests.factories import NOW, ChangeFactory, ProductFactory, SnapshotFactory, WatchFactory
from tests.pages.rules.rule_forms import post

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _a_worker_lives(db: None) -> None:
    Heartbeat.objects.create(worker="w", work="stand_by", seen_at=NOW, expected_at=NOW + DAY)


def watched(watchlist: Watchlist, gone_for: timedelta, status: str = "not_found", price: int = 16000) -> Product:
    """A product that cost ¥150.00 and then `price`, until it went."""
    went = NOW - gone_for
    product: Product = ProductFactory.create(
        title="磨毛衬衫", price=price, status=status, changed_at=went, first_data_time=NOW - 90 * DAY
    )
    WatchFactory.create(watchlist=watchlist, product=product)
    told = {"list_price": 19900, "sku_min_price": price, "sku_max_price": price}
    SnapshotFactory.create(product=product, data_time=NOW - 90 * DAY, price=15000, **told)
    SnapshotFactory.create(product=product, data_time=went - 2 * DAY, price=price, **told)
    ChangeFactory.create(product=product, before=15000, after=price, first_seen_after=went - 2 * DAY)
    SnapshotFactory.create(product=product, data_time=went, price=price, status=status, **told)
    return product


@pytest.mark.parametrize("status", ["not_found", "deleted"])
def test_it_holds_no_price_and_says_the_last_one(web: Client, watchlist: Watchlist, status: str) -> None:
    product = watched(watchlist, 31 * DAY, status)
    response = web.get(f"/products/{product.num_iid}/")
    page = response.content.decode()
    assert "throughout this range" not in page
    assert response.context["facts"] is None
    assert page.count("last ¥160.00, gone since Sun 25 Oct 12:00") == 2
    assert "No price is known in this range." in page
    assert "¥199.00" not in page


def test_its_line_ends_where_it_went(web: Client, watchlist: Watchlist) -> None:
    product = watched(watchlist, 10 * DAY)
    told = web.get(f"/products/{product.num_iid}/series/").json()
    assert told["price"][1][-1] == 16000
    assert sum(told["price"][0]) == 20 * 86400
    assert told["last"]["price"] is None
    facts = web.get(f"/products/{product.num_iid}/").context["facts"]
    assert (facts.lowest, facts.highest) == (15000, 16000)


def test_the_table_beside_the_chart_and_the_files_have_no_price_of_then(web: Client, watchlist: Watchlist) -> None:
    product = watched(watchlist, 10 * DAY)
    [newest_row, *_] = web.get(f"/products/{product.num_iid}/").content.decode().split("<tbody>")[1].split("</tr>")
    assert "not found" in newest_row
    assert "¥" not in newest_row

    def told(ending: str) -> str:
        response: Any = web.get(f"/products/{product.num_iid}/export.{ending}?range=all")
        return b"".join(response.streaming_content).decode("utf-8-sig")

    rows = list(csv.DictReader(io.StringIO(told("csv"), newline="")))
    assert [row["Price"] for row in rows] == ["150.00", "160.00", ""]
    assert rows[-1]["Highest SKU price"] == rows[-1]["List price"] == ""
    lines = [json.loads(line) for line in told("jsonl").splitlines()]
    assert [line["price"] for line in lines if line["type"] == "snapshot"] == [15000, 16000, None]


def test_off_the_shelf_is_not_gone(web: Client, watchlist: Watchlist) -> None:
    product = watched(watchlist, 31 * DAY, "off_shelf")
    page = web.get(f"/products/{product.num_iid}/").content.decode()
    assert "throughout this range" in page
    assert "¥160.00" in page
    assert "gone since" not in page


def test_the_products_table_neither_tells_nor_sorts_nor_finds_it_by_its_last_price(
    web: Client, watchlist: Watchlist
) -> None:
    gone = watched(watchlist, 2 * DAY)
    cheap = ProductFactory.create(title="Shirt", price=100)
    WatchFactory.create(watchlist=watchlist, product=cheap)
    look_back(NOW)
    page = web.get("/products/?sort=-price")
    assert [row.product.pk for row in page.context["page"].object_list] == [cheap.pk, gone.pk]
    row = page.context["page"].object_list[1]
    assert (row.trend.day, row.trend.week, row.trend.prices) == (None, None, [])
    assert "¥160.00" not in page.content.decode()
    assert not web.get("/products/?min=150&max=170").context["page"].object_list
    assert ProductIndex.objects.get(product=gone).week_share is None


def test_it_is_back_with_its_price(web: Client, watchlist: Watchlist) -> None:
    product = watched(watchlist, 2 * DAY)
    product.status, product.changed_at = "on_sale", NOW
    product.save()
    index_products([product.pk])
    assert [row.product.pk for row in web.get("/products/?min=150&max=170").context["page"].object_list] == [product.pk]
    assert "¥160.00" in web.get("/products/").content.decode()


def test_beside_others_it_has_no_price_now(web: Client, watchlist: Watchlist) -> None:
    product = watched(watchlist, 10 * DAY)
    other = ProductFactory.create(title="Coat")
    WatchFactory.create(watchlist=watchlist, product=other)
    url = f"/products/{product.num_iid}/compare/?with={other.num_iid}"
    response = web.get(url)
    assert response.context["lines"][0]["told"].move is None
    assert "last ¥160.00, gone since Sun 15 Nov 12:00" in response.content.decode()
    told = web.get(url.replace("compare/", "compare/series/")).json()["lines"][0]
    assert sum(told["price"][0]) == 20 * 86400
    # Neither has it one where it is offered.
    assert "¥160.00" not in web.get(f"/products/{other.num_iid}/compare/").content.decode()


def test_todays_moves_leave_it_out(web: Client, watchlist: Watchlist) -> None:
    product = watched(watchlist, timedelta(hours=1))
    Watch.objects.update(created_at=NOW - 2 * DAY)
    at = {"product": product, "first_seen_after": NOW - timedelta(hours=2)}
    ChangeFactory.create(before=16000, after=12000, **at)
    ChangeFactory.create(
        product=product, field="status", before="on_sale", after="not_found", first_seen_after=NOW - timedelta(hours=1)
    )
    news = web.get("/").context["today"].news
    assert (news.drops.count, news.rises.count, news.left.count) == (0, 0, 1)


def test_a_rule_about_prices_is_not_true_of_it(web: Client, watchlist: Watchlist) -> None:
    watched(watchlist, 10 * DAY)
    watch = Watch.objects.get()
    said = post(web, watch, "trial/", kind="price_below", threshold="200")
    assert "Gone, last price ¥160.00" in said
    said = post(web, watch, "trial/", kind="price_above", threshold="200")
    assert "above the price now" not in said
    WatchFactory.create(watchlist=watchlist, product__title="Coat", product__price=7200)
    said = post(web, watchlist, kind="price_below", threshold="200")
    assert "It is so already: “Coat” (¥72.00)." in said


def never_found(watchlist: Watchlist) -> Product:
    """A product of which the one check found nothing, ten minutes ago."""
    nothing = dict.fromkeys(("title", "shop", "price", "list_price", "sku_min_price", "sku_max_price", "sales"))
    at = NOW - timedelta(minutes=10)
    times = dict.fromkeys(("first_data_time", "changed_at", "data_time", "checked_at", "answered_at"), at)
    told = {**nothing, **times, "status": "not_found", "unchanged_checks": 0, "last_outcome": "not_found"}
    product: Product = WatchFactory.create(watchlist=watchlist, **{f"product__{k}": v for k, v in told.items()}).product
    SnapshotFactory.create(product=product, data_time=at, status="not_found", price=None, sales=None)
    return product


def test_what_was_never_found_says_what_to_do(web: Client, watchlist: Watchlist) -> None:
    product = never_found(watchlist)
    page = web.get(f"/products/{product.num_iid}/").content.decode()
    assert "Compare the ID with the link on Douyin, or remove the product." in page
    assert "The provider does not know this ID: it is looked up every 1 h." in page
    assert "Changes appear here as soon as checks find the product." in page
    assert "after the first check" not in page
    assert "is gone" not in page
    assert "gone since" not in page
    assert "Seen for the first time" not in page
    assert "This product was never found" in page
    assert "<canvas" not in page
    table = web.get("/products/").content.decode()
    assert "never found" in table
    assert "first seen" not in table


def test_an_account_of_which_nothing_is_found_is_not_told_that_all_is_well(
    web: Client, watchlist: Watchlist, merchant: User
) -> None:
    never_found(watchlist)
    never_found(watchlist)
    page = web.get("/").content.decode()
    assert "After its first check each product has its price" in page
    assert "Within a minute" not in page
    for said in ("2 products were never found", "Compare them with the links on Douyin, or remove them.", "status=not"):
        assert said in page
    for said in ("All is well", "all is well", "Nothing changed", "24 hours", "is checked", "are checked"):
        assert said not in page
    assert page.count('class="done"') == 1
    merchant.language = "zh-hans"
    merchant.save()
    page = web.get("/").content.decode()
    assert "2 件商品从未找到" in page
    assert "一切正常" not in page


def test_one_product_that_was_never_found_among_others_is_told_beside_them(web: Client, watchlist: Watchlist) -> None:
    WatchFactory.create(watchlist=watchlist)
    never_found(watchlist)
    page = web.get("/").content.decode()
    assert "1 product was never found" in page
    assert "all is well" not in page.lower()


def status_of(web: Client, address: str) -> list[str]:
    """The marks of status on a page, without the choices of its filters."""
    page = web.get(address).content.decode()
    return [mark for mark in ("deleted", "not found", "on sale") if f"</svg>{mark}</span>" in page]


def test_what_was_found_once_is_gone_and_what_was_never_found_is_not_found(
    web: Client, watchlist: Watchlist, merchant: User
) -> None:
    gone, unknown = watched(watchlist, 31 * DAY), never_found(watchlist)
    assert status_of(web, f"/products/{gone.num_iid}/") == ["deleted"]
    assert status_of(web, f"/products/{unknown.num_iid}/") == ["not found"]
    assert status_of(web, "/products/?status=deleted") == ["deleted"]
    assert status_of(web, "/products/?status=not_found") == ["not found"]
    page = web.get("/").content.decode()
    assert "1 product is gone" in page
    assert "/products/?status=deleted" in page
    merchant.language = "zh-hans"
    merchant.save()
    assert "1 件商品已删除" in web.get("/").content.decode()
    assert "</svg>已删除</span>" in web.get("/products/?status=deleted").content.decode()


def test_what_is_gone_is_counted_apart_and_troubles_nobody(web: Client, watchlist: Watchlist) -> None:
    WatchFactory.create(watchlist=watchlist)
    watched(watchlist, 31 * DAY)
    page = web.get("/").content.decode()
    assert "1 product is gone" in page
    assert "1 product is checked, all is well." in page
    Product.objects.exclude(status="not_found").update(status="deleted")
    index_products(Product.objects.values_list("pk", flat=True))
    page = web.get("/").content.decode()
    assert "2 products are gone" in page
    assert "all is well" not in page.lower()


def test_of_a_young_account_nothing_is_said_to_be_as_it_was_yesterday(web: Client, watchlist: Watchlist) -> None:
    watch = WatchFactory.create(watchlist=watchlist)
    page = web.get("/").content.decode()
    assert "Nothing changed since you added your products." in page
    assert "What changed since you added your products" in page
    Watch.objects.update(created_at=NOW - 2 * DAY)
    assert "Nothing changed since yesterday 12:00." in web.get("/").content.decode()
    # Checks paused for a while, and went on an hour ago.
    pause_watchlist(watchlist, NOW - timedelta(hours=2), paused=True)
    pause_watchlist(watchlist, NOW - timedelta(hours=1), paused=False)
    assert Product.objects.get(pk=watch.product_id).asked_since == NOW - timedelta(hours=1)
    assert "Nothing changed since yesterday 12:00." in web.get("/").content.decode()


def test_a_product_that_others_already_watched_brings_no_changes_from_before_it_was_added(
    web: Client, watchlist: Watchlist
) -> None:
    product = WatchFactory.create(watchlist=watchlist).product
    Watch.objects.update(created_at=NOW - timedelta(hours=1))
    ChangeFactory.create(product=product, before=9900, after=7200, first_seen_after=NOW - timedelta(hours=9))
    page = web.get("/").content.decode()
    assert "Nothing changed since you added your products." in page
    assert "¥72.00" not in page
    ChangeFactory.create(product=product, before=7200, after=5100, first_seen_after=NOW - timedelta(minutes=9))
    page = web.get("/").content.decode()
    assert "What changed since you added your products" in page
    assert "−¥21.00" in page
    assert "−¥48.00" not in page


def test_a_visit_before_the_products_were_added_is_no_beginning(web: Client, watchlist: Watchlist) -> None:
    User.objects.update(seen_at=NOW - timedelta(days=2))
    WatchFactory.create(watchlist=watchlist)
    page = web.get("/").content.decode()
    assert "What changed since you added your products" in page
    assert "since your last visit" not in page


def test_before_the_first_check_nothing_is_said_to_be_well(web: Client, watchlist: Watchlist) -> None:
    WatchFactory.create(watchlist=watchlist, product__data_time=None, product__first_data_time=None)
    page = web.get("/").content.decode()
    assert "The first checks are under way" in page
    assert "all is well" not in page.lower()
    assert "Nothing changed" not in page
