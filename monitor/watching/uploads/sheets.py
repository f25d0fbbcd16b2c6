"""Reads a sheet of products with prices of their users, tags and notes, such as the products table
as a file. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from monitor.provider.limits import LONGEST_NOTE, LONGEST_TAG, MOST_TAGS
from monitor.provider.links import Problem
from monitor.provider.text import clean
from monitor.watching.uploads.files import Refusal, UnreadableUpload
from monitor.watching.uploads.lines import LONGEST_TEXT, id_columns, read_ids

#: More would keep the browser waiting, and be hard to take back.
MOST_SHEET_ROWS = 10_000
#: More than any price, in yuan.
MOST_YUAN = 10_000_000
#: A cell that clears its value.
CLEAR = "-"

type Value = int | str | list[str] | None


class SheetProblem(StrEnum):
    """Why a row is not used. The texts for users are in `monitor.watching.words`."""

    NO_PRICE = "no_price"
    MANY_TAGS = "many_tags"
    LONG_TAG = "long_tag"
    LONG_NOTE = "long_note"
    NOT_ON_LIST = "not_on_list"
    VIEW_ONLY = "view_only"
    REPEATED = "repeated"


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A product's `values` by field: `target`, `cost` and `profit` in fen, `tags`, `note`. Only
    filled cells have one, and None, [] or '' clears.

    `watchlist` has the names of lists, or is ''. A row with a `problem` is not used; `text` is the
    cell that has it."""

    number: int
    num_iid: str = ""
    watchlist: str = ""
    values: dict[str, Value] = field(default_factory=dict)
    problem: str = ""
    text: str = ""


class BadCell(ValueError):
    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


_HEADINGS = {
    "watchlist": ("watchlist", "watchlists", "监控列表", "列表"),
    "target": ("target price", "target", "目标价", "目标价格"),
    "cost": ("cost", "cost price", "成本价", "成本"),
    "profit": ("wanted profit", "profit", "期望利润"),
    "tags": ("tags", "tag", "标签"),
    "note": ("note", "notes", "备注"),
}
_AMOUNTS = ("target", "cost", "profit")
_FIELDS = {heading: name for name, headings in _HEADINGS.items() for heading in headings}
_BETWEEN_TAGS = re.compile(r"[\s,，、;；]+")
_PRICE = re.compile(
    r"(?:¥|rmb|cny)?((?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,12})(?:\.[0-9]*)?)(?:元|rmb|cny)?"
)
#: Numbers of spreadsheets may be this far from what people typed, in fen.
_NOISE = Decimal("0.001")
#: Files that we write have an apostrophe before a text that would start a formula.
_GUARDED = re.compile(r"'[=+\-@＝＋－＠]")


def read_sheet(rows: Iterable[tuple[int, Sequence[str]]]) -> Iterator[SheetRow]:
    """Read a table whose first row has headings. Rows without a value are skipped.

    Raises UnreadableUpload if there is no column of IDs, nothing to update, or two columns of one
    heading."""
    filled = ((number, cells) for number, cells in rows if any(cell.strip() for cell in cells))
    if (first := next(filled, None)) is None:
        return
    heads = [head.strip().strip("\"'\ufeff").lower() for head in first[1]]
    ids = id_columns(heads)
    columns = {
        column: name
        for column, head in enumerate(heads)
        if (name := _FIELDS.get(_without_unit(head)))
    }
    if not ids:
        raise UnreadableUpload(Refusal.NO_ID_COLUMN)
    named = [*columns.values(), *(heads[column] for column in ids)]
    if len(set(named)) < len(named):
        raise UnreadableUpload(Refusal.SAME_HEADINGS)
    if not {*_AMOUNTS, "tags", "note"}.intersection(columns.values()):
        raise UnreadableUpload(Refusal.NOTHING_TO_UPDATE)
    for number, cells in filled:
        texts = {
            name: cells[column].strip() for column, name in columns.items() if column < len(cells)
        }
        if any(text for name, text in texts.items() if name != "watchlist"):
            yield _row(number, cells, ids, texts)


def _without_unit(head: str) -> str:
    return re.split(r"[(（\[]", head)[0].strip()


def _row(number: int, cells: Sequence[str], ids: list[int], texts: dict[str, str]) -> SheetRow:
    line = next(iter(read_ids(number, cells, ids)), None)
    if line is None or line.num_iid is None:
        problem = line.problem if line and line.problem else Problem.EMPTY
        return SheetRow(number, problem=problem, text=line.text if line else "")
    watchlist, values = _unguarded(texts.pop("watchlist", "")), {}
    for name, text in texts.items():
        try:
            if text:
                values[name] = _value(name, text)
        except BadCell as error:
            return SheetRow(
                number, line.num_iid, watchlist, problem=error.problem, text=text[:LONGEST_TEXT]
            )
    return SheetRow(number, line.num_iid, watchlist, values)


def _value(name: str, text: str) -> Value:
    is_cleared = unicodedata.normalize("NFKC", text) == CLEAR
    if name in _AMOUNTS:
        return None if is_cleared else read_price(text)
    text = "" if is_cleared else " ".join(_unguarded(text).split())
    return read_tags(text) if name == "tags" else _note(text)


def _unguarded(text: str) -> str:
    return text[1:] if _GUARDED.match(text) else text


def _note(text: str) -> str:
    if len(text) > LONGEST_NOTE:
        raise BadCell(SheetProblem.LONG_NOTE)
    return text


def read_tags(text: str) -> list[str]:
    """Return the tags between commas and spaces, each once. Raises BadCell.

    Tags of invisible characters alone are left out.
    """
    tags = list(dict.fromkeys(tag for tag in _BETWEEN_TAGS.split(clean(text)) if _is_tag(tag)))
    if len(tags) > MOST_TAGS:
        raise BadCell(SheetProblem.MANY_TAGS)
    if any(len(tag) > LONGEST_TAG for tag in tags):
        raise BadCell(SheetProblem.LONG_TAG)
    return tags


def _is_tag(text: str) -> bool:
    return text != CLEAR and any(character.isprintable() for character in text)


def read_price(text: str) -> int:
    """Return a price in fen, from `1299`, `¥1,299.00` or `１２９９元`. Raises BadCell."""
    match = _PRICE.fullmatch("".join(unicodedata.normalize("NFKC", text).lower().split()))
    fen = Decimal(match[1].replace(",", "")) * 100 if match else Decimal(0)
    if not 1 <= round(fen) <= MOST_YUAN * 100 or abs(fen - round(fen)) > _NOISE:
        raise BadCell(SheetProblem.NO_PRICE)
    return round(fen)
