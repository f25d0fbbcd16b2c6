"""Tables that people bring as files: text in whatever encoding and with whatever separator a spreadsheet writes, or an
Excel workbook. Bytes in, numbered rows of cells out. Nothing in a file is run, and nothing outside it is read.
"""

import codecs
import csv
import re
from collections.abc import Iterator, Sequence
from itertools import islice

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from monitor.watchlists.workbook import BrokenWorkbook, TooLargeWorkbook, read_workbook

LARGEST_FILE = 5 * 1024 * 1024
MOST_ROWS = 50_000
#: A quoted cell may go on over so many lines. A quote that is still open then is taken for a character.
LONGEST_QUOTED = 20

type Row = tuple[int, Sequence[str]]

_ZIP, _OLE, _PDF = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF"
TOO_LARGE = _("The file is larger than 5 MB. Leave only the column of IDs or links in it, or split it.")
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_SEPARATORS = ("\t", ";", ",")
_SAYS_SEPARATOR = re.compile(r"sep=(.)", re.IGNORECASE)


class UnreadableFile(ValueError):
    """A file that is no table we can read. Its text says what to do, in the active language."""

    def __init__(self, message: str | Promise) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


def read_table(data: bytes) -> Iterator[Row]:
    """The rows of a CSV, text or XLSX file, numbered from 1 as its program numbers them.

    Raises UnreadableFile for a file that is too large or neither; while it is read, also for one with too many rows.
    """
    if len(data) > LARGEST_FILE:
        raise UnreadableFile(TOO_LARGE)
    if data.startswith(_OLE):
        raise UnreadableFile(
            _("This is an old or a protected Excel file. Save it as .xlsx without a password, or as CSV.")
        )
    if data.startswith(_PDF):
        raise UnreadableFile(_("This is a PDF. Save the table as .xlsx or CSV."))
    rows = _workbook(data) if data.startswith(_ZIP) else _text(decode(data))
    return _not_too_many(rows)


def decode(data: bytes) -> str:
    """`data` as text by its byte order mark; without one it is UTF-8, UTF-16 if every other byte is NUL, or GB18030."""
    marked = next((encoding for mark, encoding in _MARKS.items() if data.startswith(mark)), _unmarked_utf16(data))
    for encoding in (marked,) if marked else ("utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableFile(
        _("This is no text in UTF-8, UTF-16 or GB18030, and no Excel file. Save the table as .xlsx or CSV.")
    )


def _unmarked_utf16(data: bytes) -> str | None:
    start = data[:2000]
    even, odd = start[::2].count(0), start[1::2].count(0)
    if max(even, odd) * 3 < len(start) // 2 or min(even, odd) * 3 > max(even, odd):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _not_too_many(rows: Iterator[Row]) -> Iterator[Row]:
    filled = 0
    for number, cells in rows:
        if any(cell.strip() for cell in cells):
            filled += 1
            if filled > MOST_ROWS:
                raise UnreadableFile(_("The file has more than 50,000 rows. Split it and import the parts."))
            yield number, cells


def _text(text: str) -> Iterator[Row]:
    """The records of separated values. A quote that is never closed takes no other line with it."""
    lines = text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    separator, at = _separator(lines)
    while at < len(lines):
        cells, used = _record(lines[at : at + LONGEST_QUOTED], separator)
        yield at + 1, cells
        at += used


def _separator(lines: list[str]) -> tuple[str, int]:
    """The separator, and the first line that counts: Excel can name one in a line before."""
    if said := _SAYS_SEPARATOR.fullmatch(lines[0].lstrip("\ufeff")):
        return said.group(1), 1
    start = "\n".join(islice((line for line in lines if line.strip()), 20))
    return max(reversed(_SEPARATORS), key=start.count), 0


def _record(lines: list[str], separator: str) -> tuple[list[str], int]:
    """The cells of the record that begins with the first of `lines`, and how many of them it takes."""
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=separator, strict=True)
    try:
        return next(reader), reader.line_num
    except StopIteration:
        return [], 1
    except csv.Error:
        return lines[0].replace('"', "").split(separator), 1


def _workbook(data: bytes) -> Iterator[Row]:
    try:
        yield from read_workbook(data)
    except BrokenWorkbook:
        raise UnreadableFile(
            _("This is no Excel workbook, or a damaged one. Open it, save it anew as .xlsx or CSV, and try again.")
        ) from None
    except TooLargeWorkbook:
        raise UnreadableFile(
            _("This Excel file unpacks to too much. Copy the column of IDs or links into a new file.")
        ) from None
