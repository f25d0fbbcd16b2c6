"""Reads lines of pasted text and the rows of a table, each with the product IDs in it. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from monitor.provider.links import LONGEST_ID, TELLING, Problem, Token, clean, read_tokens
from monitor.watching.uploads.files import LONGEST_ROW, Refusal, UnreadableUpload


@dataclass(frozen=True, slots=True)
class UploadLine:
    """An ID or a problem, or both for a doubtful ID. `number` is the line or row from 1, `column`
    the column from 1 (0 without columns). `text` is cut to `LONGEST_TEXT`. `code` is of a short
    link, whose product is not known here. `rival_of` has the IDs of the products whose rival it is,
    with spaces in between, or what was not understood."""

    number: int
    text: str
    num_iid: str | None = None
    problem: Problem | None = None
    column: int = 0
    code: str = ""
    rival_of: str = ""


#: Characters of a line that are kept for the preview.
LONGEST_TEXT = 200
#: The headings of the column with the user's own products, and how many of them one cell may have.
RIVAL_HEADINGS, MOST_OWN = ("rival of", "竞品归属"), 20

_HEADER = re.compile(
    r"(num_iid|((抖音|抖店)?(商品|产品|宝贝|货品)|product|item|goods)?[\s_-]*(ids?|编号|编码|链接|网址|地址|urls?|links?))"
    r"\s*([(（【\[*].*)?"
)
_LINK_HEADINGS = ("链接", "网址", "地址", "url", "link")
#: The first words of a share text that has its link on the next line.
_SHARE_WORDS = re.compile("复制.{0,8}打开|打开.{0,4}抖音")


def read_text(text: str) -> Iterator[UploadLine]:
    """Read pasted text: each line is an ID, a link, a share text, or several IDs and links. Blank
    lines, a header and a share text's words above its link are skipped. A pasted table that names
    rivals is read as one. Raises UnreadableUpload for a line that is too long."""
    lines = text.splitlines()
    if any(len(line) > LONGEST_ROW for line in lines):
        raise UnreadableUpload(Refusal.LONG_ROW)
    if lines and rival_column(lines[0].split("\t")) is not None:
        yield from read_rows(
            (number, line.split("\t")) for number, line in enumerate(lines, start=1)
        )
        return
    for number, raw in enumerate(lines, start=1):
        line = clean(raw)
        if line and not (number == 1 and id_columns(re.split(r"[\t,;]", line))):
            tokens = read_tokens(line)
            if tokens[0].problem is not Problem.NOT_UNDERSTOOD or not _SHARE_WORDS.search(line):
                yield from (_line(number, token) for token in tokens)


def read_rows(rows: Iterable[tuple[int, Sequence[str]]]) -> Iterator[UploadLine]:
    """Read a table: numbered rows of cells. If the first row has headings of IDs or links, only
    these columns count; otherwise any cell may hold an ID. Blank rows are skipped."""
    cleaned = ((number, [clean(cell) for cell in cells]) for number, cells in rows)
    filled = ((number, cells) for number, cells in cleaned if any(cells))
    first = next(filled, (0, [""]))
    if columns := id_columns(first[1]):
        rival = rival_column(first[1])
        for number, cells in filled:
            rival_of = (
                _read_rival_of(cells[rival]) if rival is not None and rival < len(cells) else ""
            )
            yield from (
                replace(line, rival_of=rival_of) for line in _read_columns(number, cells, columns)
            )
    elif any(first[1]):
        for number, cells in chain([first], filled):
            yield from _read_whole_row(number, cells)


def id_columns(cells: Sequence[str]) -> list[int]:
    """Return which cells of a first row, from 0, are headings of product IDs or links, IDs before
    links."""
    headings = [cell.strip().strip("\"'").lower() for cell in cells]
    columns = [
        column
        for column, heading in enumerate(headings)
        if len(heading) <= 40 and _HEADER.fullmatch(heading)
    ]
    return sorted(
        columns, key=lambda column: any(word in headings[column] for word in _LINK_HEADINGS)
    )


def rival_column(cells: Sequence[str]) -> int | None:
    """Return which cell of a first row with headings is that of the own products, from 0."""
    headings = [clean(cell).strip("\"'").lower() for cell in cells]
    found = [column for column, heading in enumerate(headings) if heading in RIVAL_HEADINGS]
    return found[0] if found and id_columns(cells) else None


def _read_rival_of(cell: str) -> str:
    """Return the IDs in a cell with IDs or links, or what was not understood."""
    ids = [token.num_iid for token in read_tokens(cell)] if cell else []
    return " ".join(num_iid or cell[:LONGEST_ID] for num_iid in ids[:MOST_OWN])


def _read_whole_row(number: int, cells: list[str]) -> list[UploadLine]:
    """Read a row of a table without headings."""
    row = "\t".join(cell.replace("\t", " ") for cell in cells)
    return [_line(number, token) for token in read_tokens(row)]


def read_ids(number: int, cells: Sequence[str], columns: list[int]) -> Iterator[UploadLine]:
    """Read the product IDs of a row: as in `read_rows`."""
    return _read_columns(number, [clean(cell) for cell in cells], columns)


def _read_columns(number: int, cells: list[str], columns: list[int]) -> Iterator[UploadLine]:
    """Read the cells of the ID columns. A row may have a product's ID and its link, and a
    spreadsheet may have rounded the ID: only the first column with the best tokens counts."""
    tokens = [
        (_rank(token), place, token)
        for place, column in enumerate(columns)
        if column < len(cells) and cells[column]
        for token in read_tokens(cells[column])
    ]
    if tokens:
        best = min((rank, place) for rank, place, _token in tokens)
        for rank, place, token in tokens:
            if (rank, place) == best:
                yield _line(number, token, columns[place] + 1)
    elif any(cells):
        yield UploadLine(number, "", problem=Problem.EMPTY, column=columns[0] + 1)


def _rank(token: Token) -> int:
    """Return 0 for a certain ID, 1 for a doubtful one, 2 for a problem of `TELLING`, 3 for another
    one."""
    if token.num_iid is not None:
        return 0 if token.problem is None else 1
    return 2 if token.problem in TELLING else 3


def _line(number: int, token: Token, column: int = 0) -> UploadLine:
    text = token.text[:LONGEST_TEXT].replace("\t", " ")
    return UploadLine(number, text, token.num_iid, token.problem, column, token.code)
