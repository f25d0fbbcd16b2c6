"""Products with the filters of the page, their history and changes, their shop, and the mute."""

from datetime import timedelta

import pytest

from monitor.models import Mute, Product, Shop, User, Watchlist
from monitor.provider.observation import Status
from tests.api import Program, problem_of
from tests.models.factories import (
    NOW,
    AlertFactory,
    ChangeFactory,
    MembershipFactory,
    ProductFactory,
    SnapshotFactory,
    UserFactory,
    WatchFactory,
    WatchlistFactory,
)

pytestmark = pytest.mark.django_db


def watched(watchlist: Watchlist, **columns: object) -> Product:
    return WatchFactory.create(
        watchlist=watchlist, product=ProductFactory.create(**columns)
    ).product


def test_a_program_reads_the_products(reader: Program, watchlist: Watchlist) -> None:
    product = watched(watchlist, title="Linen shirt")
    AlertFactory.create(watchlist=watchlist, product=product)
    WatchFactory.create()  # A stranger's.
    Product.objects.filter(pk=product.pk).update(
        price=7200, units_low=8.5, units=10, units_high=11.8
    )
    [shop] = Shop.objects.filter(products=product)
    page = reader.get("/products")
    assert page["next"] is None
    [row] = page["items"]
    assert row == {
        "num_iid": product.num_iid,
        "title": "Linen shirt",
        "status": "on_sale",
        "currency": "CNY",
        "price": 7200,
        "price_a_day_ago": None,
        "price_a_week_ago": None,
        "units_a_day": {"low": 8.5, "likely": 10, "high": 11.8},
        "revenue_a_day": 72000,
        "list_price": 9900,
        "sku_min_price": 7200,
        "sku_max_price": 8900,
        "sales": 13000,
        "sales_step": 1000,
        "presale": None,
        "image": "",
        "shop": {"id": str(shop.pk), "shop_id": shop.shop_id, "name": shop.name},
        "first_data_time": "2026-08-27T04:00:00Z",
        "changed_at": "2026-11-24T04:00:00Z",
        "data_time": "2026-11-25T03:59:00Z",
        "checked_at": "2026-11-25T03:59:00Z",
        "failing_since": None,
        "next_check_at": "2026-11-25T04:59:00Z",
        "watches": [{"watchlist": str(watchlist.pk), "is_paused": False}],
        "unread": 1,
    }


def test_products_are_filtered_as_on_the_page(
    reader: Program, merchant: User, watchlist: Watchlist
) -> None:
    cheap = watched(watchlist, title="Cheap shirt", price=1000, changed_at=NOW - timedelta(hours=1))
    dear = watched(watchlist, title="Dear coat", price=90_000, changed_at=NOW - timedelta(days=3))
    gone = watched(
        WatchlistFactory.create(owner=merchant), title="Gone hat", status=Status.DELETED.value
    )
    dear.watches.get().tags.create(name="winter")

    def matching(**query: object) -> list[str]:
        return [row["num_iid"] for row in reader.get("/products", **query)["items"]]

    assert matching(q="shirt") == [cheap.num_iid]
    assert matching(q=dear.num_iid) == [dear.num_iid]
    assert matching(q=f"https://haohuo.jinritemai.com/views/product/item2?id={gone.num_iid}") == [
        gone.num_iid
    ]
    assert set(matching(watchlist=watchlist.pk)) == {cheap.num_iid, dear.num_iid}
    assert matching(shop=dear.shop_id) == [dear.num_iid]
    assert matching(status="deleted") == [gone.num_iid]
    assert matching(changed="24h") == [cheap.num_iid]
    assert matching(min=5000) == [dear.num_iid]
    assert matching(max=5000) == [cheap.num_iid]
    assert matching(tag="winter") == [dear.num_iid]
    assert matching(sort="price", status="on_sale") == [cheap.num_iid, dear.num_iid]
    assert matching(sort="-price", status="on_sale") == [dear.num_iid, cheap.num_iid]


def test_a_product_that_is_gone_has_no_price(reader: Program, watchlist: Watchlist) -> None:
    product = watched(watchlist, status=Status.DELETED.value)
    SnapshotFactory.create(
        product=product, status=Status.DELETED.value, data_time=NOW - timedelta(days=2)
    )
    assert reader.get(f"/products/{product.num_iid}")["price"] is None
    [snapshot] = reader.get(f"/products/{product.num_iid}/snapshots")["items"]
    assert (snapshot["price"], snapshot["status"]) == (None, "deleted")


def test_a_product_in_full_has_its_content_and_watches(
    reader: Program, watchlist: Watchlist, merchant: User
) -> None:
    content = {"images": ["https://p3-aio.ecombdimg.com/obj/temai/a"]}
    product = watched(watchlist, content=content)
    MembershipFactory.create(
        watchlist=WatchFactory.create(product=product).watchlist, user=UserFactory.create()
    )
    Mute.objects.create(user=merchant, product=product, until=NOW + timedelta(days=1))
    row = reader.get(f"/products/{product.num_iid}")
    assert row["content"] == content
    assert row["muted_until"] == "2026-11-26T04:00:00Z"
    assert [watch["watchlist"] for watch in row["watches"]] == [str(watchlist.pk)]


def test_a_history_is_read_as_states_or_as_a_line(reader: Program, watchlist: Watchlist) -> None:
    product = watched(watchlist)
    for days, price in ((40, 9900), (10, 8000), (1, 7200)):
        SnapshotFactory.create(product=product, data_time=NOW - timedelta(days=days), price=price)
    path = f"/products/{product.num_iid}"
    states = reader.get(f"{path}/snapshots")["items"]
    assert [state["price"] for state in states] == [8000, 7200]
    assert states[0]["data_time"] == "2026-11-15T04:00:00Z"
    states = reader.get(f"{path}/snapshots", since="2026-01-01T00:00:00Z")["items"]
    assert [state["price"] for state in states] == [9900, 8000, 7200]
    line = reader.get(f"{path}/points")
    assert (line["since"], line["until"]) == ("2026-10-26T03:59:00Z", "2026-11-25T03:59:00Z")
    assert line["price"] == [
        {"at": "2026-10-26T03:59:00Z", "value": 9900},
        {"at": "2026-11-15T04:00:00Z", "value": 8000},
        {"at": "2026-11-24T04:00:00Z", "value": 7200},
        {"at": "2026-11-25T03:59:00Z", "value": 7200},
    ]


def test_changes_come_with_their_alert_the_newest_first(
    reader: Program, watchlist: Watchlist
) -> None:
    product = watched(watchlist)
    old = ChangeFactory.create(product=product, first_seen_after=NOW - timedelta(days=2))
    new = ChangeFactory.create(product=product, field="title", before="Shirt", after="Linen shirt")
    alert = AlertFactory.create(watchlist=watchlist, product=product, change=old)
    AlertFactory.create(product=product, change=new)  # A stranger's.
    path = f"/products/{product.num_iid}/changes"
    first, second = reader.get(path)["items"]
    assert (first["field"], first["before"], first["after"], first["alert"]) == (
        "title",
        "Shirt",
        "Linen shirt",
        None,
    )
    assert (second["id"], second["before"], second["after"], second["alert"]) == (
        str(old.pk),
        9900,
        7200,
        str(alert.pk),
    )
    assert second["last_seen_before"] == "2026-11-23T03:00:00Z"
    assert [row["id"] for row in reader.get(path, field="price")["items"]] == [str(old.pk)]
    assert [row["id"] for row in reader.get(path, since="2026-11-23T12:00:00+08:00")["items"]] == [
        str(new.pk),
        str(old.pk),
    ]
    assert [row["id"] for row in reader.get(path, since="2026-11-23T12:00:01+08:00")["items"]] == [
        str(new.pk)
    ]


def test_the_shops_of_the_products_are_listed(
    reader: Program, merchant: User, watchlist: Watchlist
) -> None:
    here = watched(watchlist).shop_id
    watched(watchlist, shop_id=here)
    there = WatchFactory.create(watchlist__owner=merchant)
    WatchFactory.create()  # A stranger's.
    assert [row["id"] for row in reader.pages("/shops", limit=1)] == [
        str(here),
        str(there.product.shop_id),
    ]
    assert reader.get("/shops", watchlist=watchlist.pk) == {
        "items": [reader.get(f"/shops/{here}")],
        "next": None,
    }
    problem_of(reader.send("GET", "/shops", watchlist=WatchlistFactory.create().pk), 404)


def test_a_program_mutes_a_product(writer: Program, watchlist: Watchlist, merchant: User) -> None:
    product = watched(watchlist)
    path = f"/products/{product.num_iid}/mute"
    assert writer.post(path, {"for": "week"}) == {"muted_until": "2026-12-02T04:00:00Z"}
    assert writer.post(path, {}) == {"muted_until": "2026-11-26T04:00:00Z"}
    assert Mute.objects.get().until == NOW + timedelta(days=1)
    problem_of(writer.send("POST", path, {"for": "year"}), 422)
