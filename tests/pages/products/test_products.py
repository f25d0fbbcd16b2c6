"""The products table: its rows, search, filters, order and pages."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from monitor.models import AlertRead, Product, User, Watch, Watchlist
from monitor.polling.recording.ageing import look_back
from monitor.provider.observation import Status
from tests.models.factories import (
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
    ChangeFactory.create(
        product=product, before=8000, after=7000, first_seen_after=NOW - timedelta(days=3)
    )
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


def test_a_row_counts_the_unread_alerts_of_its_product(
    web: Client, merchant: User, watchlist: Watchlist
) -> None:
    product = watched(watchlist, title="Skirt")
    watched(watchlist, title="Shirt")
    alerts = [AlertFactory.create(watchlist=watchlist, product=product) for _ in range(3)]
    AlertFactory.create(product=product)  # On a stranger's list.
    AlertRead.objects.create(alert=alerts[0], user=merchant)
    response = web.get("/products/?sort=title")
    assert [row.unread for row in response.context["page"]] == [0, 2]
    assert re.search(
        rf'href="/alerts/\?product={product.num_iid}"\s+title="2 unread alerts"',
        response.content.decode(),
    )


def test_only_what_is_not_well_is_marked_beside_the_name(web: Client, watchlist: Watchlist) -> None:
    titled = watched(watchlist, title="Fine", shop=None)
    assert f"<span>{titled.num_iid}</span>" in web.get("/products/").content.decode()
    assert 'class="mark' not in web.get("/products/").content.decode()
    watched(watchlist, title="Off", status=Status.OFF_SHELF.value)
    fails = {
        "failing_since": NOW - timedelta(hours=3),
        "last_outcome": "provider_error",
        "last_code": "4002",
    }
    watched(watchlist, title="Failing", **fails)
    new = watched(
        watchlist, title=None, price=None, status=None, shop=None, checked_at=None, data_time=None
    )
    marked = web.get("/products/").content.decode().partition("<tbody")[2]
    for mark in ("off shelf", "failing for 3 h", "(4002)", "waiting for first check"):
        assert mark in marked, mark
    assert marked.count(f">{new.num_iid}<") == 1
    with_columns = web.get("/products/?cols=status,checked").content.decode().partition("<tbody")[2]
    assert (with_columns.count("off shelf"), with_columns.count("failing for 3 h")) == (1, 1)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=衬", ["磨毛衬衫"]),
        ("q=旗舰", ["纸箱"]),
        ("q=35144532983", ["磨毛衬衫"]),
        (
            "q=https://haohuo.jinritemai.com/views/product/item2?id=3514453298386183303",
            ["磨毛衬衫"],
        ),
        ("q=nothing", []),
        ("status=off_shelf", ["纸箱"]),
        ("status=failing", ["磨毛衬衫"]),
        ("list=abc&page=99999999999999999999", ["磨毛衬衫", "纸箱"]),
    ],
)
def test_it_searches_and_filters(
    web: Client, watchlist: Watchlist, query: str, expected: list[str]
) -> None:
    watched(
        watchlist,
        title="磨毛衬衫",
        num_iid="3514453298386183303",
        failing_since=NOW,
        changed_at=NOW,
    )
    watched(
        watchlist,
        title="纸箱",
        num_iid="42",
        status=Status.OFF_SHELF.value,
        shop__name="叠叠旗舰店",
    )
    assert titles(web, query) == expected


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("price", "abc"),
        ("-price", "cba"),
        ("title", "abc"),
        ("day", "cab"),
        ("-sales", "bca"),
        ("-changed", "bac"),
    ],
)
def test_unknown_values_are_ordered_last(
    web: Client, watchlist: Watchlist, sort: str, order: str
) -> None:
    for title, price, sales, hours in (("a", 100, None, 5), ("b", 200, 9, 1), ("c", 300, 3, 9)):
        product = watched(
            watchlist,
            title=title,
            price=price,
            sales=sales,
            changed_at=NOW - timedelta(hours=hours),
        )
        if title != "b":
            SnapshotFactory.create(
                product=product,
                data_time=NOW - timedelta(days=2),
                price={"a": 100, "c": 600}[title],
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


def test_a_list_of_rivals_begins_with_what_sells_most(
    web: Client, merchant: User, watchlist: Watchlist
) -> None:
    """A list with an own product, which has a cost, begins with the latest change."""
    for title, units, price in (("few", 2, 9000), ("unknown", None, 9000), ("many", 80, 5000)):
        product = watched(watchlist, title=title, price=price)
        Product.objects.filter(pk=product.pk).update(units=units)
    by_revenue, usual = ["many", "few", "unknown"], titles(web)
    response = web.get(f"/products/?list={watchlist.pk}", headers=HTMX)
    assert [row.product.title for row in response.context["page"].object_list] == by_revenue
    assert response.headers["HX-Push-Url"] == f"/products/?list={watchlist.pk}", (
        "The default is not in the address."
    )
    assert titles(web, "sort=-revenue") == by_revenue
    assert titles(web, "sort=revenue") == ["few", "many", "unknown"]
    asked = web.get(f"/products/?list={watchlist.pk}&sort=-changed", headers=HTMX)
    assert asked.headers["HX-Push-Url"].endswith("&sort=-changed")
    Watch.objects.filter(product=product).update(cost=100)
    assert titles(web, f"list={watchlist.pk}") == usual


def test_pages_count_their_rows_and_keep_the_state_of_the_table(
    web: Client, watchlist: Watchlist
) -> None:
    for number in range(28):
        watched(watchlist, title=f"Shirt {number:02}")
    query = "q=Shirt&sort=title&size=25"
    first = web.get(f"/products/?{query}")
    assert [row.product.title for row in first.context["page"]][-1] == "Shirt 24"
    assert (first.context["page"].paginator.count, first.context["page"].paginator.num_pages) == (
        28,
        2,
    )
    assert f"?{query.replace('&', '&amp;')}&amp;page=2" in first.content.decode()
    for page in ("2", "4", "0"):
        assert titles(web, f"{query}&page={page}") == ["Shirt 25", "Shirt 26", "Shirt 27"]


def test_one_address_serves_the_page_and_its_region(web: Client, watchlist: Watchlist) -> None:
    watched(watchlist)
    page, region = (
        web.get("/products/?q=&sort=title"),
        web.get("/products/?q=&sort=title", headers=HTMX),
    )
    assert page.content.decode().lstrip().startswith("<!DOCTYPE html>")
    assert region.content.decode().lstrip().startswith('<div id="results"')
    assert "HX-Request" in region.headers["Vary"]
    assert "HX-Request" in page.headers["Vary"]
    assert "private" in region.headers["Cache-Control"]
    assert region.headers["HX-Push-Url"] == "/products/?sort=title"
    refresh = web.get("/products/", headers={**HTMX, "HX-Trigger": "results"})
    assert "HX-Push-Url" not in refresh.headers
    restored = web.get("/products/", headers={**HTMX, "HX-History-Restore-Request": "true"})
    assert restored.content.decode().lstrip().startswith("<!DOCTYPE html>")


def test_pausing_and_resuming_move_the_next_check(web: Client, watchlist: Watchlist) -> None:
    product = watched(watchlist)
    pause = {"act": "is_paused:1", "row": product.num_iid}
    assert (
        web.post("/products/many/?sort=title", pause).headers["Location"] == "/products/?sort=title"
    )
    product.refresh_from_db()
    assert product.next_check_at is None
    assert titles(web, "status=paused") == [product.title]
    web.post("/products/many/", pause | {"act": "is_paused:0"})
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


def test_a_row_s_menu_acts_on_the_list_shown_only(
    web: Client, merchant: User, watchlist: Watchlist
) -> None:
    other = WatchlistFactory.create(owner=merchant)
    elsewhere, both = watched(other), watched(other)
    WatchFactory.create(watchlist=watchlist, product=both)

    def remove(product: Product) -> str:
        form = {"act": "remove", "row": product.num_iid}
        address = f"/products/many/?list={watchlist.pk}"
        return web.post(address, form, headers=HTMX).content.decode()

    assert "1 chosen product is no longer on the lists shown." in remove(elsewhere)
    assert "1 product was removed." in remove(both)
    assert (watchlist.watches.count(), other.watches.count()) == (0, 2)
