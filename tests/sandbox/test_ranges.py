"""Shops of the sandbox page by page, and its search, as the provider's own documentation shows
them."""

from datetime import datetime, timedelta
from itertools import count, pairwise, takewhile
from typing import Any

import pytest

from monitor.provider.listing import SEARCH_API, SHOP_API, ListingPage, parse_listing
from monitor.provider.sandbox.catalogue import example_id
from monitor.provider.sandbox.protocol import GatewayCall, reply
from monitor.provider.sandbox.ranges import OVERLAPPING, PAGE_SIZE, REPEATING, STAPLES
from monitor.provider.sandbox.words import SELLERS
from tests.sandbox.conftest import NOW, Ask, observe


def shop_page(number: int, page: int, at: datetime = NOW) -> ListingPage:
    params = {"shopid": SELLERS[number].shop_id, "page": str(page), "cache": "no"}
    return parse_listing(reply(GatewayCall(SHOP_API, params, at), is_faultless=True), at)


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


def test_the_products_of_the_demo_are_in_their_shops_while_they_are_on_sale() -> None:
    for number, endings in enumerate(STAPLES):
        listed = ids_of(number)
        absent = [num_iid for num_iid in map(example_id, endings) if num_iid not in listed]
        assert len(absent) <= len(endings) // 3


def test_one_shop_repeats_its_last_page_and_others_end_with_an_empty_one() -> None:
    def pages(number: int) -> int:
        return len(
            list(
                takewhile(lambda page: len(shop_page(number, page).products) == PAGE_SIZE, count(1))
            )
        )

    for number in range(len(SELLERS)):
        last = pages(number) + 1
        after = shop_page(number, last + 1)
        expected = shop_page(number, last).products if number == REPEATING else ()
        assert after.products == expected
    first, second = (shop_page(OVERLAPPING, page).products for page in (1, 2))
    assert set(first) & set(second)


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


def test_a_launched_product_starts_without_sales_and_climbs() -> None:
    new = sorted(
        set(ids_of(0, NOW + timedelta(days=30))) - set(ids_of(0)) - set(map(example_id, STAPLES[0]))
    )
    grown = 0
    for num_iid in new:
        first, later = (observe(num_iid, NOW + timedelta(days=days)).sales for days in (30, 60))
        grown += bool(first and later and later.at_least > first.at_least)
    assert grown >= len(new) // 3 > 0


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
