"""Differences between two texts, lists or tables, as pieces."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.showing.history.diffs import LONGEST, DiffKind, Piece, list_diff, text_diff

SAME, REMOVED, ADDED = DiffKind.SAME, DiffKind.REMOVED, DiffKind.ADDED


def kinds_and_texts(pieces: list[Piece]) -> list[tuple[DiffKind, str]]:
    return [(piece.kind, piece.text) for piece in pieces]


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
