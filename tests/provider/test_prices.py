"""Prices: fen in raw records, yuan in normalised ones; an impossible price is flagged and left
out."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.provider.limits import MAX_FEN
from monitor.provider.numbers import fen, yuan
from tests.provider.records import normalised, observe, raw

UNBELIEVABLE = [
    (0, "not_positive"),
    (-7200, "not_positive"),
    ("0", "not_positive"),
    (True, "unreadable"),
    (72.5, "unreadable"),
    ("12.5-18.0", "unreadable"),
    ("72.00", "unreadable"),
    ("٧٢٠٠", "unreadable"),
    ("9" * 5000, "unreadable"),
    ([7200], "unreadable"),
    (float("nan"), "unreadable"),
    (MAX_FEN + 1, "too_large"),
]


@pytest.mark.parametrize(
    ("value", "price"), [(7200, 7200), ("7200", 7200), (" 7200 ", 7200), (7200.0, 7200), (1, 1)]
)
def test_a_raw_price_is_fen(value: object, price: int) -> None:
    observation = observe(raw(discount_price=value))

    assert (observation.price, observation.flags) == (price, ())


@pytest.mark.parametrize(("value", "why"), UNBELIEVABLE)
def test_an_impossible_raw_price_is_left_out(value: object, why: str) -> None:
    observation = observe(raw(discount_price=value))

    assert (observation.price, observation.flags) == (None, (f"price:{why}",))
    assert observation.list_price == 7200


def test_a_lowest_price_above_the_highest_leaves_out_both() -> None:
    observation = observe(raw(sku_min_price=7300, sku_max_price=7200))

    assert (observation.sku_min_price, observation.sku_max_price) == (None, None)
    assert observation.flags == ("sku_price:min_above_max",)


@pytest.mark.parametrize(
    ("value", "price"),
    [
        (72, 7200),
        (59.9, 5990),
        (0.07, 7),
        (1234567.89, 123456789),
        ("580", 58000),
        ("59.900", 5990),
        ("￥５９．９", 5990),
        ("59.9元", 5990),
        ("1,234.50", 123450),
        (" 12 ", 1200),
    ],
)
def test_a_normalised_price_is_yuan(value: object, price: int) -> None:
    observation = observe(normalised(price=value))

    assert (observation.price, observation.flags) == (price, ())


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (0, "not_positive"),
        ("-5.5", "not_positive"),
        ("0.0003168", "unreadable"),
        (59.999, "unreadable"),
        (True, "unreadable"),
        ("免费", "unreadable"),
        ("1-2-3", "unreadable"),
        ("12,34", "unreadable"),
        (1e300, "unreadable"),
        ("9" * 12, "too_large"),
        ("5.00-4.00", "min_above_max"),
        ("0-5", "not_positive"),
    ],
)
def test_an_impossible_normalised_price_is_left_out(value: object, why: str) -> None:
    observation = observe(normalised(price=value))

    assert (observation.price, observation.flags) == (None, (f"price:{why}",))


@pytest.mark.parametrize(
    "value", ["4.35-4.68", "4.35~4.68", "¥4.35 – ¥4.68", "4.35元至4.68元", "4.35－4.68"]
)
def test_the_lowest_price_of_a_range_is_the_price_and_both_are_the_skus_range(value: str) -> None:
    observation = observe(normalised(price=value, skus=[]))

    assert (observation.price, observation.sku_min_price, observation.sku_max_price) == (
        435,
        435,
        468,
    )


@pytest.mark.parametrize(
    "skus", [{"sku": [{"price": 72}, {"price": 0}]}, {"sku": [{"price": 72}, None]}, {"sku": "x"}]
)
def test_a_sku_that_cannot_be_read_leaves_out_the_range(skus: object) -> None:
    observation = observe(normalised(skus=skus))

    assert (observation.sku_min_price, observation.sku_max_price, observation.price) == (
        None,
        None,
        7200,
    )


@given(st.integers(1, MAX_FEN))
def test_any_amount_is_the_same_in_fen_and_in_yuan(amount: int) -> None:
    text = str(Decimal(amount) / 100)

    assert fen(amount, "price", []) == fen(str(amount), "price", []) == amount
    assert (
        yuan(text, "price", []) == yuan(f"{amount // 100}.{amount % 100:02}", "price", []) == amount
    )
    if len(text) <= 15:
        assert yuan(float(text), "price", []) == amount


@given(st.text() | st.floats() | st.integers() | st.binary().map(str))
def test_any_value_is_a_possible_price_or_flagged(value: object) -> None:
    for reader in (fen, yuan):
        flags: list[str] = []
        price = reader(value, "price", flags)
        assert (price is None) == (bool(flags) or value == "")
        assert price is None or 0 < price <= MAX_FEN
