"""Lines of values side by side: a row for each span in which none of them changed."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.history.series import Held
from monitor.pages.compare.reads import ComparisonRow, merged

FAR = 10**6


@st.composite
def lines(draw: st.DrawFn) -> list[Held[int]]:
    """Spans in order that do not overlap; some touch, some were seen for a moment only."""
    found, at = [], 0
    for gap, length, value in draw(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4), st.integers(1, 3)))):
        at += gap
        found.append(Held(value, at, at + length))
        at += max(length, 1)
    return found


def test_a_row_begins_wherever_one_of_the_prices_changes() -> None:
    rows, more = merged([[Held(10, 0, 5), Held(12, 5, 9)], [Held(7, 2, 9)]], 10)
    assert rows == [ComparisonRow(5, 9, [12, 7]), ComparisonRow(2, 5, [10, 7]), ComparisonRow(0, 2, [10, None])]
    assert more is False


def test_a_gap_is_no_price_and_a_moment_is_a_row() -> None:
    rows, _more = merged([[Held(10, 0, 2), Held(10, 6, 6)], []], 10)
    assert rows == [ComparisonRow(6, 7, [10, None]), ComparisonRow(2, 6, [None, None]), ComparisonRow(0, 2, [10, None])]
    assert merged([[], []], 10) == ([], False)


@given(st.lists(lines(), min_size=1, max_size=4), st.integers(1, 6))
def test_the_newest_rows_of_many_are_the_newest_rows_of_all(spans: list[list[Held[int]]], most: int) -> None:
    every, none_older = merged(spans, FAR)
    rows, older = merged(spans, most)
    assert rows == every[:most]
    assert older == (len(every) > most)
    assert none_older is False


@given(st.lists(lines(), min_size=1, max_size=4))
def test_a_row_tells_what_each_line_was_throughout(spans: list[list[Held[int]]]) -> None:
    for row in merged(spans, FAR)[0]:
        for line, value in zip(spans, row.values, strict=True):
            for at in range(row.since, row.until):
                assert value == next((one.value for one in line if one.start <= at < max(one.end, one.start + 1)), None)
