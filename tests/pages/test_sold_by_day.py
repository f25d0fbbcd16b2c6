"""What the products of a list and of a shop sell together: in one line, and on each day."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from monitor.models import Product, ProductIndex, Snapshot, Watchlist
from monitor.reads import sold
from tests.factories import NOW, ShopFactory, WatchFactory
from tests.pages import HTMX

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def sells(watchlist: Watchlist, a_day: int, step: int, *, days: int = 120, every: timedelta = 4 * HOUR) -> Product:
    """Let a product sell so many units on each of the last days. Its price changes with each check."""
    product = WatchFactory.create(watchlist=watchlist, product__data_time=NOW).product
    Product.objects.filter(pk=product.pk).update(first_data_time=NOW - days * DAY)
    checks = range(days * DAY // every + 1)
    times = [NOW - days * DAY + check * every for check in checks]
    counts = [5_000 + int(a_day * (check * every / DAY)) // step * step for check in checks]
    Snapshot.objects.bulk_create(
        Snapshot(
            product=product,
            data_time=at,
            received_at=at,
            last_seen_before=at - every / 2,
            price=5_000 + number % 7 * 100,
            sales=count,
            sales_step=step,
            status="on_sale",
        )
        for number, (at, count) in enumerate(zip(times, counts, strict=True))
    )
    ProductIndex.objects.filter(product=product).update(units_low=a_day, units=a_day, units_high=a_day, price=5_000)
    return product


def days_at(web: Client, address: str, days: str) -> list[list[Any]]:
    return web.get(f"{address}?range={days}").json()["days"]  # type: ignore[no-any-return]


@pytest.mark.parametrize("days", ["7d", "30d", "90d", "1y"])
def test_each_day_is_the_sum_of_the_days_of_the_products(web: Client, watchlist: Watchlist, days: str) -> None:
    rounded, exact = sells(watchlist, 170, 1_000), sells(watchlist, 30, 1, days=20)
    gone = sells(watchlist, 12, 1)
    Snapshot.objects.filter(product=gone, data_time__gt=NOW - 3 * DAY).update(status="deleted")
    sums: dict[int, list[Any]] = {}
    for product in (rounded, exact, gone):
        for day in days_at(web, f"/products/{product.num_iid}/series/", days):
            start, end, units, revenue, is_sure = sums.get(day[0], [*day[:2], 0, 0, True])
            sums[start] = [start, end, round(units + day[2], 2), revenue + day[3], is_sure and day[4]]
    told = days_at(web, f"/watchlists/{watchlist.pk}/sold/", days)
    assert len(told) > 5
    assert told == [sums[start] for start in sorted(sums)]


def test_days_of_exact_counts_are_sure(web: Client, watchlist: Watchlist) -> None:
    sells(watchlist, 30, 1, every=HOUR, days=10)
    sells(watchlist, 12, 1, every=HOUR, days=10)
    days = days_at(web, f"/watchlists/{watchlist.pk}/sold/", "7d")
    assert {day[2] for day in days[:-1]} == {42}
    assert all(day[4] for day in days)


def test_a_shop_sums_its_products_on_the_readers_lists_alone(web: Client, watchlist: Watchlist) -> None:
    shop = ShopFactory.create()
    others = WatchFactory.create().watchlist
    for owner, units in ((watchlist, 24), (others, 1_000)):
        product = sells(owner, units, 1, days=10, every=HOUR)
        Product.objects.filter(pk=product.pk).update(shop=shop)
        ProductIndex.objects.filter(pk=product.pk).update(shop_key=shop.pk)
    sells(watchlist, 500, 1, days=10)
    assert {day[2] for day in days_at(web, f"/shops/{shop.pk}/sold/", "7d")[:-1]} == {24}
    text = " ".join(web.get(f"/shops/{shop.pk}/").content.decode().split())
    assert text.count("<strong>24 a day</strong>") == 2  # The shop, and its product.
    assert text.count("est. ¥1,200 a day") == 2


def test_a_long_list_adds_up_the_products_that_sell_most_and_says_so(
    web: Client, watchlist: Watchlist, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = "The bars add up the 2 products that sell most."
    for units in (7, 100, 50):
        sells(watchlist, units, 1, days=10, every=HOUR)
    assert words not in web.get(f"/watchlists/{watchlist.pk}/").content.decode()
    monkeypatch.setattr(sold, "MOST_SUMMED", 2)
    monkeypatch.setattr("monitor.pages.watchlists.views.MOST_SUMMED", 2)
    assert {round(day[2]) for day in days_at(web, f"/watchlists/{watchlist.pk}/sold/", "7d")[:-1]} == {150}
    assert words in web.get(f"/watchlists/{watchlist.pk}/").content.decode()


def test_the_table_beside_the_bars_has_the_same_days(web: Client, watchlist: Watchlist) -> None:
    sells(watchlist, 170, 1_000)
    rows = web.get(f"/watchlists/{watchlist.pk}/sold/?range=30d", headers=HTMX).content.decode()
    assert rows.count("<tr>") == len(days_at(web, f"/watchlists/{watchlist.pk}/sold/", "30d"))
    assert rows.count("estimated") == rows.count("<tr>")


def test_a_list_without_known_sales_has_no_bars(web: Client, watchlist: Watchlist) -> None:
    WatchFactory.create(watchlist=watchlist)
    assert "<canvas" not in web.get(f"/watchlists/{watchlist.pk}/").content.decode()
    assert days_at(web, f"/watchlists/{watchlist.pk}/sold/", "30d") == []


def test_products_of_a_list_begin_with_what_the_list_sells(web: Client, watchlist: Watchlist) -> None:
    for units in (30, 12):
        sells(watchlist, units, 1, days=2)
    sells(WatchFactory.create().watchlist, 500, 1, days=2)
    text = " ".join(web.get("/products/", {"list": watchlist.pk}).content.decode().split())
    assert "Together" in text
    assert "<strong>42 a day</strong>" in text
    assert "est. ¥2,100 a day" in text
    assert "Together" not in web.get("/products/").content.decode()
