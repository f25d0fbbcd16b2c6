from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from monitor.sandbox.world import World
from tests.sandbox.conftest import Ask

type Search = Callable[..., dict[str, Any]]


@pytest.fixture
def search(ask: Ask, now: datetime) -> Search:
    """The hits of a search, asked again a minute later as long as it fails by chance."""

    def find(api: str = "item_search", **params: str) -> dict[str, Any]:
        replies = (ask(api, at=now + timedelta(minutes=minutes), **params) for minutes in range(5))
        items: dict[str, Any] = next(reply["items"] for reply in replies if reply["error_code"] == "0000")
        return items

    return find


def test_words_find_titles_that_hold_all_of_them(search: Search) -> None:
    hits = search(q="连衣裙 岫云织")["item"]
    assert hits
    assert all("连衣裙" in hit["title"] for hit in hits)
    assert {hit["seller_nick"] for hit in hits} == {"岫云织女装旗舰店"}


def test_results_come_in_pages(ask: Ask, search: Search) -> None:
    first, second = search(q="女装"), search(q="女装", page="2")
    assert first["real_total_results"] == second["real_total_results"] > 40
    assert len(first["item"]) == first["page_size"] == 20
    assert not {hit["detail_url"] for hit in first["item"]} & {hit["detail_url"] for hit in second["item"]}
    assert ask("item_search", q="女装", page="99")["error_code"] == "2000"


@pytest.mark.parametrize(("sort", "direction"), [("bid", 1), ("_bid", -1)])
def test_results_are_sorted_by_price(search: Search, sort: str, direction: int) -> None:
    prices = [direction * hit["promotion_price"] for hit in search(q="女装", sort=sort)["item"]]
    assert prices == sorted(prices)


def test_a_shop_is_found_by_either_of_its_identifiers(search: Search, world: World) -> None:
    shop = world.shops[4]
    by_text, by_number = (search("item_search_shop", shopid=name)["item"] for name in (shop.shop_id, shop.number))
    urls = [[hit["detail_url"] for hit in hits] for hits in (by_text, by_number)]
    assert urls[0] == urls[1]
    assert {hit["shop_id"] for hit in by_text} == {shop.number}


def test_some_identifiers_have_lost_their_last_digits_but_not_in_the_address(search: Search, world: World) -> None:
    found = [hit for shop in world.shops for hit in search("item_search_shop", shopid=shop.shop_id)["item"]]
    assert all(hit["detail_url"].rpartition("=")[2] in world.products() for hit in found)
    lost = [hit for hit in found if isinstance(hit["num_iid"], int)]
    assert 0.04 < len(lost) / len(found) < 0.25
    assert all(hit["num_iid"] in world.products() for hit in found if hit not in lost)
