import re
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.sandbox.sales import shown

UNITS = {"": 1, "万": 10**4, "亿": 10**8}


@pytest.mark.parametrize(
    ("units", "text"),
    [
        (0, "0"),
        (5, "5"),
        (999, "999"),
        (1000, "1000+"),
        (4999, "4000+"),
        (10_000, "1万+"),
        (13_999, "1.3万+"),
        (21_000, "2.1万+"),
        (99_999, "9.9万+"),
        (100_000, "10万+"),
        (1_234_567, "123万+"),
        (120_000_000, "1.2亿+"),
    ],
)
def test_it_writes_sales_as_the_platform_does(units: int, text: str) -> None:
    assert shown(units) == text


def at_least(text: str) -> Fraction:
    number, unit = re.fullmatch(r"([\d.]+)(万|亿|)\+?", text).groups()  # type: ignore[union-attr]
    return Fraction(number) * UNITS[unit]


@given(st.integers(0, 10**10))
@example(110_000_000)
def test_it_rounds_down_by_less_than_half(units: int) -> None:
    told = at_least(shown(units))
    assert told <= units < max(2 * told, Fraction(1))


@given(st.integers(0, 10**10), st.integers(0, 10**6))
def test_it_never_shows_less_for_more(units: int, more: int) -> None:
    assert at_least(shown(units)) <= at_least(shown(units + more))
