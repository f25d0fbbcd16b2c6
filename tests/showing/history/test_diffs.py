"""Differences between two texts, lists or tables, as pieces."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.showing.history.diffs import DiffKind, list_diff, text_diff

REMOVED, ADDED = DiffKind.REMOVED, DiffKind.ADDED


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
