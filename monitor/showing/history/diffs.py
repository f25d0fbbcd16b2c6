"""Differences between two texts, two lists, or two tables of names and values. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from monitor.judging.changes import Json

#: Chinese is compared by characters, Latin text and numbers by words.
WORD = re.compile(r"[A-Za-z0-9.]+|\s+|.", re.DOTALL)


class DiffKind(StrEnum):
    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Piece:
    kind: DiffKind
    text: str


@dataclass(frozen=True, slots=True)
class ContentDiff:
    """A named row of a table with its values; `kind` is of the row itself."""

    kind: DiffKind
    name: str
    values: list[Piece]


def text_diff(before: str, after: str) -> list[Piece]:
    """Return the pieces of both texts in order: without added ones they make `before`, without
    removed ones `after`."""
    old, new = WORD.findall(before), WORD.findall(after)
    pieces: list[Piece] = []
    for tag, old_from, old_to, new_from, new_to in SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        removed, added = "".join(old[old_from:old_to]), "".join(new[new_from:new_to])
        if tag == "equal":
            pieces.append(Piece(DiffKind.SAME, removed))
        else:
            pieces += [Piece(DiffKind.REMOVED, removed), Piece(DiffKind.ADDED, added)]
    return [piece for piece in pieces if piece.text]


def list_diff(before: Sequence[str], after: Sequence[str]) -> list[Piece]:
    """Return the entries of both lists: first those of `after` in its order, then the removed
    ones."""
    old, new = dict.fromkeys(before), dict.fromkeys(after)
    kept = [Piece(DiffKind.SAME if entry in old else DiffKind.ADDED, entry) for entry in new]
    return kept + [Piece(DiffKind.REMOVED, entry) for entry in old if entry not in new]


def table_diff(before: Json, after: Json) -> list[ContentDiff]:
    """Return the rows that differ between two lists of `[name, value or values]`.

    Raises TypeError or ValueError if one has another shape.
    """
    old, new = _table(before), _table(after)
    entries = []
    for name in dict.fromkeys([*new, *old]):
        if old.get(name) != new.get(name):
            kind = (
                DiffKind.ADDED
                if name not in old
                else DiffKind.REMOVED
                if name not in new
                else DiffKind.SAME
            )
            entries.append(ContentDiff(kind, name, list_diff(old.get(name, []), new.get(name, []))))
    return entries


def _table(rows: Json) -> dict[str, list[str]]:
    if not isinstance(rows, list):
        raise TypeError("A table is a list of names with values.")
    table: dict[str, list[str]] = {}
    for row in rows:
        if not (isinstance(row, list) and len(row) == 2 and isinstance(row[0], str)):
            raise ValueError("A row of a table is a name with its values.")
        values = row[1] if isinstance(row[1], list) else [row[1]]
        table.setdefault(row[0], []).extend(str(value) for value in values)
    return table
