"""Pages of a shop's products and of a search's results."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.provider.client import Client
from monitor.provider.errors import BadReply
from monitor.provider.limits import MAX_LISTED
from monitor.provider.listing import ListingPage, parse_listing
from monitor.provider.observation import Sales
from tests.provider.wire import Wire

NOW = datetime(2022, 4, 13, 8, 55, 39, tzinfo=UTC)
EXACT, ROUNDED = "3542247200207835190", 3542247200207835000


def item(**changed: Any) -> dict[str, Any]:
    return {
        "num_iid": EXACT,
        "pic_url": "//p9-aio.ecombdimg.com/obj/a",
        "title": "磨毛衬衫 ",
        "promotion_price": 59.9,
        "price": 69,
        "sales": "1.7万+",
        "detail_url": f"https://haohuo.jinritemai.com/views/product/item2?id={EXACT}&pick_source=v.x",
    } | changed


def page(*items: Any, **changed: Any) -> dict[str, Any]:
    return {
        "error": "",
        "error_code": "0000",
        "secache_time": 1649724674,
        "items": {"item": list(items)},
    } | changed


def read(payload: dict[str, Any]) -> ListingPage:
    return parse_listing(payload, NOW)


def test_a_shops_page_tells_its_products() -> None:
    listing = read(
        page(
            item(),
            item(num_iid="7", detail_url="", promotion_price=None, price="580.00", sales="4000+"),
        )
    )
    first, second = listing.products
    assert (first.num_iid, first.title, first.price, first.list_price) == (
        EXACT,
        "磨毛衬衫",
        5990,
        6900,
    )
    assert first.image == "https://p9-aio.ecombdimg.com/obj/a"
    assert first.sales == Sales(17_000, 1_000)
    assert (second.num_iid, second.price, second.list_price, second.sales) == (
        "7",
        58_000,
        None,
        Sales(4_000, 1_000),
    )
    assert (listing.is_whole, listing.flags) == (True, ())
    assert listing.data_time == datetime(2022, 4, 12, 0, 51, 14, tzinfo=UTC)


@pytest.mark.parametrize("num_iid", [ROUNDED, float(ROUNDED), str(ROUNDED), None, EXACT])
def test_an_id_that_lost_its_last_digits_is_read_from_the_products_url(num_iid: object) -> None:
    assert read(page(item(num_iid=num_iid))).products[0].num_iid == EXACT


def test_a_search_tells_the_shop() -> None:
    totals = {"page": "1", "real_total_results": "500", "total_results": 1900, "page_size": 20}
    listing = read(
        page(items={"item": [item(shop_name="某店", shop_id=20217229, sales=32158)], **totals})
    )
    assert (listing.products[0].shop_name, listing.products[0].sales) == ("某店", Sales(32158, 1))


@pytest.mark.parametrize("items", [{}, [], {"item": []}, {"item": [], "total_results": 500}])
def test_a_page_without_products_is_past_the_last_one(items: object) -> None:
    listing = read(page(items=items))
    assert (listing.products, listing.is_whole) == ((), True)


@pytest.mark.parametrize("items", [None, "", 7, {"item": None}, {"item": "x"}, {"item": {}}])
def test_a_reply_without_a_list_is_a_bad_reply(items: object) -> None:
    with pytest.raises(BadReply):
        read(page(items=items))


@pytest.mark.parametrize(
    "damage",
    [None, [], "x", item(num_iid=ROUNDED, detail_url=""), item(num_iid=True, detail_url="")],
)
def test_few_unreadable_entries_are_left_out_and_with_more_the_page_is_not_whole(
    damage: object,
) -> None:
    for count, is_whole in ((1, True), (2, True), (3, False)):
        listing = read(page(item(), *[damage] * count))
        assert ([product.num_iid for product in listing.products], listing.is_whole) == (
            [EXACT],
            is_whole,
        )


def test_a_product_listed_twice_at_two_prices_has_none() -> None:
    listing = read(page(item(), item(promotion_price=49), item()))
    assert [(product.price, product.list_price) for product in listing.products] == [(None, None)]
    assert (listing.is_whole, listing.flags) == (True, ("listing:told_twice",))


def test_entries_of_another_shop_are_left_out_and_a_page_of_them_alone_is_not_whole() -> None:
    ours, unnamed = item(shop_name="某店"), item(num_iid="7", detail_url="")
    others = item(num_iid="8", detail_url="", shop_name="别家")
    for name in ("某店", ""):
        listing = parse_listing(page(ours, unnamed, others), NOW, shop_name=name)
        assert ([product.num_iid for product in listing.products], listing.is_whole) == (
            [EXACT, "7"],
            True,
        )
    assert not parse_listing(page(others), NOW, shop_name="某店").is_whole
    assert len(read(page(ours, unnamed, others)).products) == 3, "a search"


@pytest.mark.parametrize(
    ("num_iid", "url", "is_told"),
    [
        (str(ROUNDED), "", False),
        ("3542247200207835100", "", False),
        ("3542247200207835200", "", True),
        (str(ROUNDED), f"https://haohuo.jinritemai.com/views/product/item2?id={ROUNDED}", True),
        ("3542247200207835190", "", True),
        ("100000", "", True),
    ],
)
def test_a_text_that_only_a_rounded_number_has_is_no_id(
    num_iid: str, url: str, is_told: bool
) -> None:
    listing = read(page(item(num_iid=num_iid, detail_url=url)))
    assert len(listing.products) == is_told


def test_a_page_of_a_million_entries_is_cut() -> None:
    listing = read(
        page(*(item(num_iid=str(number), detail_url="") for number in range(1, MAX_LISTED + 2)))
    )
    assert (len(listing.products), listing.is_whole) == (MAX_LISTED, False)


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(
    st.lists(
        json_like | st.fixed_dictionaries({}, optional=dict.fromkeys(item(), json_like)), max_size=4
    )
)
def test_any_entry_is_read_or_left_out(entries: list[Any]) -> None:
    listing = read(page(*entries))
    assert len(listing.products) <= len(entries)
    assert all(product.price is None or product.price > 0 for product in listing.products)


def test_the_client_asks_for_pages_of_shops_and_searches(server: Wire, client: Client) -> None:
    server.answer(page(item()), page(item()))
    assert client.list_shop("sXahcZg", 2).products == client.search("连衣裙 女", 3).products
    shop, search = server.queries
    assert (shop["shopid"], shop["page"], search["q"], search["page"]) == (
        "sXahcZg",
        "2",
        "连衣裙 女",
        "3",
    )
    assert "/douyin/item_search_shop/?" in server.requests[0]
    assert "/douyin/item_search/?" in server.requests[1]
