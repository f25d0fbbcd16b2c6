"""Differences between two texts, lists or tables, as pieces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.changes import Json
from monitor.history.diffs import (
    LONGEST,
    ContentDiff,
    DiffKind,
    Piece,
    list_diff,
    table_diff,
    text_diff,
)

SAME, REMOVED, ADDED = DiffKind.SAME, DiffKind.REMOVED, DiffKind.ADDED


def kinds_and_texts(pieces: list[Piece]) -> list[tuple[DiffKind, str]]:
    return [(piece.kind, piece.text) for piece in pieces]


def test_chinese_titles_differ_by_the_character() -> None:
    assert kinds_and_texts(
        text_diff("秋冬新款磨毛衬衫女 显瘦", "春夏新款磨毛衬衫女 显瘦 百搭")
    ) == [
        (REMOVED, "秋冬"),
        (ADDED, "春夏"),
        (SAME, "新款磨毛衬衫女 显瘦"),
        (ADDED, " 百搭"),
    ]


def test_latin_words_and_numbers_differ_as_a_whole() -> None:
    assert kinds_and_texts(text_diff("iPhone 15 case", "iPhone 16 case")) == [
        (SAME, "iPhone "),
        (REMOVED, "15"),
        (ADDED, "16"),
        (SAME, " case"),
    ]


def test_a_single_common_character_does_not_split_a_text() -> None:
    assert kinds_and_texts(text_diff("温柔的风衣", "显瘦的外套"))[0] == (REMOVED, "温柔的风衣")


def test_texts_that_are_too_long_are_shown_whole() -> None:
    assert kinds_and_texts(text_diff("一" * LONGEST, "一" * LONGEST + "二")) == [
        (REMOVED, "一" * LONGEST),
        (ADDED, "一" * LONGEST + "二"),
    ]


texts = st.text(st.sampled_from("磨毛衬衫 abc19.<>&\n"), max_size=60)


@given(texts, texts)
def test_the_pieces_make_both_texts_again(before: str, after: str) -> None:
    pieces = text_diff(before, after)
    assert "".join(piece.text for piece in pieces if piece.kind is not ADDED) == before
    assert "".join(piece.text for piece in pieces if piece.kind is not REMOVED) == after
    assert all(piece.text for piece in pieces)


@given(texts)
def test_a_text_does_not_differ_from_itself(text: str) -> None:
    assert all(piece.kind is SAME for piece in text_diff(text, text))


names = st.lists(st.sampled_from("白黑红蓝绿"), max_size=6)


@given(names, names)
def test_a_list_diff_has_the_kept_added_and_removed_entries(
    before: list[str], after: list[str]
) -> None:
    pieces = list_diff(before, after)
    assert {piece.text for piece in pieces if piece.kind is not ADDED} == set(before)
    assert [piece.text for piece in pieces if piece.kind is not REMOVED] == list(
        dict.fromkeys(after)
    )


def test_a_table_diff_has_only_the_rows_that_differ() -> None:
    before: Json = [["颜色", ["白色", "黑色"]], ["尺码", ["S", "M"]], ["领型", ["圆领"]]]
    after: Json = [["颜色", ["白色", "红色"]], ["尺码", ["S", "M"]], ["厚度", ["加绒"]]]
    assert table_diff(before, after) == [
        ContentDiff(
            SAME, "颜色", [Piece(SAME, "白色"), Piece(ADDED, "红色"), Piece(REMOVED, "黑色")]
        ),
        ContentDiff(ADDED, "厚度", [Piece(ADDED, "加绒")]),
        ContentDiff(REMOVED, "领型", [Piece(REMOVED, "圆领")]),
    ]


def test_attributes_have_one_value_each() -> None:
    assert table_diff([["品牌", "甲"]], [["品牌", "乙"]]) == [
        ContentDiff(SAME, "品牌", [Piece(ADDED, "乙"), Piece(REMOVED, "甲")])
    ]


@pytest.mark.parametrize("odd", ["text", 7, [["a"]], [[1, 2]], [7], None, {"a": "b"}])
def test_other_shapes_are_refused(odd: object) -> None:
    with pytest.raises((TypeError, ValueError), match="table"):
        table_diff([], odd)  # type: ignore[arg-type]
