"""Sales: the least count, and the step to which it is rounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.provider.limits import MAX_UNITS
from monitor.provider.observation import Sales
from monitor.provider.sales import sales
from tests.provider.records import normalised, observe, raw


@pytest.mark.parametrize(
    ("value", "at_least", "step"),
    [
        ("1.3万+", 13_000, 1_000),
        ("1.30万+", 13_000, 100),
        ("10万+", 100_000, 10_000),
        ("2亿+", 200_000_000, 100_000_000),
        ("3千+", 3_000, 1_000),
        ("1.5千万+", 15_000_000, 1_000_000),
        ("1k+", 1_000, 1_000),
        ("7.5W+", 75_000, 1_000),
        ("4000+", 4_000, 1_000),
        ("1200+", 1_200, 100),
        ("0+", 0, 1),
        ("5", 5, 1),
        ("0", 0, 1),
        (0, 0, 1),
        (13_057, 13_057, 1),
        ("1.3万", 13_000, 1),
        ("7.5w~10w", 75_000, 25_000),
        ("7.5~10w", 75_000, 25_000),
        ("500~1w", 500, 9_500),
        ("1万-2.5万", 10_000, 15_000),
        ("5-5", 5, 1),
        ("12,345", 12_345, 1),
        ("１．３万＋", 13_000, 1_000),
        (" 1.3 万 + ", 13_000, 1_000),
        ("已售1.3万+", 13_000, 1_000),
        ("1.3万+件", 13_000, 1_000),
        ("1.3万件+", 13_000, 1_000),
        ("100以上", 100, 100),
    ],
)
def test_it_reads_every_notation_of_the_provider(value: object, at_least: int, step: int) -> None:
    observation = observe(raw(sell_num=value))

    assert (observation.sales, observation.flags) == (Sales(at_least, step), ())


@pytest.mark.parametrize(
    "value",
    [
        *(
            "-1",
            "1.5",
            "1.23456万+",
            "万+",
            "+",
            "1..3万",
            "10w~7.5w",
            "1e5",
            "NaN",
            "٥",
            "9" * 5000,
            "99999亿+",
            "5\0000",
        ),
        *(-1, 1.5, 10**13, float("inf"), float("nan")),
        *(True, [5], {"n": 5}),
    ],
)
def test_an_invalid_count_is_left_out(value: object) -> None:
    observation = observe(raw(sell_num=value))

    assert (observation.sales, observation.flags) == (None, ("sales:unreadable",))


@pytest.mark.parametrize("empty", [None, "", []])
def test_an_empty_count_has_no_flag(empty: object) -> None:
    assert observe(raw(sell_num=empty)).flags == ()


def test_a_hidden_count_is_left_out() -> None:
    assert observe(raw(sell_num="0", is_hide_sales=True)).sales is None


def test_a_normalised_record_has_another_key_for_sales() -> None:
    assert observe(normalised(sales="", total_sold="4000+")).sales == Sales(4_000, 1_000)
    broken = observe(normalised(sales=None, total_sold="-1"))
    assert (broken.sales, broken.flags) == (None, ("sales:unreadable",))


@given(
    st.integers(0, 10**9),
    st.sampled_from([("", 0), ("k", 3), ("千", 3), ("w", 4), ("万", 4), ("亿", 8)]),
    st.integers(0, 3),
)
def test_the_true_count_lies_within_the_step(
    true: int, unit: tuple[str, int], decimals: int
) -> None:
    """The true count is in [at_least, at_least + step), for any unit and any number of decimals."""
    name, power = unit
    decimals = min(decimals, power)
    step = 10 ** (power - decimals)
    kept = true // step
    whole, fraction = divmod(kept, 10**decimals)
    text = f"{whole}.{fraction:0{decimals}}" if decimals else str(whole)

    read = sales(f"{text}{name}+", "sales", [])

    assert read is not None
    assert read.at_least == kept * step
    assert read.at_least <= true < read.at_least + max(read.step, step)
    if name:
        assert read.step == step


@given(
    st.text(alphabet="0123456789.,+-~万亿千百wkWK件已售 ", max_size=20)
    | st.text()
    | st.integers()
    | st.floats()
)
def test_any_value_is_a_possible_count_or_flagged(value: object) -> None:
    flags: list[str] = []
    read = sales(value, "sales", flags)

    if read is None:
        assert value == "" or flags == ["sales:unreadable"]
    else:
        assert flags == []
        assert 0 <= read.at_least <= MAX_UNITS
        assert 1 <= read.step <= MAX_UNITS
