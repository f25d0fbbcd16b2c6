"""What a seller keeps of a price."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from monitor.judging.margins import floor_price, margin

FEN = st.integers(1, 10**9)


@given(FEN, FEN)
def test_a_margin_is_the_part_of_the_price_that_is_left(price: int, cost: int) -> None:
    left = margin(price, cost)
    assert left is not None
    assert left.kept + cost == price
    assert abs(Fraction(left.share, 10_000) - Fraction(price - cost, price)) <= Fraction(1, 20_000)
    assert (left.kept < 0) is (cost > price)


@given(FEN, FEN)
def test_at_its_floor_price_a_product_earns_what_is_wanted(cost: int, profit: int) -> None:
    left = margin(floor_price(cost, profit), cost)
    assert left is not None
    assert left.kept == profit


def test_without_a_price_or_a_cost_there_is_none() -> None:
    assert margin(None, 100) is margin(100, None) is margin(0, 100) is None
    assert floor_price(100, None) is floor_price(None, 100) is None
