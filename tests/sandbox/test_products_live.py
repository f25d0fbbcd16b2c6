"""Prices, sales, statuses, pages and scores change in a realistic way."""

from datetime import timedelta

import pytest

from monitor.provider.sales import sales as read_sales
from monitor.provider.sandbox.catalogue import example_id, product_of
from monitor.provider.sandbox.market import units_sold
from monitor.provider.sandbox.records import record_at
from tests.sandbox.conftest import NOW

ALWAYS_ON_SALE = [example_id(1000 * shop + 10 * sales) for shop in range(10) for sales in range(10)]


def test_sales_are_shown_as_the_platform_does() -> None:
    forms, now = set(), int(NOW.timestamp())
    for num_iid in ALWAYS_ON_SALE:
        record = record_at(num_iid, now)
        assert record is not None
        told = record["sell_num"]
        units, sales = units_sold(product_of(num_iid), now), read_sales(told, "sales", [])
        if num_iid[-2] == "6":
            assert (told, sales) == ("", None)
        else:
            assert sales
            assert sales.at_least <= units < sales.at_least + sales.step
        forms.add("万" if "万" in str(told) else type(told).__name__)
    assert forms == {"万", "str", "int"}


@pytest.mark.parametrize("digit", range(10))
def test_products_leave_the_shelf_as_the_third_last_digit_says_and_come_back(digit: int) -> None:
    times = (NOW + timedelta(hours=6) * number for number in range(800))
    records = [record_at(example_id(100 * digit), int(when.timestamp())) for when in times]
    places = [record and (record["status"], record["check_status"]) for record in records]
    away = [place for place in places if place != (0, 3)]
    assert bool(away) == (digit >= 6)
    assert len(away) < 0.5 * len(places)
    assert len(set(away)) == {8: 4, 9: 2}.get(digit, digit >= 6)
