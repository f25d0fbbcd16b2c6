"""Hits of a search, and identifiers that lost their last digits on the way."""

import pytest

from monitor.provider.client import Client
from monitor.provider.observation import Sales
from monitor.provider.parse import parse_search
from tests.provider.records import normalised, observe
from tests.provider.wire import NUM_IID, Wire

URL = f"https://haohuo.jinritemai.com/views/product/item2?id={NUM_IID}"
ROUNDED = int(float(NUM_IID))


def hit(**told: object) -> dict[str, object]:
    return {
        "num_iid": NUM_IID,
        "title": "衬衫 ",
        "price": 99,
        "promotion_price": "59.9",
        "sales": "1.3万+",
        "shop_id": 123,
        "pic_url": "//img.alicdn.com/a",
        "detail_url": URL,
    } | told


def search(*items: object) -> dict[str, object]:
    return {"error": "", "error_code": "0000", "items": {"item": list(items)}}


def test_it_reads_what_a_search_found(server: Wire, client: Client) -> None:
    server.answer(search(hit(), hit(num_iid="2", promotion_price="", detail_url="")))

    first, second = client.search(q="衬衫")

    assert (first.num_iid, first.title, first.price, first.sales) == (NUM_IID, "衬衫", 5990, Sales(13_000, 1_000))
    assert (first.shop_id, first.image, first.flags) == ("123", "https://img.alicdn.com/a", ())
    assert (second.num_iid, second.price) == ("2", 9900)


@pytest.mark.parametrize(
    ("told", "url", "num_iid"),
    [
        (ROUNDED, URL, NUM_IID),
        (float(NUM_IID), URL, NUM_IID),
        (str(ROUNDED), URL, NUM_IID),
        ("3.5144532983862E+18", URL, NUM_IID),
        (None, URL, NUM_IID),
        (None, "https://x.test/a?b=1&id=77", "77"),
        (12345, "", "12345"),
        ("12345", URL, "12345"),
        (ROUNDED, "", None),
        (float(NUM_IID), "https://v.douyin.com/abc/", None),
        (None, f"https://x.test/?id={NUM_IID}0", None),
        ("1" * 20, "", None),
        (True, "", None),
        ("١٢", "", None),
        (None, ["?id=1"], None),
    ],
)
def test_an_identifier_is_whole_or_the_hit_is_left_out(told: object, url: object, num_iid: str | None) -> None:
    hits = parse_search(search(hit(num_iid=told, detail_url=url)))

    assert [one.num_iid for one in hits] == ([] if num_iid is None else [num_iid])


def test_a_normalised_record_with_a_rounded_number_is_known_by_its_page() -> None:
    assert observe(normalised(num_iid=ROUNDED)).num_iid == NUM_IID


def test_bad_hits_cost_only_themselves() -> None:
    hits = parse_search(search(None, 7, "x", [], {}, hit(price=True, promotion_price=None, sales="-1", pic_url="x")))

    assert [(one.num_iid, one.price, one.flags) for one in hits] == [
        (NUM_IID, None, ("price:unreadable", "sales:unreadable", "images:not_allowed"))
    ]


def test_a_list_that_came_as_an_object_is_read() -> None:
    assert len(parse_search({"error_code": 0, "error": "", "items": {"item": {"0": hit(), "2": hit()}}})) == 2


def test_a_search_without_end_is_cut() -> None:
    assert len(parse_search(search(*[hit()] * 3000))) == 500
