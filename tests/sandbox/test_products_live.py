"""Prices, sales, statuses, pages and scores change in a realistic way."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from monitor.provider.sales import sales as read_sales
from monitor.sandbox.catalogue import Place, example_id, product_of
from monitor.sandbox.listings import Listing, listing_at, scores_at
from monitor.sandbox.market import BEIJING, prices_at
from monitor.sandbox.words import SELLERS
from tests.sandbox.conftest import EXAMPLES, NOW

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ALWAYS_ON_SALE = [example_id(1000 * shop + 10 * sales) for shop in range(10) for sales in range(10)]


def listings(num_iid: str, count: int, every: timedelta = DAY, start: datetime = NOW) -> list[Listing | None]:
    return [listing_at(num_iid, int((start + every * turn).timestamp())) for turn in range(count)]


def prices(num_iid: str, count: int, every: timedelta = DAY) -> list[int]:
    return [prices_at(product_of(num_iid), int((NOW + every * turn).timestamp())).price for turn in range(count)]


def changes(values: Iterable[object]) -> int:
    return sum(before != after for before, after in pairwise(values))


def price_at(num_iid: str, *moment: int) -> int:
    when = datetime(*moment, tzinfo=BEIJING)  # type: ignore[arg-type,misc]
    return prices_at(product_of(num_iid), int(when.timestamp())).price


def by_price_digit(digit: int) -> list[str]:
    return [num_iid[:-1] + str(digit) for num_iid in ALWAYS_ON_SALE]


@pytest.mark.parametrize(
    ("digit", "every", "least", "most"),
    [
        (0, DAY, 0, 0),
        (3, DAY, 0, 12),
        (5, DAY, 2, 25),
        (8, HOUR, 40, 85),
        (9, timedelta(minutes=1), 10, 55),
    ],
)
def test_prices_step_as_often_as_the_last_digit_says(digit: int, every: timedelta, least: int, most: int) -> None:
    for num_iid in by_price_digit(digit)[::7]:
        assert least <= changes(prices(num_iid, 90, every)) <= most


@pytest.mark.parametrize(
    ("digit", "before", "during", "after"),
    [
        (6, (2026, 10, 16, 12), (2026, 10, 17, 12), (2026, 10, 19, 12)),
        (7, (2026, 10, 16, 9, 59), (2026, 10, 16, 10), (2026, 10, 16, 12)),
        (6, (2026, 11, 6, 12), (2026, 11, 11, 12), (2026, 11, 13, 12)),
    ],
)
def test_promotions_end_at_the_usual_price(
    digit: int, before: tuple[int, ...], during: tuple[int, ...], after: tuple[int, ...]
) -> None:
    reduced = 0
    for num_iid in by_price_digit(digit):
        usual, promoted, again = (price_at(num_iid, *moment) for moment in (before, during, after))
        assert usual == again
        assert 0.6 * usual < promoted <= usual
        reduced += promoted < usual
    assert reduced > 20


@pytest.mark.parametrize("digit", range(10))
def test_a_promotion_is_never_odd_enough_to_be_doubted(digit: int) -> None:
    for num_iid in by_price_digit(digit)[::25]:
        assert all(after * 2 > before for before, after in pairwise(prices(num_iid, 90 * 24, HOUR)))


def test_sales_grow_by_the_hour_of_the_day_and_never_fall_unless_audited() -> None:
    falls = dict.fromkeys(range(10), 0)
    for num_iid in ALWAYS_ON_SALE:
        units = [listing.units for listing in listings(num_iid, 120) if listing]
        falls[int(num_iid[-2])] += sum(after < before for before, after in pairwise(units))
        assert units[-1] > units[0] or num_iid[-2] in "01235"
    assert falls.pop(5) > 5
    assert not any(falls.values())
    night, evening = (datetime(2026, 10, 14, hour, tzinfo=BEIJING) for hour in (3, 20))
    asleep, awake = ([listing.units for listing in listings("190", 2, HOUR, at) if listing] for at in (night, evening))
    assert awake[1] - awake[0] > 4 * (asleep[1] - asleep[0]) > 0


def test_sales_are_shown_as_the_platform_does() -> None:
    forms = set()
    for num_iid in ALWAYS_ON_SALE:
        [listing] = [listing for listing in listings(num_iid, 1) if listing]
        sales = read_sales(listing.sales, "sales", [])
        if num_iid[-2] == "6":
            assert (listing.sales, sales) == ("", None)
        else:
            assert sales
            assert sales.at_least <= listing.units < sales.at_least + sales.step
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


def test_few_products_are_away_at_any_time() -> None:
    for days in range(0, 90, 15):
        current = [listing_at(num_iid, int((NOW + days * DAY).timestamp())) for num_iid in EXAMPLES]
        assert sum(listing is None or listing.place != Place() for listing in current) < 0.15 * len(EXAMPLES)


def test_sellers_edit_some_pages_now_and_then() -> None:
    parts = ("title", "pictures", "choices", "freight", "promises", "presale")
    edited = dict.fromkeys(parts, 0)
    for num_iid in ALWAYS_ON_SALE:
        history = [listing for listing in listings(num_iid, 90) if listing]
        for part in parts:
            times = changes(str(getattr(listing, part)) for listing in history)
            assert times <= 12
            edited[part] += times > 0
    assert all(3 <= times <= 40 for times in edited.values())


def test_scores_drift_on_two_scales_and_fall_below_average_now_and_then() -> None:
    falls = 0
    for seller in SELLERS:
        days = [scores_at(seller, int((NOW + turn * DAY).timestamp())) for turn in range(120)]
        assert 10 <= changes(days) <= 70
        average = 0.95 if seller.scale == 5 else 0.9
        for before, after in pairwise(days):
            for dimension, score in after.items():
                assert 0.7 * seller.scale <= score.value <= seller.scale
                assert score.gap != 1 or score.value >= average * seller.scale
                assert score.gap != 3 or score.value <= average * seller.scale
                falls += before[dimension].gap != 3 == score.gap
    assert falls > 10
