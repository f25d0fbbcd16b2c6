"""Shops of the sandbox page by page, and its search, as the provider's own documentation shows
them."""

from datetime import datetime, timedelta
from itertools import count, pairwise
from typing import Any

import pytest

from monitor.provider.listing import SEARCH_API, SHOP_API, ListingPage, parse_listing
from monitor.provider.sandbox.protocol import GatewayCall, reply
from monitor.provider.sandbox.ranges import PAGE_SIZE
from monitor.provider.sandbox.words import SELLERS
from tests.sandbox.conftest import NOW, Ask, observe


def shop_page(number: int, page: int, at: datetime = NOW) -> ListingPage:
    params = {"shopid": SELLERS[number].shop_id, "page": str(page), "cache": "no"}
    return parse_listing(reply(GatewayCall(SHOP_API, params, at, is_faultless=True)), at)


def ids_of(number: int, at: datetime = NOW) -> list[str]:
    """Return the shop's products, page by page until one brings nothing new."""
    ids: dict[str, None] = {}
    for page in count(1):
        listed = [product.num_iid for product in shop_page(number, page, at).products]
        if not set(listed) - ids.keys():
            return list(ids)
        ids |= dict.fromkeys(listed)
    raise AssertionError


def test_a_page_lists_what_the_products_own_replies_tell() -> None:
    listing = shop_page(0, 1)
    assert len(listing.products) == PAGE_SIZE
    assert (listing.is_whole, listing.flags) == (True, ())
    for product in listing.products:
        own = observe(product.num_iid)
        assert (product.title, product.price, product.sales) == (own.title, own.price, own.sales)
        assert own.shop is not None
        assert own.shop.shop_id == SELLERS[0].shop_id


def test_products_come_and_go_week_by_week() -> None:
    weeks = [set(ids_of(0, NOW + timedelta(days=7 * week))) for week in range(6)]
    for before, after in pairwise(weeks):
        assert after - before
        assert before & after
        assert before - after
    came_back = {
        num_iid
        for first, second, third in zip(weeks, weeks[1:], weeks[2:], strict=False)
        for num_iid in first & third - second
    }
    assert came_back


def test_a_search_finds_all_shops_products_by_all_words_with_rounded_ids(ask: Ask) -> None:
    answer = ask(SEARCH_API, q="女 连衣裙", page="1", is_faultless=True)
    entries: list[dict[str, Any]] = answer["items"]["item"]
    assert {type(entry["num_iid"]) for entry in entries} == {str, int}
    found = parse_listing(answer, NOW).products
    assert all("连衣裙" in (product.title or "") for product in found)
    assert len({product.shop_name for product in found}) > 1
    assert all(observe(product.num_iid).title for product in found)


@pytest.mark.parametrize(
    ("api", "params", "code"),
    [
        (SHOP_API, {"shopid": "sNobody", "page": "1"}, "2000"),
        (SEARCH_API, {"q": "没有这个东西", "page": "1"}, "2000"),
        (SHOP_API, {"page": "1"}, "4014"),
        (SHOP_API, {"shopid": "s1", "page": "0"}, "4003"),
        (SEARCH_API, {"q": "女"}, "4014"),
    ],
)
def test_what_cannot_be_answered_has_its_code(
    ask: Ask, api: str, params: dict[str, str], code: str
) -> None:
    assert ask(api, is_faultless=True, **params)["error_code"] == code
