"""Where a product stands among its rivals, by the market's definitions."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from monitor.showing.history.standings import PriceStanding, index_of_list
from monitor.showing.templatetags.stallwatch import index_number

FEN = st.integers(1, 10**9)
RIVALS = st.lists(FEN, min_size=1, max_size=20)


def test_the_index_is_written_with_one_decimal_and_rounded_once() -> None:
    assert index_number(PriceStanding.of(84_290, [43_890]).index) == "192.0", "192.048…"
    assert index_number(PriceStanding.of(20_009, [20_000]).index) == "100.0"
    assert index_number(PriceStanding.of(20_010, [20_000]).index) == "100.1", "100.05"
    three = [PriceStanding.of(price, [100_000]) for price in (100_040, 100_040, 100_080)]
    assert index_number(index_of_list(three)) == "100.1", "100.053…"
    assert index_of_list([PriceStanding.of(5990, [])]) is None


def test_what_has_no_price_does_not_count() -> None:
    assert PriceStanding.of(5000, [None, 0, 6000]).rivals == (6000,), (
        "A price of 0.0003 yuan is 0 fen."
    )
    for standing in (
        PriceStanding.of(None, [6000]),
        PriceStanding.of(0, [6000]),
        PriceStanding.of(5000, [None]),
    ):
        assert (standing.index, standing.position, standing.gap, standing.offers) == (
            None,
            None,
            None,
            (0, 0, 0),
        )
    alone = PriceStanding.of(5000, [])
    assert (alone.lowest, alone.mean, alone.highest) == (None, None, None)


@given(FEN, RIVALS)
def test_the_figures_agree_with_exact_fractions(price: int, rivals: list[int]) -> None:
    standing = PriceStanding.of(price, rivals)
    assert standing.index is not None
    assert standing.index == float(Fraction(price * 100 * len(rivals), sum(rivals)))
    assert standing.mean is not None
    assert Fraction(-1, 2) < standing.mean - Fraction(sum(rivals), len(rivals)) <= Fraction(1, 2)
    level = sum(
        Fraction(99, 100) * price <= rival <= Fraction(101, 100) * price for rival in rivals
    )
    assert standing.offers[1] == level
    assert sum(standing.offers) == len(rivals)
    assert standing.position == 1 + len([rival for rival in rivals if rival < price])


@given(FEN, RIVALS, FEN)
def test_one_who_is_first_has_nobody_below(price: int, rivals: list[int], cost: int) -> None:
    standing = PriceStanding.of(price, rivals)
    assert standing.gap is not None
    assert (standing.position == 1) is (standing.gap.direction != "rise")
    assert standing.gap.before == min(rivals)
    dearer = PriceStanding.of(price + cost, rivals)
    assert (dearer.index or 0) >= (standing.index or 0)
    assert (dearer.position or 0) >= (standing.position or 0)
