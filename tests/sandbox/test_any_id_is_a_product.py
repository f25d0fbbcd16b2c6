import re

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.provider.observation import Status
from monitor.provider.sandbox.catalogue import product_of
from tests.sandbox.conftest import Ask, observe

# The third digit from the end, if it is below 6, keeps a product on sale.
ON_SALE_IDS = st.from_regex(r"[1-9][0-9]{0,14}[0-9][0-5][0-9]{2}", fullmatch=True)


@settings(max_examples=50)
@given(ON_SALE_IDS)
def test_any_id_is_read_as_a_product_on_sale(num_iid: str) -> None:
    reading = observe(num_iid)
    seller = product_of(num_iid).seller
    assert reading.flags == ()
    assert reading.status is Status.ON_SALE
    assert reading.title
    assert re.search("[\u4e00-\u9fff]", reading.title)
    assert reading.shop
    assert (reading.shop.name, reading.shop.company_name) == (seller.name, seller.company)
    assert reading.price
    assert reading.list_price
    assert 300 <= reading.price <= reading.list_price
    assert reading.sku_min_price == reading.price <= (reading.sku_max_price or 0)
    assert reading.images
    assert all(re.match(r"https://sandbox\.ecombdimg\.com/obj/", image) for image in reading.images)
    assert reading.specification
    assert reading.attributes
    assert reading.freight


@pytest.mark.parametrize("num_iid", ["abc", "-1", "12345678901234567890", "３５１４", "1\n"])
def test_an_invalid_id_is_a_wrong_parameter(ask: Ask, num_iid: str) -> None:
    assert ask(num_iid=num_iid)["error_code"] == "4003"


def test_the_index_page_explains_the_ids(client: Client) -> None:
    page = client.get("/sandbox/")
    assert page["Content-Type"].startswith("text/plain")
    assert b"7000000000000000001  off shelf" in page.content
