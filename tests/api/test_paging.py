"""A cursor goes on where the page before ended, whatever comes or goes meanwhile."""

import random
from datetime import timedelta
from urllib.parse import quote

import pytest
import time_machine

from monitor.models import User, Watchlist
from monitor.models.figures import SORTS
from tests.api import Program, problem_of
from tests.models.factories import (
    NOW,
    AlertFactory,
    ChangeFactory,
    ProductFactory,
    ShopFactory,
    SnapshotFactory,
    WatchFactory,
)

pytestmark = pytest.mark.django_db


def test_pages_together_are_the_whole_list_in_each_order(
    reader: Program, watchlist: Watchlist
) -> None:
    for number in range(9):
        is_known = number % 3
        product = ProductFactory.create(
            title=f"Shirt {number % 4}" if is_known else None,
            price=1000 + number % 4 if is_known else None,
            sales=number % 4 if is_known else None,
            checked_at=NOW - timedelta(minutes=number % 4) if is_known else None,
            changed_at=NOW - timedelta(hours=number % 4) if is_known else None,
            first_data_time=NOW - timedelta(hours=3) if is_known else None,
            interval=timedelta(minutes=number % 4 + 1) if is_known else None,
            status="on_sale" if is_known else None,
            shop=ShopFactory.create(name=f"Shop {number % 4}" if is_known else None),
        )
        WatchFactory.create(watchlist=watchlist, product=product)
        product.price_a_day_ago = product.price_a_week_ago = 1000 if number % 2 else None
        product.save(update_fields=["price_a_day_ago", "price_a_week_ago"])
    for sort in (f"{way}{name}" for name in SORTS for way in ("", "-")):
        whole = [row["num_iid"] for row in reader.get("/products", sort=sort)["items"]]
        assert len(set(whole)) == 9
        assert [row["num_iid"] for row in reader.pages("/products", sort=sort, limit=4)] == whole, (
            sort
        )


def test_every_list_has_pages(reader: Program, merchant: User, watchlist: Watchlist) -> None:
    product = WatchFactory.create(watchlist=watchlist).product
    for number in range(4):
        at = NOW - timedelta(minutes=number // 2)
        WatchFactory.create(watchlist=watchlist)
        AlertFactory.create(watchlist=watchlist, product=product, created_at=at)
        SnapshotFactory.create(product=product, data_time=NOW - timedelta(hours=number))
        fields = ("price", "title", "sales", "status")
        ChangeFactory.create(product=product, field=fields[number], first_seen_after=at)
    product_path = f"/products/{product.num_iid}"
    for path in (
        "/alerts",
        f"/watchlists/{watchlist.pk}/watches",
        f"/watchlists/{watchlist.pk}/rules",
        f"{product_path}/changes",
        f"{product_path}/snapshots",
    ):
        whole = reader.get(path)["items"]
        assert len(whole) >= 3
        assert reader.pages(path, limit=1) == whole, path


@pytest.mark.parametrize("path", ["/alerts", "/changes"])
def test_a_program_reads_on_after_an_outage_without_loss_or_doubles(
    reader: Program, watchlist: Watchlist, path: str
) -> None:
    """Also what a slow transaction makes visible after a younger row with a larger key."""
    product = WatchFactory.create(watchlist=watchlist).product

    def happens(key: int, at: timedelta) -> None:
        if path == "/alerts":
            AlertFactory.create(pk=key, watchlist=watchlist, product=product, created_at=NOW + at)
        else:
            # The platform's data may be older than others that were recorded before.
            seen = NOW - timedelta(minutes=key)
            ChangeFactory.create(
                pk=key, product=product, first_seen_after=seen, recorded_at=NOW + at
            )

    def reads(after: str, at: timedelta, limit: int = 2) -> str:
        with time_machine.travel(NOW + at, tick=False):
            page = reader.get(path, after=after, limit=limit)
            while page["items"]:
                came.extend(int(row["id"]) for row in page["items"])
                page = reader.get(path, after=page["next"], limit=limit)
        return str(page["next"])

    came: list[int] = []
    second, hour = timedelta(seconds=1), timedelta(hours=1)
    happens(1, -hour)
    position = reads(NOW.isoformat(), 0 * second)
    happens(7, 20 * second)
    happens(8, 21 * second)
    position = reads(position, 30 * second)
    happens(5, 10 * second)  # Begun before the two, and committed after them.
    position = reads(position, 130 * second)
    position = reads(position, 131 * second)
    position = reads(position, 5 * hour)
    for key in (9, 10, 11, 12, 13):
        happens(key, 6 * hour)
    position = reads(position, 30 * hour)
    assert came == [5, 7, 8, 9, 10, 11, 12, 13]
    position = reads(position, 29 * hour)  # The clock was set back.
    assert came == [5, 7, 8, 9, 10, 11, 12, 13]
    other = "/changes" if path == "/alerts" else "/alerts"
    problem_of(reader.send("GET", path, after="yesterday"), 422)
    problem_of(reader.send("GET", path, after=position, cursor=position), 422)
    problem = problem_of(reader.send("GET", other, after=position), 422)
    assert problem["errors"][0]["where"] == "query.after"


def test_the_longest_titles_have_pages(reader: Program, watchlist: Watchlist) -> None:
    any_of = random.Random(1)
    for _ in range(3):
        emojis = "".join(chr(any_of.randint(0x1F300, 0x1FAFF)) for _ in range(500))
        WatchFactory.create(watchlist=watchlist, product=ProductFactory.create(title=emojis))
    whole = reader.get("/products", sort="title")["items"]
    assert reader.pages("/products", sort="title", limit=1) == whole
    cursor = reader.get("/products", sort="title", limit=1)["next"]
    assert len(quote(cursor)) <= 2000, (
        "It fits gunicorn's longest line, beside the longest search: see test_gunicorn."
    )


@pytest.mark.parametrize("path", ["/products", "/changes"])
def test_a_list_that_comes_between_two_pages_ends_none(
    reader: Program, merchant: User, watchlist: Watchlist, path: str
) -> None:
    for _ in range(3):
        ChangeFactory.create(
            product=WatchFactory.create(watchlist=watchlist).product, field="price"
        )
    whole = reader.get(path)["items"]
    page = reader.get(path, limit=1)
    new = WatchFactory.create(watchlist__owner=merchant).watchlist
    rest = reader.get(path, cursor=page["next"])["items"]
    names = [row["num_iid"] for row in page["items"] + rest]
    assert [name for name in names if not new.watches.filter(product__num_iid=name)] == [
        row["num_iid"] for row in whole
    ]
    problem_of(reader.send("GET", path, cursor=page["next"], watchlist=str(watchlist.pk)), 422)


def test_a_cursor_serves_its_own_query_alone(reader: Program, watchlist: Watchlist) -> None:
    for _ in range(2):
        WatchFactory.create(watchlist=watchlist)
    cursor = reader.get("/products", limit=1)["next"]
    for path, query in (
        ("/products", {"sort": "price"}),
        ("/products", {"q": "shirt"}),
        ("/alerts", {}),
        ("/products", {"cursor": cursor + "x"}),
        ("/products", {"cursor": "x"}),
    ):
        problem_of(reader.send("GET", path, **{"cursor": cursor, **query}), 422)
    for limit in ("0", "101", "many", "9" * 5000):
        problem_of(reader.send("GET", "/products", limit=limit), 422)
