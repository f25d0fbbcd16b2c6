"""Each tool gives what the API gives, in yuan and cut to size."""

from dataclasses import asdict
from datetime import timedelta

import pytest

from monitor.mcp.tools import MOST_POINTS
from monitor.models import (
    AlertRead,
    Product,
    RangeEntry,
    SearchPage,
    User,
    Watch,
    Watchlist,
)
from monitor.provider.listing import ListedProduct
from monitor.watching.pairings import set_rivals
from tests.factories import (
    NOW,
    AlertFactory,
    ChangeFactory,
    MembershipFactory,
    ProductFactory,
    SnapshotFactory,
    WatchFactory,
)
from tests.mcp import MODES, Assistant

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)
READING = {
    *("watchlists", "find_products", "product", "price_history", "changes", "alerts", "usage"),
    *("followed_shops", "shop_range", "rules", "rivals"),
}
CHANGING = {
    *("mark_alerts_read", "mute_product", "make_watchlist", "watch_products", "search_douyin"),
    *("pause_product", "set_amounts", "remove_product", "follow_shop", "unfollow_shop"),
}


@pytest.fixture
def shirt(watchlist: Watchlist) -> Product:
    return WatchFactory.create(
        watchlist=watchlist, product=ProductFactory.create(title="Shirt"), note="Cheap"
    ).product


@pytest.mark.parametrize("mode", MODES)
def test_an_assistant_connects_and_learns_the_tools(
    reader: Assistant, watchlist: Watchlist, mode: str
) -> None:
    reader.mode = mode
    assert reader.ask(_instructions).startswith("Stallwatch watches Douyin products")
    tools = {tool.name: tool for tool in reader.ask(lambda client: client.list_tools()).tools}
    assert tools.keys() == READING | CHANGING
    for name, tool in tools.items():
        assert tool.description
        assert tool.output_schema
        assert tool.annotations
        assert tool.annotations.read_only_hint is (name in READING)
        assert name in READING or tool.annotations.destructive_hint is (
            name in {"remove_product", "unfollow_shop"}
        )
        assert tool.input_schema["additionalProperties"] is False
    assert reader.call("watchlists") == {
        "items": [
            {
                "id": str(watchlist.pk),
                "name": "Rivals",
                "role": "owner",
                "products": 0,
                "unread": 0,
                "is_paused": False,
            }
        ]
    }


async def _instructions(client: object) -> str:
    return str(client.instructions)  # type: ignore[attr-defined]


def test_an_assistant_of_a_viewer_learns_no_cost_or_note(
    url: str, watchlist: Watchlist, shirt: Product
) -> None:
    Watch.objects.update(cost=4200, profit=800)
    viewer = Assistant.of(MembershipFactory.create(watchlist=watchlist).user, url)
    own = ("note", "cost", "profit", "floor_price", "margin")
    [watch] = viewer.call("product", num_iid=shirt.num_iid)["watches"]
    assert [watch[name] for name in own] == ["", None, None, None, None]
    Watchlist.objects.update(shows_costs=True)
    [watch] = viewer.call("product", num_iid=shirt.num_iid)["watches"]
    assert [watch[name] for name in own] == ["Cheap", "42.00", "8.00", "50.00", "41.67"]


def test_products_are_found_page_by_page(
    reader: Assistant, watchlist: Watchlist, shirt: Product
) -> None:
    dear = WatchFactory.create(
        watchlist=watchlist, product=ProductFactory.create(title="Coat", price=90000)
    ).product
    AlertFactory.create(watchlist=watchlist, product=shirt)

    def matching(**filters: object) -> list[str]:
        return [item["num_iid"] for item in reader.call("find_products", **filters)["items"]]

    assert matching(sort="title") == [dear.num_iid, shirt.num_iid]
    assert (
        matching(search="shirt")
        == matching(highest_price="72.00")
        == matching(highest_price=72.0)
        == [shirt.num_iid]
    )
    assert matching(lowest_price=72.01) == [dear.num_iid]
    assert matching(watchlist=str(watchlist.pk), status="off_shelf") == []
    first = reader.call("find_products", sort="price", limit=1)
    [item] = first["items"]
    assert (item["title"], item["price"], item["list_price"], item["unread"]) == (
        "Shirt",
        "72.00",
        "99.00",
        1,
    )
    assert item["watches"] == [{"watchlist": str(watchlist.pk), "is_paused": False}]
    assert "T" in item["checked_at"]
    assert item["checked_at"].endswith("Z")
    assert matching(sort="price", limit=1, cursor=first["next"]) == [dear.num_iid]


def test_a_product_comes_with_its_watches_and_last_changes(
    reader: Assistant, shirt: Product
) -> None:
    parts = [{"name": "Size", "values": ["XL"] * 200}]
    for hours, field, before, after in (
        (1, "sales", 1, 2),
        (2, "price", 9900, 7200),
        (3, "sku_range", [9900, 9900], [7200, 8900]),
        (4, "specification", [], parts),
        (5, "title", "Coat", "Shirt"),
    ):
        ChangeFactory.create(
            product=shirt,
            field=field,
            before=before,
            after=after,
            first_seen_after=NOW - hours * HOUR,
        )
    item = reader.call("product", num_iid=shirt.num_iid)
    assert item["price"] == "72.00"
    assert [(watch["note"], watch["target_price"]) for watch in item["watches"]] == [
        ("Cheap", None)
    ]
    price, skus, specification, title = item["recent_changes"]
    assert (price["field"], price["before"], price["after"]) == ("price", "99.00", "72.00")
    assert (skus["before"], skus["after"]) == ("99.00 - 99.00", "72.00 - 89.00")
    assert len(specification["after"]) == 300
    assert (title["before"], title["after"]) == ("Coat", "Shirt")


def test_a_long_history_is_read_in_parts(reader: Assistant, shirt: Product) -> None:
    for hours in range(1, MOST_POINTS + 20):
        SnapshotFactory.create(
            product=shirt, data_time=NOW - hours * HOUR, price=7000 + hours, sales=hours
        )
    first = reader.call("price_history", num_iid=shirt.num_iid)
    assert len(first["points"]) == MOST_POINTS
    rest = reader.call("price_history", num_iid=shirt.num_iid, since=first["next_since"])
    values = [point["value"] for point in (*first["points"], *rest["points"])]
    assert values[1:4] == ["72.18", "72.17", "72.16"]
    assert rest["next_since"] is None
    assert rest["points"][0]["at"] == first["next_since"]
    sales = reader.call(
        "price_history", num_iid=shirt.num_iid, line="sales", since="2026-11-25T10:00:00+08:00"
    )
    assert [point["value"] for point in sales["points"]] == [2, 1, 1]


def test_alerts_are_read_and_marked(
    writer: Assistant, watchlist: Watchlist, shirt: Product, merchant: User
) -> None:
    alert = AlertFactory.create(watchlist=watchlist, product=shirt)
    shop = AlertFactory.create(
        watchlist=watchlist, product=None, shop=shirt.shop, field="product_score", after=485
    )
    by_id = {item["id"]: item for item in writer.call("alerts")["items"]}
    assert by_id.keys() == {str(alert.pk), str(shop.pk)}
    assert by_id[str(alert.pk)]["before"] == "99.00"
    assert by_id[str(shop.pk)]["after"] == "4.85"
    assert [item["id"] for item in writer.call("alerts", product=shirt.num_iid)["items"]] == [
        str(alert.pk)
    ]
    for read in (1, 0):
        assert writer.call("mark_alerts_read", alerts=[str(alert.pk)]) == {"read": read}
    assert AlertRead.objects.get().user == merchant
    assert len(writer.call("alerts")["items"]) == 1
    assert len(writer.call("alerts", unread=False)["items"]) == 2


def test_douyin_is_searched(
    writer: Assistant, reader: Assistant, watchlist: Watchlist, shirt: Product
) -> None:
    listed = ListedProduct(num_iid=shirt.num_iid, title="Shirt", price=5990)
    SearchPage.objects.create(words="shirt", page=1, products=[asdict(listed)], read_at=NOW)
    found = reader.call("search_douyin", words="Shirt")
    assert (found["state"], found["is_all"]) == ("done", False)
    [item] = found["items"]
    assert (item["num_iid"], item["price"], item["watchlists"]) == (
        shirt.num_iid,
        "59.90",
        [str(watchlist.pk)],
    )
    for ask, state in ((False, "unasked"), (True, "waiting"), (False, "waiting")):
        assert writer.call("search_douyin", words="Shirt", pages=2, ask=ask)["state"] == state
    assert "(403)" in reader.error("search_douyin", words="Shirt", pages=2, ask=True)


def test_a_list_is_made_and_its_products_are_paused_and_removed(
    writer: Assistant, merchant: User
) -> None:
    made = writer.call("make_watchlist", name="Suppliers")
    assert (made["name"], made["role"], made["products"]) == ("Suppliers", "owner", 0)
    assert "watchlist of that name already. (422)" in writer.error(
        "make_watchlist", name="SUPPLIERS"
    )
    where = {"watchlist": made["id"], "num_iid": "3514453298386183303"}
    writer.call("watch_products", watchlist=where["watchlist"], products=[where["num_iid"]])
    assert writer.call("pause_product", **where)["is_paused"] is True
    assert writer.call("pause_product", **where, paused=False)["is_paused"] is False
    kept = writer.call("set_amounts", **where, target_price="69.5", cost="40", profit="8")
    assert (kept["target_price"], kept["cost"], kept["floor_price"]) == ("69.50", "40.00", "48.00")
    kept = writer.call("set_amounts", **where, target_price=0)
    assert (kept["target_price"], kept["cost"]) == (None, "40.00")
    assert writer.call("remove_product", **where)["products"] == 0
    assert "Not Found (404)" in writer.error("remove_product", **where)


def test_a_shop_is_followed_on_terms_and_its_range_is_told(
    writer: Assistant, watchlist: Watchlist, shirt: Product
) -> None:
    shop, on = str(shirt.shop_id), str(watchlist.pk)
    writer.call(
        "follow_shop", watchlist=on, shop=shop, every_hours=6, adds="new", highest_price="99"
    )
    kept = writer.call("follow_shop", watchlist=on, shop=shop, words="shirt")
    assert (kept["adds"], kept["words"], kept["highest"], kept["interval_seconds"]) == (
        "new",
        "shirt",
        "99.00",
        21600,
    )
    assert writer.call("followed_shops", watchlist=on)["items"] == [kept]
    assert writer.call("follow_shop", watchlist=on, shop=shop, highest_price=0)["highest"] is None
    writer.call("follow_shop", watchlist=on, shop=shop, highest_price=99)
    assert "below the lowest price. (422)" in writer.error(
        "follow_shop", watchlist=on, shop=shop, lowest_price=100
    )
    assert "call `follow_shop`" in writer.error("shop_range", shop="999")
    RangeEntry.objects.create(
        product=shirt, shop_id=int(shop), listed_at=NOW, reading=1, price=7200, sales=1500
    )
    [entry] = writer.call("shop_range", shop=shop)["items"]
    assert (entry["num_iid"], entry["price"], entry["sales"]) == (shirt.num_iid, "72.00", 1500)
    assert writer.call("unfollow_shop", watchlist=on, shop=shop) == {"items": []}


def test_rules_rivals_and_rounded_units_are_told(
    reader: Assistant, watchlist: Watchlist, shirt: Product
) -> None:
    on = str(watchlist.pk)
    [*_, rule] = reader.call("rules", watchlist=on)["items"]
    assert rule["text"].startswith("shop score falls by at least 0.1")
    assert (rule["product"], rule["is_active"]) == (None, True)
    rival = ProductFactory.create(title="Rival", price=8000, status="on_sale", answered_at=NOW)
    WatchFactory.create(watchlist=watchlist, product=rival)
    Product.objects.filter(pk=shirt.pk).update(price=7200, status="on_sale", answered_at=NOW)
    set_rivals(watchlist.watches.get(product=shirt), [rival.num_iid], watchlist.owner)
    standing = reader.call("rivals", watchlist=on, num_iid=shirt.num_iid)
    assert (standing["index"], standing["position"], standing["mean"]) == (90.0, 1, "80.00")
    assert standing["rivals"] == [{"num_iid": rival.num_iid, "title": "Rival", "price": "80.00"}]
    Product.objects.filter(pk=shirt.pk).update(units_low=1.04, units=2.26, units_high=3.333)
    [found] = reader.call("find_products", search="Shirt")["items"]
    assert found["units_a_day"] == {"low": 1.0, "likely": 2.3, "high": 3.3}
