import re

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from monitor.provider.errors import NotFound
from monitor.provider.observation import Status
from monitor.sandbox.catalogue import PriceHabit, product_of
from monitor.sandbox.words import SELLERS
from tests.sandbox.conftest import NOW, Ask, observe

# The third digit from the end, if it is below 6, keeps a product on sale.
ON_SALE_IDS = st.from_regex(r"[1-9][0-9]{0,14}[0-9][0-5][0-9]{2}", fullmatch=True)


@given(ON_SALE_IDS)
def test_any_id_is_read_as_a_product_on_sale(num_iid: str) -> None:
    seen = observe(num_iid)
    seller = SELLERS[int(num_iid[-4])]
    assert seen.flags == ()
    assert seen.status is Status.ON_SALE
    assert seen.title
    assert re.search("[\u4e00-\u9fff]", seen.title)
    assert seen.shop
    assert (seen.shop.name, seen.shop.company_name) == (seller.name, seller.company)
    assert seen.price
    assert seen.list_price
    assert 300 <= seen.price <= seen.list_price
    assert seen.sku_min_price == seen.price <= (seen.sku_max_price or 0)
    assert seen.images
    assert all(re.match(r"https://p\d-aio\.ecombdimg\.com/", image) for image in seen.images)
    assert seen.specification
    assert seen.attributes
    assert seen.freight


@given(st.from_regex(r"[1-9][0-9]{0,18}", fullmatch=True))
def test_both_forms_of_records_tell_the_same(num_iid: str) -> None:
    try:
        raw, normalised = observe(num_iid), observe(num_iid, api="item_get")
    except NotFound:
        return
    assert normalised.flags == ()
    for name in ("title", "price", "list_price", "sku_min_price", "sku_max_price", "sales", "images", "attributes"):
        assert getattr(raw, name) == getattr(normalised, name), name
    assert normalised.stock


@pytest.mark.parametrize(
    ("digits", "habit"), [("0000", PriceHabit.STILL), ("5", PriceHabit.STEPPING), ("0009", PriceHabit.FLASH)]
)
def test_its_last_digits_say_what_it_does(digits: str, habit: PriceHabit) -> None:
    assert product_of(digits).price_habit is habit


@pytest.mark.parametrize("num_iid", ["abc", "-1", "12345678901234567890", "３５１４", "1\n"])
def test_what_is_no_id_is_a_wrong_parameter(ask: Ask, num_iid: str) -> None:
    assert ask(num_iid=num_iid)["error_code"] == "4003"


def test_it_makes_different_products_from_different_ids() -> None:
    titles = {observe(f"36{number}0021").title for number in range(60)}
    assert len(titles) > 55
    prices = {observe(f"36{number}0021", NOW).price for number in range(60)}
    assert len(prices) > 30


def test_its_index_page_says_what_ids_do(client: Client) -> None:
    page = client.get("/sandbox/")
    assert page["Content-Type"].startswith("text/plain")
    assert b"7000000000000000001  off the shelf" in page.content
