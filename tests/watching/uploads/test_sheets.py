"""Sheets with target prices, tags and notes: headings, cells, and whatever else is in a file."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as some

from monitor.provider.limits import LONGEST_TAG, MOST_TAGS
from monitor.watching.uploads.files import Refusal, UnreadableUpload
from monitor.watching.uploads.sheets import (
    BadCell,
    SheetProblem,
    SheetRow,
    read_price,
    read_sheet,
    read_tags,
)

ID = "3514453298386183303"
texts = some.text(some.characters(exclude_categories=["Cs"]), max_size=40)


def read(*rows: tuple[str, ...] | list[str]) -> list[SheetRow]:
    return list(read_sheet(enumerate(rows, 1)))


def one(head: str, cell: str) -> SheetRow:
    [row] = read(["商品ID", head], [ID, cell])
    return row


def refusal(*rows: list[str]) -> Refusal:
    with pytest.raises(UnreadableUpload) as raised:
        read(*rows)
    return raised.value.refusal


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("99", 9900),
        ("¥1,299.00", 129900),
        ("￥1299", 129900),
        ("1299元", 129900),
        ("１２９９．５０元", 129950),
        (" 12 . 5 ", 1250),
        ("RMB 8", 800),
        ("12.899999999999999", 1290),
        ("0.01", 1),
    ],
)
def test_it_reads_prices_as_people_write_them(text: str, fen: int) -> None:
    assert read_price(text) == fen


@pytest.mark.parametrize(
    "text", ["cheap", "0", "-5", "12,99", "9.999", "1e5", "99999999999", "¥", "3.5.1", "10%", "½"]
)
def test_it_takes_nothing_else_for_a_price(text: str) -> None:
    with pytest.raises(BadCell):
        read_price(text)


@given(some.integers(1, 10**9), some.sampled_from(["{:.2f}", "¥{:,.2f}", "{:,.2f} 元", "￥{:.2f}"]))
def test_it_reads_each_price_that_it_writes(fen: int, written: str) -> None:
    assert read_price(written.format(fen / 100)) == fen


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("hot, 夏\u200b、h\x01ot", ["hot", "夏"]),
        ("- \u200b \u200d \x01", []),
        ("👨\u200d👩\u200d👧", ["👨\u200d👩\u200d👧"]),
    ],
)
def test_it_reads_tags_without_invisible_characters(text: str, tags: list[str]) -> None:
    assert read_tags(text) == tags


@given(texts)
def test_it_reads_only_tags_within_their_limits(text: str) -> None:
    tags = []
    with suppress(BadCell):
        tags = read_tags(text)
    assert len(tags) == len(set(tags)) <= MOST_TAGS
    assert all(0 < len(tag) <= LONGEST_TAG and not set(tag) & set(" ,，、;；") for tag in tags)
    assert read_tags(", ".join(tags)) == read_tags("、".join(tags)) == tags


@given(some.lists(some.lists(texts, max_size=5), max_size=6))
def test_no_table_breaks_it(rows: list[list[str]]) -> None:
    found = read(["Product ID", "Target price", "Tags", "Note", "Watchlist"], *rows)
    assert all(bool(row.problem) or (row.num_iid and row.values) for row in found)


def test_an_empty_cell_changes_nothing_and_a_dash_clears() -> None:
    assert read(["Product ID", "Target price", "Tags", "Note"], [ID, "", "", ""]) == []
    [row] = read(["Product ID", "Target price", "Tags", "Note"], [ID, "-", "－", ""])
    assert row.values == {"target": None, "tags": []}


@pytest.mark.parametrize("head", ["目标价", "目标价（元）", "Target price", " TARGET PRICE (¥) "])
def test_headings_are_known_in_both_languages_and_with_units(head: str) -> None:
    assert one(head, "99").values == {"target": 9900}


def test_a_link_names_the_product_when_excel_has_rounded_its_id() -> None:
    link = f"https://haohuo.jinritemai.com/views/product/item2?id={ID}"
    [row] = read(["商品ID", "商品链接", "备注"], ["3.51445E+18", link, "A"])
    assert row == SheetRow(2, ID, values={"note": "A"})


def test_a_text_that_we_guarded_from_being_a_formula_is_read_as_it_was() -> None:
    assert one("Note", "'=our best").values == {"note": "=our best"}
    assert one("Note", "'quoted'").values == {"note": "'quoted'"}


@pytest.mark.parametrize(
    ("head", "cell", "problem"),
    [
        ("Target price", "=A1*2", SheetProblem.NO_PRICE),
        ("Tags", " ".join(f"t{number}" for number in range(11)), SheetProblem.MANY_TAGS),
        ("Tags", "t" * 31, SheetProblem.LONG_TAG),
        ("Note", "n" * 201, SheetProblem.LONG_NOTE),
    ],
)
def test_a_bad_cell_is_a_problem_of_its_row(head: str, cell: str, problem: str) -> None:
    assert (one(head, cell).problem, one(head, cell).num_iid) == (problem, ID)


def test_it_refuses_what_it_cannot_apply() -> None:
    assert refusal(["Title", "Note"], ["Shirt", "A"]) is Refusal.NO_ID_COLUMN
    assert refusal(["Product ID", "Title"], [ID, "Shirt"]) is Refusal.NOTHING_TO_UPDATE
    assert refusal(["Product ID", "Note", "备注"], [ID, "A", "B"]) is Refusal.SAME_HEADINGS
    assert refusal(["Product ID", "product id", "Note"], [ID, ID, "A"]) is Refusal.SAME_HEADINGS
