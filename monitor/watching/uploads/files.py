"""Reads uploaded tables: text in any encoding and with any separator that spreadsheets write, or an
Excel workbook.

Bytes in, numbered rows of cells out. Nothing in a file is executed, and nothing outside it is read.
Pure."""

import codecs
import csv
import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from enum import StrEnum
from itertools import islice

from monitor.watching.uploads.workbook import BrokenWorkbook, TooLargeWorkbook, read_workbook

LARGEST_FILE = 5 * 1024 * 1024
MOST_ROWS = 50_000
#: The limit of Excel. A longer cell is an attack, or the file is not a table.
LONGEST_CELL = 32_767
LONGEST_ROW = 1024 * 1024
#: A quoted cell may have this many lines. A quote that is still open then counts as a character.
LONGEST_QUOTED = 20

type NumberedRow = tuple[int, Sequence[str]]

ZIP, _OLE, _PDF = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF"
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_SEPARATORS = ("\t", ";", ",")
_NAMES_SEPARATOR = re.compile(r"sep=(.)", re.IGNORECASE)


class Refusal(StrEnum):
    """Why a file or a text is not read. The texts for users are in `monitor.watching.words`."""

    LARGE_FILE = "large_file"
    OLD_EXCEL = "old_excel"
    PDF = "pdf"
    NOT_TEXT = "not_text"
    BROKEN_WORKBOOK = "broken_workbook"
    LARGE_WORKBOOK = "large_workbook"
    LONG_CELL = "long_cell"
    LONG_ROW = "long_row"
    MANY_ROWS = "many_rows"
    MANY_PRODUCTS = "many_products"
    TOO_COSTLY = "too_costly"
    BUSY = "busy"
    ONE_AT_A_TIME = "one_at_a_time"
    LONG_SHEET = "long_sheet"
    NO_ID_COLUMN = "no_id_column"
    NOTHING_TO_UPDATE = "nothing_to_update"
    SAME_HEADINGS = "same_headings"


class UnreadableUpload(ValueError):
    """`wait`: how long until the same upload may be read; zero if that is not known."""

    def __init__(self, refusal: Refusal, wait: timedelta = timedelta(0)) -> None:
        super().__init__(refusal)
        self.refusal, self.wait = refusal, wait


def read_table(data: bytes) -> Iterator[NumberedRow]:
    """Read the rows of a CSV, text or XLSX file, numbered from 1 as in a spreadsheet.

    Raises UnreadableUpload for a file that is too large or of another type; while it is read, also
    for too many rows and for a cell or a row that is too long."""
    if len(data) > LARGEST_FILE:
        raise UnreadableUpload(Refusal.LARGE_FILE)
    if data.startswith(_OLE):
        raise UnreadableUpload(Refusal.OLD_EXCEL)
    if data.startswith(_PDF):
        raise UnreadableUpload(Refusal.PDF)
    rows = _workbook(data) if data.startswith(ZIP) else _text(decode(data))
    return _within_limits(rows)


def decode(data: bytes) -> str:
    """Return `data` as text, by its byte order mark. Without one it is UTF-8 or GB18030."""
    marked = [encoding for mark, encoding in _MARKS.items() if data.startswith(mark)]
    for encoding in marked or ("utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableUpload(Refusal.NOT_TEXT)


def _within_limits(rows: Iterator[NumberedRow]) -> Iterator[NumberedRow]:
    """Return the rows that are not blank. Check sizes first: a small workbook may repeat a long
    text in many cells."""
    filled = 0
    for number, cells in rows:
        lengths = [len(cell) for cell in cells]
        if max(lengths, default=0) > LONGEST_CELL:
            raise UnreadableUpload(Refusal.LONG_CELL)
        if sum(lengths) > LONGEST_ROW:
            raise UnreadableUpload(Refusal.LONG_ROW)
        if any(cell.strip() for cell in cells):
            filled += 1
            if filled > MOST_ROWS:
                raise UnreadableUpload(Refusal.MANY_ROWS)
            yield number, cells


def _text(text: str) -> Iterator[NumberedRow]:
    """Read the records of separated values. A quote that is never closed does not swallow other
    lines."""
    lines = text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if max(map(len, lines)) > LONGEST_ROW:
        raise UnreadableUpload(Refusal.LONG_ROW)
    separator, at = _separator(lines)
    while at < len(lines):
        cells, used = _record(lines[at : at + LONGEST_QUOTED], separator)
        yield at + 1, cells
        at += used


def _separator(lines: list[str]) -> tuple[str, int]:
    """Return the separator, and the index of the first record: Excel may name the separator in a
    first line `sep=;`."""
    if named := _NAMES_SEPARATOR.fullmatch(lines[0].lstrip("\ufeff")):
        return named.group(1), 1
    start = "\n".join(islice((line for line in lines if line.strip()), 20))
    return max(reversed(_SEPARATORS), key=start.count), 0


def _record(lines: list[str], separator: str) -> tuple[list[str], int]:
    """Return the cells of the record that begins with the first of `lines`, and its number of
    lines."""
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=separator, strict=True)
    try:
        return next(reader), reader.line_num
    except StopIteration:
        return [], 1
    except csv.Error:
        return lines[0].replace('"', "").split(separator), 1


def _workbook(data: bytes) -> Iterator[NumberedRow]:
    try:
        yield from read_workbook(data)
    except BrokenWorkbook:
        raise UnreadableUpload(Refusal.BROKEN_WORKBOOK) from None
    except TooLargeWorkbook:
        raise UnreadableUpload(Refusal.LARGE_WORKBOOK) from None
