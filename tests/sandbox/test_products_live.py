"""Prices, sales, statuses, pages and scores change in a realistic way."""

from datetime import datetime, timedelta

import pytest

from monitor.provider.sales import sales as read_sales
from monitor.provider.sandbox.catalogue import Place, example_id, product_of
from monitor.provider.sandbox.listings import Listing, listing_at
from monitor.provider.sandbox.market import units_sold
from tests.sandbox.conftest import NOW

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ALWAYS_ON_SALE = [example_id(1000 * shop + 10 * sales) for shop in range(10) for sales in range(10)]


def listings(
    num_iid: str, count: int, every: timedelta = DAY, start: datetime = NOW
) -> list[Listing | None]:
    return [listing_at(num_iid, int((start + every * turn).timestamp())) for turn in range(count)]


def test_sales_are_shown_as_the_platform_does() -> None:
    forms = set()
    for num_iid in ALWAYS_ON_SALE:
        [listing] = [listing for listing in listings(num_iid, 1) if listing]
        units = units_sold(product_of(num_iid), listing.at)
        sales = read_sales(listing.sales, "sales", [])
        if num_iid[-2] == "6":
            assert (listing.sales, sales) == ("", None)
        else:
            assert sales
            assert sales.at_least <= units < sales.at_least + sales.step
        forms.add("万" if "万" in str(listing.sales) else type(listing.sales).__name__)
    assert forms == {"万", "str", "int"}


@pytest.mark.parametrize("digit", range(10))
def test_products_leave_the_shelf_as_the_third_last_digit_says_and_come_back(digit: int) -> None:
    history = listings(example_id(100 * digit), 800, timedelta(hours=6))
    places = [listing.place if listing else Place(is_found=False) for listing in history]
    away = [place for place in places if place != Place()]
    assert bool(away) == (digit >= 6)
    assert len(away) < 0.5 * len(places)
    assert len(set(away)) == {8: 4, 9: 2}.get(digit, digit >= 6)
