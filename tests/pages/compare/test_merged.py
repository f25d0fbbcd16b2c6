"""Several lines of values are merged into rows: one for each span in which no line changed."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.history.series import Held
from monitor.pages.compare.reads import ComparisonRow, merged

FAR = 10**6


@st.composite
def lines(draw: st.DrawFn) -> list[Held[int]]:
    """Ordered spans that do not overlap; some touch, some have no length."""
    spans, at = [], 0
    for gap, length, value in draw(
        st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4), st.integers(1, 3)))
    ):
        at += gap
        spans.append(Held(value, at, at + length))
        at += max(length, 1)
    return spans


def test_a_row_begins_wherever_one_of_the_prices_changes() -> None:
    rows, more = merged([[Held(10, 0, 5), Held(12, 5, 9)], [Held(7, 2, 9)]], 10)
    assert rows == [
        ComparisonRow(5, 9, [12, 7]),
        ComparisonRow(2, 5, [10, 7]),
        ComparisonRow(0, 2, [10, None]),
    ]
    assert more is False


def test_a_gap_has_no_price_and_a_span_without_length_has_a_row() -> None:
    rows, _more = merged([[Held(10, 0, 2), Held(10, 6, 6)], []], 10)
    assert rows == [
        ComparisonRow(6, 7, [10, None]),
        ComparisonRow(2, 6, [None, None]),
        ComparisonRow(0, 2, [10, None]),
    ]
    assert merged([[], []], 10) == ([], False)


@given(st.lists(lines(), min_size=1, max_size=4), st.integers(1, 6))
def test_a_limit_keeps_the_newest_rows(spans: list[list[Held[int]]], most: int) -> None:
    every, none_older = merged(spans, FAR)
    rows, older = merged(spans, most)
    assert rows == every[:most]
    assert older == (len(every) > most)
    assert none_older is False


@given(st.lists(lines(), min_size=1, max_size=4))
def test_a_row_has_the_value_of_each_line_throughout(spans: list[list[Held[int]]]) -> None:
    for row in merged(spans, FAR)[0]:
        for line, value in zip(spans, row.values, strict=True):
            for at in range(row.since, row.until):
                assert value == next(
                    (
                        held.value
                        for held in line
                        if held.start <= at < max(held.end, held.start + 1)
                    ),
                    None,
                )
