"""The products table: its rows, search, filters, order and pages."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from monitor.models import AlertRead, Product, User, Watch, Watchlist
from monitor.provider.codes import Outcome
from monitor.provider.observation import Status
from monitor.recording.past_prices import look_back
from monitor.watchlists.services import remove
from tests.factories import (
    NOW,
    AlertFactory,
    ChangeFactory,
    ProductFactory,
    SnapshotFactory,
    WatchFactory,
    WatchlistFactory,
)
from tests.pages import HTMX

pytestmark = pytest.mark.django_db


def titles(web: Client, query: str = "") -> list[str]:
    page = web.get(f"/products/?{query}").context["page"]
    return [row.product.title for row in page.object_list]


def watched(watchlist: Watchlist, **fields: object) -> Product:
    product = ProductFactory.create(**fields)
    WatchFactory.create(watchlist=watchlist, product=product)
    return product


def test_a_row_shows_the_price_and_its_moves(web: Client, watchlist: Watchlist) -> None:
    product = watched(watchlist, title="磨毛衬衫", price=6300)
    SnapshotFactory.create(product=product, data_time=NOW - timedelta(days=20), price=8000)
    SnapshotFactory.create(product=product, data_time=NOW - timedelta(days=3), price=7000)
    ChangeFactory.create(product=product, before=8000, after=7000, first_seen_after=NOW - timedelta(days=3))
    look_back(NOW)
    response = web.get("/products/")
    rows = response.content.decode().partition("<tbody")[2].partition("</tbody>")[0]
    text = re.sub(r"<[^>]+>|\s", "", rows)
    for expected in ("磨毛衬衫", "¥63.00", "−¥7.0024h10%", "−¥17.007days21.3%"):
        assert expected in text, expected
    for unasked in ("¥99.00", "13k+", "onsale", "1minago"):
        assert unasked not in text, unasked
    row = response.context["page"].object_list[0]
    assert [value for _, value in row.trend.prices] == [8000, 7000]
    assert (row.trend.day.direction, row.trend.week.before) == ("fall", 8000)


def test_a_promotion_that_came_and_went_is_seen(web: Client, watchlist: Watchlist) -> None:
    product = watched(watchlist, price=9900)
    SnapshotFactory.create(product=product, data_time=NOW - timedelta(days=20), price=9900)
    hours = timedelta(hours=1)
    for before, after, ago in ((9900, 5900, 20), (5900, 9900, 10), (9900, 10100, 6), (10100, 9900, 5)):
        ChangeFactory.create(product=product, before=before, after=after, first_seen_after=NOW - ago * hours)
    look_back(NOW)
    response = web.get("/products/")
    trend = response.context["page"].object_list[0].trend
    assert (trend.day.direction, trend.day_excursion.after, trend.week_excursion.after) == ("level", 5900, 5900)
    assert re.sub(r"<[^>]+>|\s", "", response.content.decode()).count("low¥59.00") == 2


def test_a_row_counts_the_unread_alerts_of_its_product(web: Client, merchant: User, watchlist: Watchlist) -> None:
    product = watched(watchlist, title="Skirt")
    watched(watchlist, title="Shirt")
    alerts = [AlertFactory.create(watchlist=watchlist, product=product) for _ in range(3)]
    AlertFactory.create(product=product)  # On a stranger's list.
    AlertRead.objects.create(alert=alerts[0], user=merchant)
    response = web.get("/products/?sort=title")
    assert [row.unread for row in response.context["page"]] == [0, 2]
    assert re.search(
        rf'href="/alerts/\?product={product.num_iid}"\s+title="2 unread alerts"', response.content.decode()
    )


def test_only_what_is_not_well_is_marked_beside_the_name(web: Client, watchlist: Watchlist) -> None:
    watched(watchlist, title="Fine")
    assert 'class="mark' not in web.get("/products/").content.decode()
    watched(watchlist, title="Off", status=Status.OFF_SHELF.value)
    marked = web.get("/products/").content.decode()
    assert "off shelf" in marked.partition("<tbody")[2]
    with_column = web.get("/products/?cols=status").content.decode().partition("<tbody")[2]
    assert with_column.count("off shelf") == 1


def test_a_column_estimates_the_revenue(web: Client, watchlist: Watchlist) -> None:
    product = watched(watchlist, price=6000, sales=1700, sales_step=1)
    SnapshotFactory.create(product=product, data_time=NOW - timedelta(days=7), sales=1000, sales_step=1)
    text = web.get("/products/?cols=units,revenue").content.decode()
    assert "Est. revenue" in text
    assert "Units a day" in text
    assert re.search(r">\s*100\s*<", text)
    assert "¥6,001 a day" in text


def test_a_new_product_has_no_moves(web: Client, watchlist: Watchlist) -> None:
    product = watched(watchlist, first_data_time=NOW - timedelta(hours=2))
    SnapshotFactory.create(product=product, data_time=NOW - timedelta(hours=2))
    look_back(NOW)
    row = web.get("/products/").context["page"].object_list[0]
    assert (row.trend.day, row.trend.week) == (None, None)


def test_a_product_without_a_title_shows_its_id_once(web: Client, watchlist: Watchlist) -> None:
    untitled, titled = ProductFactory.create(title=None, shop=None), ProductFactory.create(title="Skirt", shop=None)
    for product in (untitled, titled):
        WatchFactory.create(watchlist=watchlist, product=product)
    page = web.get("/products/").content.decode()
    assert page.count(f">{untitled.num_iid}<") == 1
    assert f"<span>{titled.num_iid}</span>" in page


def test_a_row_shows_since_when_checks_fail(web: Client, watchlist: Watchlist) -> None:
    watched(
        watchlist,
        failing_since=NOW - timedelta(hours=3),
        last_outcome=Outcome.PROVIDER_ERROR.value,
        last_code="4002",
    )
    text = web.get("/products/").content.decode()
    assert "failing for 3 h" in text
    assert "(4002)" in text
    assert "failing for 3 h" in web.get("/products/?cols=checked").content.decode()


def test_a_product_that_was_never_checked_says_so(web: Client, watchlist: Watchlist) -> None:
    product = watched(watchlist, title=None, price=None, status=None, shop=None, checked_at=None, data_time=None)
    text = web.get("/products/").content.decode()
    assert product.num_iid in text
    assert "waiting for first check" in text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=衬", ["磨毛衬衫"]),
        ("q=旗舰", ["纸箱"]),
        ("q=35144532983", ["磨毛衬衫"]),
        ("q=https://haohuo.jinritemai.com/views/product/item2?id=3514453298386183303", ["磨毛衬衫"]),
        ("q=nothing", []),
        ("status=off_shelf", ["纸箱"]),
        ("status=failing", ["磨毛衬衫"]),
        ("status=nonsense", ["磨毛衬衫", "纸箱"]),
        ("list=abc&sort=nonsense&page=-7", ["磨毛衬衫", "纸箱"]),
        ("page=99999999999999999999", ["磨毛衬衫", "纸箱"]),
        ("q=%00", ["磨毛衬衫", "纸箱"]),
    ],
)
def test_it_searches_and_filters(web: Client, watchlist: Watchlist, query: str, expected: list[str]) -> None:
    watched(watchlist, title="磨毛衬衫", num_iid="3514453298386183303", failing_since=NOW, changed_at=NOW)
    watched(watchlist, title="纸箱", num_iid="42", status=Status.OFF_SHELF.value, shop__name="叠叠旗舰店")
    assert titles(web, query) == expected


def test_a_table_of_one_list_acts_on_that_list_only(web: Client, watchlist: Watchlist) -> None:
    other = WatchlistFactory.create(owner=watchlist.owner)
    product = watched(watchlist, title="both")
    there = WatchFactory.create(watchlist=other, product=product)
    watched(other, title="there")
    assert titles(web, f"list={watchlist.pk}") == ["both"]
    web.post(f"/products/{product.num_iid}/pause/?list={watchlist.pk}")
    there.refresh_from_db()
    assert not there.is_paused
    assert watchlist.watches.get().is_paused


@pytest.mark.parametrize(
    ("sort", "order"),
    [("price", "abc"), ("-price", "cba"), ("title", "abc"), ("day", "cab"), ("-sales", "bca"), ("-changed", "bac")],
)
def test_unknown_values_are_ordered_last(web: Client, watchlist: Watchlist, sort: str, order: str) -> None:
    for title, price, sales, hours in (("a", 100, None, 5), ("b", 200, 9, 1), ("c", 300, 3, 9)):
        product = watched(watchlist, title=title, price=price, sales=sales, changed_at=NOW - timedelta(hours=hours))
        if title != "b":
            SnapshotFactory.create(
                product=product, data_time=NOW - timedelta(days=2), price={"a": 100, "c": 600}[title]
            )
    look_back(NOW)
    assert "".join(titles(web, f"sort={sort}")) == order


def test_changed_products_come_before_new_ones(web: Client, watchlist: Watchlist) -> None:
    def was_seen(title: str, first: timedelta | None, changed: timedelta | None) -> None:
        times = {"first_data_time": first and NOW - first, "changed_at": changed and NOW - changed}
        watched(watchlist, title=title, **times)

    hour = timedelta(hours=1)
    was_seen("never", None, None)
    was_seen("first 2", 2 * hour, 2 * hour)
    was_seen("changed 9", 90 * hour, 9 * hour)
    was_seen("first 1", hour, hour)
    was_seen("changed 3", 4 * hour, 3 * hour)
    assert titles(web) == ["changed 3", "changed 9", "first 1", "first 2", "never"]
    assert titles(web, "q=first") == ["first 1", "first 2"]
    # A product that never changed has been unchanged since its first check.
    assert titles(web, "sort=changed") == ["changed 9", "changed 3", "first 2", "first 1", "never"]


def test_statuses_are_ordered_from_good_to_bad(web: Client, watchlist: Watchlist) -> None:
    for status in (*sorted(Status), None):
        watched(watchlist, title=status or "unknown", status=status)
    best_first = titles(web, "sort=status")
    assert best_first[:3] == ["on_sale", "approved_waiting", "under_review"]
    assert best_first[-4:] == ["banned", "deleted", "not_found", "unknown"]
    assert titles(web, "sort=-status") == [*best_first[-2::-1], "unknown"]
    # A product that was found once, as all of these were, counts as deleted when it is not found.
    each = {status: [status] for status in Status} | {"deleted": ["deleted", "not_found"], "not_found": []}
    assert {status: titles(web, f"status={status}&sort=status") for status in Status} == each


def test_pages_keep_the_state_of_the_table(web: Client, watchlist: Watchlist) -> None:
    for number in range(53):
        watched(watchlist, title=f"Shirt {number:02}")
    first = web.get("/products/?q=Shirt&sort=title")
    assert [row.product.title for row in first.context["page"]][-1] == "Shirt 49"
    assert "?q=Shirt&amp;sort=title&amp;page=2" in first.content.decode()
    assert titles(web, "q=Shirt&sort=title&page=2") == ["Shirt 50", "Shirt 51", "Shirt 52"]


@pytest.mark.parametrize(("number", "start", "count"), [("2", 50, 3), ("4", 50, 3), ("0", 50, 3), ("1", 0, 50)])
def test_a_search_counts_its_results_on_every_page(
    web: Client, watchlist: Watchlist, number: str, start: int, count: int
) -> None:
    shirts = [f"Shirt {index:02d}" for index in range(53)]
    for title in shirts:
        WatchFactory.create(watchlist=watchlist, product__title=title)
    page = web.get(f"/products/?q=Shirt&sort=title&page={number}").context["page"]
    assert (page.paginator.count, page.paginator.num_pages) == (53, 2)
    assert [row.product.title for row in page] == shirts[start : start + count]


def test_one_address_serves_the_page_and_its_region(web: Client, watchlist: Watchlist) -> None:
    watched(watchlist)
    page, region = web.get("/products/?q=&sort=title"), web.get("/products/?q=&sort=title", headers=HTMX)
    assert page.content.decode().lstrip().startswith("<!DOCTYPE html>")
    assert region.content.decode().lstrip().startswith('<div id="results"')
    assert "HX-Request" in region.headers["Vary"]
    assert "HX-Request" in page.headers["Vary"]
    assert "private" in region.headers["Cache-Control"]
    assert region.headers["HX-Push-Url"] == "/products/?sort=title"


def test_a_refresh_leaves_the_browsers_history_alone(web: Client, watchlist: Watchlist) -> None:
    response = web.get("/products/", headers={"HX-Request": "true", "HX-Trigger": "results"})
    assert "HX-Push-Url" not in response.headers


def test_a_page_restored_from_history_is_complete(web: Client, watchlist: Watchlist) -> None:
    headers = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    assert web.get("/products/", headers=headers).content.decode().lstrip().startswith("<!DOCTYPE html>")


def test_pausing_and_resuming_move_the_next_check(web: Client, watchlist: Watchlist) -> None:
    product = watched(watchlist)
    assert web.post(f"/products/{product.num_iid}/pause/?sort=title").headers["Location"] == "/products/?sort=title"
    product.refresh_from_db()
    assert product.next_check_at is None
    assert titles(web, "status=paused") == [product.title]
    web.post(f"/products/{product.num_iid}/resume/")
    product.refresh_from_db()
    assert product.next_check_at == NOW + timedelta(minutes=59)


def test_an_empty_table_says_what_to_do(web: Client) -> None:
    text = web.get("/products/").content.decode()
    assert "No products yet" in text
    assert "/products/add/" in text


def test_a_search_without_results_says_so(web: Client, watchlist: Watchlist) -> None:
    watched(watchlist)
    text = web.get("/products/?q=nothing").content.decode()
    assert "Not among your products" in text
    assert "No products yet" not in text
    assert "No product matches" in web.get("/products/?q=nothing&status=on_sale").content.decode()


@pytest.mark.parametrize("verb", ["pause", "resume", "remove"])
def test_a_button_of_a_removed_product_says_that_it_is_gone(web: Client, watchlist: Watchlist, verb: str) -> None:
    shirt = watched(watchlist, title="A stranger's now")
    WatchFactory.create(product=shirt)
    remove(Watch.objects.filter(watchlist=watchlist), NOW)
    address = f"/products/{shirt.num_iid}/{verb}/"
    notice = f"the product {shirt.num_iid} is no longer on your lists."
    response = web.post(address, headers=HTMX)
    assert response.status_code == 200
    assert response.content.decode().lstrip().startswith('<div id="results"')
    assert notice in response.content.decode()
    assert "stranger" not in response.content.decode()
    without_scripts = web.post(f"{address}?sort=price", follow=True)
    assert without_scripts.redirect_chain == [("/products/?sort=price", 302)]
    assert notice in without_scripts.content.decode()
    assert Watch.objects.get().is_paused is False


def test_a_button_of_another_list_says_that_nothing_was_done(web: Client, merchant: User, watchlist: Watchlist) -> None:
    other = WatchlistFactory.create(owner=merchant)
    shirt = watched(other)
    text = web.post(f"/products/{shirt.num_iid}/remove/?list={watchlist.pk}", headers=HTMX).content.decode()
    assert "is on no list shown here that you may edit." in text
    assert other.watches.count() == 1


def test_development_serves_the_same_scripts(web: Client, settings: Any) -> None:
    scripts = re.findall(r'<script [^>]*src="([^"]+)"', web.get("/products/").content.decode())
    assert "/static/django_htmx/htmx-2.min.js" in scripts
    settings.DEBUG = True
    assert re.findall(r'<script [^>]*src="([^"]+)"', web.get("/products/").content.decode()) == scripts
