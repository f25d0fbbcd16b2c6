"""Each tool is an operation of the API, and gives its answer."""

from dataclasses import asdict

import pytest

from monitor.models import AlertRead, Product, SearchPage, User, Watchlist
from monitor.provider.listing import ListedProduct
from tests.api import Program
from tests.mcp import MODES, Assistant
from tests.models.factories import NOW, AlertFactory, ProductFactory, WatchFactory

pytestmark = pytest.mark.django_db(transaction=True)
READING = {
    *("watchlists", "products", "product", "changes", "watched_changes", "alerts", "usage"),
    *("follows", "assortment", "rules", "rivals", "search"),
}
CHANGING = {
    *("read_alerts", "mute_product", "make_watchlist", "add_products", "ask_for_search"),
    *("alter_watch", "remove_watch", "follow", "unfollow"),
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
        assert tool.annotations
        assert tool.annotations.read_only_hint is (name in READING)
        assert tool.annotations.destructive_hint is (name in {"remove_watch", "unfollow"})
        assert tool.input_schema["additionalProperties"] is False
        assert "$ref" not in str(tool.input_schema)
    assert tools["alter_watch"].input_schema["required"] == ["watchlist", "num_iid"]
    [row] = reader.call("watchlists")["items"]
    assert (row["id"], row["name"]) == (str(watchlist.pk), "Rivals")


async def _instructions(client: object) -> str:
    return str(client.instructions)  # type: ignore[attr-defined]


def test_what_a_tool_reads_is_the_answer_of_the_api(
    reader: Assistant, merchant: User, watchlist: Watchlist, shirt: Product
) -> None:
    WatchFactory.create(watchlist=watchlist, product=ProductFactory.create(title="Coat"))
    program, on, num_iid = Program.of(merchant), str(watchlist.pk), shirt.num_iid
    first = reader.call("products", sort="title", limit=1)
    assert first == program.get("/products", sort="title", limit=1)
    [item] = reader.call("products", sort="title", limit=1, cursor=first["next"])["items"]
    assert (item["title"], item["price"]) == ("Shirt", 7200)
    assert reader.call("product", num_iid=num_iid) == program.get(f"/products/{num_iid}")
    assert reader.call("rules", watchlist=on) == program.get(f"/watchlists/{on}/rules")
    follows = program.get(f"/watchlists/{on}/follows")
    assert reader.call("follows", watchlist=on) == {"items": follows}


def test_alerts_are_read_and_marked(
    writer: Assistant, watchlist: Watchlist, shirt: Product, merchant: User
) -> None:
    alert = AlertFactory.create(watchlist=watchlist, product=shirt)
    [item] = writer.call("alerts", unread=True, product=shirt.num_iid)["items"]
    assert (item["id"], item["before"]) == (str(alert.pk), 9900)
    for read in (1, 0):
        assert writer.call("read_alerts", ids=[str(alert.pk)]) == {"read": read}
    assert AlertRead.objects.get().user == merchant
    assert writer.call("alerts", unread=True)["items"] == []


def test_douyin_is_searched(writer: Assistant, reader: Assistant, shirt: Product) -> None:
    listed = ListedProduct(num_iid=shirt.num_iid, title="Shirt", price=5990)
    SearchPage.objects.create(words="shirt", page=1, products=[asdict(listed)], read_at=NOW)
    [item] = reader.call("search", q="Shirt")["items"]
    assert (item["num_iid"], item["price"]) == (shirt.num_iid, 5990)
    assert "(403)" in reader.error("ask_for_search", q="Shirt", pages=2)
    assert writer.call("ask_for_search", q="Shirt", pages=2)["state"] == "waiting"


def test_a_list_is_made_and_its_products_are_altered_and_removed(writer: Assistant) -> None:
    made = writer.call("make_watchlist", name="Suppliers")
    assert "watchlist of that name already. (422)" in writer.error(
        "make_watchlist", name="SUPPLIERS"
    )
    where = {"watchlist": made["id"], "num_iid": "3514453298386183303"}
    writer.call("add_products", watchlist=made["id"], products=[where["num_iid"]])
    assert writer.call("alter_watch", **where, is_paused=True, cost=4000)["is_paused"] is True
    kept = writer.call("alter_watch", **where, is_paused=False)
    assert (kept["is_paused"], kept["cost"]) == (False, 4000)
    assert writer.call("alter_watch", **where, cost=None)["cost"] is None
    assert writer.call("remove_watch", **where) == {}
    assert "Not Found (404)" in writer.error("remove_watch", **where)


def test_a_shop_is_followed_on_terms(
    writer: Assistant, watchlist: Watchlist, shirt: Product
) -> None:
    where = {"watchlist": str(watchlist.pk), "shop": str(shirt.shop_id)}
    writer.call("follow", **where, adds="new", highest=9900)
    kept = writer.call("follow", **where, words="shirt")
    assert (kept["adds"], kept["words"], kept["highest"]) == ("new", "shirt", 9900)
    assert writer.call("assortment", shop=where["shop"])["items"] == []
    assert writer.call("unfollow", **where) == {}
    assert "(404)" in writer.error("assortment", shop=where["shop"])
