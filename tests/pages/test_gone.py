"""A product that is gone has no current price on any page: pages show its last price, and since
when it is gone."""

from datetime import timedelta

import pytest
from django.test import Client

from monitor.models import Alert, Heartbeat, Product, Watch, Watchlist
from monitor.polling.recording.ageing import look_back
from tests.models.factories import NOW, ChangeFactory, ProductFactory, SnapshotFactory, WatchFactory
from tests.pages.rules.rule_forms import post
from tests.pages.sheets import csv_rows

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _a_worker_lives(db: None) -> None:
    Heartbeat.objects.create(worker="w", work="stand_by", seen_at=NOW, expected_at=NOW + DAY)


def watched(
    watchlist: Watchlist, gone_for: timedelta, status: str = "not_found", price: int = 16000
) -> Product:
    """Return a product that cost ¥150.00, then `price`, and then disappeared."""
    gone_at = NOW - gone_for
    product: Product = ProductFactory.create(
        title="磨毛衬衫",
        price=price,
        status=status,
        changed_at=gone_at,
        first_data_time=NOW - 90 * DAY,
    )
    WatchFactory.create(watchlist=watchlist, product=product)
    prices = {"list_price": 19900, "sku_min_price": price, "sku_max_price": price}
    SnapshotFactory.create(product=product, data_time=NOW - 90 * DAY, price=15000, **prices)
    SnapshotFactory.create(product=product, data_time=gone_at - 2 * DAY, price=price, **prices)
    ChangeFactory.create(
        product=product, before=15000, after=price, first_seen_after=gone_at - 2 * DAY
    )
    SnapshotFactory.create(product=product, data_time=gone_at, price=price, status=status, **prices)
    return product


@pytest.mark.parametrize("status", ["not_found", "deleted"])
def test_the_product_page_shows_the_last_price_only(
    web: Client, watchlist: Watchlist, status: str
) -> None:
    product = watched(watchlist, 31 * DAY, status)
    response = web.get(f"/products/{product.num_iid}/")
    page = response.content.decode()
    assert "throughout this range" not in page
    assert response.context["facts"] is None
    assert "last ¥160.00, gone since Sun 25 Oct 12:00" in page
    assert "No data in this range" in page
    assert "¥199.00" not in page


def test_its_line_in_the_chart_ends_where_it_disappeared(web: Client, watchlist: Watchlist) -> None:
    product = watched(watchlist, 10 * DAY)
    series = web.get(f"/products/{product.num_iid}/series/").json()
    assert series["price"][1][-1] == 16000
    assert sum(series["price"][0]) == 20 * 86400
    assert series["last"]["price"] is None
    facts = web.get(f"/products/{product.num_iid}/").context["facts"]
    assert (facts.lowest, facts.highest) == (15000, 16000)


def test_the_table_and_the_exports_have_no_price_after_it_disappeared(
    web: Client, watchlist: Watchlist
) -> None:
    product = watched(watchlist, 10 * DAY)
    [newest_row, *_] = (
        web.get(f"/products/{product.num_iid}/").content.decode().split("<tbody>")[1].split("</tr>")
    )
    assert "not found" in newest_row
    assert "¥" not in newest_row

    rows = csv_rows(web, f"/products/{product.num_iid}/export.csv?range=all")
    assert [row["Price"] for row in rows] == ["150.00", "160.00", ""]
    assert rows[-1]["Highest SKU price"] == rows[-1]["List price"] == ""


def test_the_products_table_does_not_show_sort_or_filter_by_its_last_price(
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


def test_the_comparison_shows_no_current_price(web: Client, watchlist: Watchlist) -> None:
    product = watched(watchlist, 10 * DAY)
    other = ProductFactory.create(title="Coat")
    WatchFactory.create(watchlist=watchlist, product=other)
    url = f"/products/{product.num_iid}/compare/?with={other.num_iid}"
    response = web.get(url)
    assert "last ¥160.00, gone since Sun 15 Nov 12:00" in response.content.decode()
    series = web.get(url.replace("compare/", "compare/series/")).json()["lines"][0]
    assert sum(series["price"][0]) == 20 * 86400
    # Nor where it is offered for comparison.
    assert "¥160.00" not in web.get(f"/products/{other.num_iid}/compare/").content.decode()


def test_a_price_rule_is_not_true_of_it(web: Client, watchlist: Watchlist) -> None:
    watched(watchlist, 10 * DAY)
    page = web.get(f"/watches/{Watch.objects.get().pk}/rules/").content.decode()
    assert "¥160.00" not in page
    coat = WatchFactory.create(watchlist=watchlist, product__price=7200).product
    post(web, watchlist, kind="price_below", threshold="200")
    alerts = Alert.objects.filter(field="price")
    assert [alert.product for alert in alerts] == [coat]


def never_found(watchlist: Watchlist) -> Product:
    """Return a product whose only check, ten minutes ago, found nothing."""
    nothing = dict.fromkeys(
        ("title", "shop", "price", "list_price", "sku_min_price", "sku_max_price", "sales")
    )
    at = NOW - timedelta(minutes=10)
    times = dict.fromkeys(
        ("first_data_time", "changed_at", "data_time", "checked_at", "answered_at"), at
    )
    fields = {
        **nothing,
        **times,
        "status": "not_found",
        "unchanged_checks": 0,
        "last_outcome": "not_found",
    }
    product: Product = WatchFactory.create(
        watchlist=watchlist, **{f"product__{k}": v for k, v in fields.items()}
    ).product
    SnapshotFactory.create(
        product=product, data_time=at, status="not_found", price=None, sales=None
    )
    return product


def test_a_product_that_was_never_found_says_what_to_do(web: Client, watchlist: Watchlist) -> None:
    product = never_found(watchlist)
    page = web.get(f"/products/{product.num_iid}/").content.decode()
    assert "Compare the ID with the link on Douyin, or remove the product." in page
    assert "Checked every 1 h." in page
    assert "after the first check" not in page
    assert "is gone" not in page
    assert "gone since" not in page
    assert "Seen for the first time" not in page
    assert "This product was never found" in page
    assert "<canvas" not in page
    table = web.get("/products/").content.decode()
    assert "not found" in table.partition("<tbody")[2]
