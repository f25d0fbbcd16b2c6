"""What the products of a list and of a shop sell together: in one line, and on each day."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from monitor.models import Product, Snapshot, Watchlist
from tests.models.factories import NOW, ShopFactory, WatchFactory

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def sells(
    watchlist: Watchlist, a_day: int, step: int, *, days: int = 120, every: timedelta = 4 * HOUR
) -> Product:
    """Let a product sell so many units on each of the last days. Its price changes with each
    check."""
    product = WatchFactory.create(watchlist=watchlist, product__data_time=NOW).product
    Product.objects.filter(pk=product.pk).update(first_data_time=NOW - days * DAY, sales_step=step)
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
    rates = ("units_low", "units", "units_high", "risen_7", "risen_14", "risen_30")
    rows = Product.objects.filter(pk=product.pk)
    rows.update(**dict.fromkeys(rates, a_day), risen_error=0, price=5_000)
    return product


def days_at(web: Client, address: str, days: str) -> list[list[Any]]:
    return web.get(f"{address}?range={days}").json()["days"]  # type: ignore[no-any-return]


@pytest.mark.parametrize("days", ["7d", "30d", "90d", "1y"])
def test_each_day_is_the_sum_of_the_days_of_the_products(
    web: Client, watchlist: Watchlist, days: str
) -> None:
    old, young, gone = (
        sells(watchlist, 170, 1),
        sells(watchlist, 30, 1, days=20),
        sells(watchlist, 12, 1),
    )
    Snapshot.objects.filter(product=gone, data_time__gt=NOW - 3 * DAY).update(status="deleted")
    sums: dict[int, list[Any]] = {}
    for product in (old, young, gone):
        for start, end, *day in days_at(web, f"/products/{product.num_iid}/series/", days):
            units, revenue, is_sure, _is_part, known = sums.get(start, [end, 0, 0, True, False, 0])[
                1:
            ]
            sold = [
                round(units + day[0], 2),
                revenue + day[1],
                is_sure and day[2],
                day[3],
                known + 1,
            ]
            sums[start] = [end, *sold]
    told = days_at(web, f"/watchlists/{watchlist.pk}/sold/", days)
    assert len(told) > 5
    assert told == [[start, *sums[start]] for start in sorted(sums) if sums[start][-1] > 1]


def test_rounded_counts_are_summed_by_week_as_they_rose(web: Client, watchlist: Watchlist) -> None:
    for a_day in (170, 290, 410, 530):
        sells(watchlist, a_day, 1_000)
    weeks = days_at(web, f"/watchlists/{watchlist.pk}/sold/", "90d")
    assert {week[1] - week[0] for week in weeks[:-1]} == {7 * 24 * 3600}
    assert {(week[4], week[5], week[6]) for week in weeks} == {(False, False, 4)}
    for *_, units, _revenue, _is_sure, _is_part, _known in weeks[:-1]:
        assert abs(units - 1400) <= 4 * 1_000 / 7
    assert sum(week[2] for week in weeks) / len(weeks) == pytest.approx(1400, rel=0.03)


def test_a_shop_sums_its_products_on_the_readers_lists_alone(
    web: Client, watchlist: Watchlist
) -> None:
    shop = ShopFactory.create()
    others = WatchFactory.create().watchlist
    for owner, units in ((watchlist, 24), (others, 1_000)):
        product = sells(owner, units, 1, days=10, every=HOUR)
        Product.objects.filter(pk=product.pk).update(shop=shop)
        Product.objects.filter(pk=product.pk).update(shop=shop.pk)
    sells(watchlist, 500, 1, days=10)
    assert {day[2] for day in days_at(web, f"/shops/{shop.pk}/sold/", "7d")[:-1]} == {24}
    text = " ".join(web.get(f"/shops/{shop.pk}/").content.decode().split())
    assert text.count("<strong>24 a day</strong>") == 2  # The shop, and its product.
    assert text.count("est. ¥1,200 a day") == 2
