"""Reads the first visible sheet of an Excel workbook (.xlsx, .xlsm), row by row. Formulas have the
values that the file stores; macros and external links are ignored.

A small file may take much memory and time: it is read in a process with limits of both."""

import zipfile
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any

from openpyxl import load_workbook

#: A sheet of 50,000 rows unpacks to about 15 MB. Much more is a bomb, or not a list of products.
LARGEST_PART = 40 * 1024 * 1024
MOST_COLUMNS = 50
LAST_ROW = 1_048_576
#: Excel keeps 15 digits of a number and writes zeros for the rest.
_BEYOND_15_DIGITS = 10**16


class BrokenWorkbook(Exception):
    """Not a workbook, or a damaged one."""


class TooLargeWorkbook(Exception):
    """The workbook unpacks to too much."""


def read_workbook(data: bytes) -> Iterator[tuple[int, Sequence[str]]]:
    """Read the numbered rows. Raises BrokenWorkbook and TooLargeWorkbook meanwhile."""
    try:
        yield from _rows(data)
    except (MemoryError, TooLargeWorkbook):
        raise
    # For a damaged file, openpyxl and the readers of ZIP and XML below it raise nearly anything.
    except Exception:  # noqa: BLE001
        raise BrokenWorkbook from None


def _rows(data: bytes) -> Iterator[tuple[int, Sequence[str]]]:
    # Unpacking stops at the size in the archive's directory, whatever a part holds.
    if any(part.file_size > LARGEST_PART for part in zipfile.ZipFile(BytesIO(data)).infolist()):
        raise TooLargeWorkbook
    book = load_workbook(BytesIO(data), read_only=True, data_only=True)
    sheets: list[Any] = book.worksheets
    sheet = min(sheets, key=lambda sheet: sheet.sheet_state != "visible")
    rows = sheet.iter_rows(max_row=LAST_ROW, max_col=MOST_COLUMNS, values_only=True)
    for number, row in enumerate(rows, start=1):
        cells = list(map(_text, row))
        while cells and not cells[-1]:
            cells.pop()
        yield number, cells


def _text(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, int) and value >= _BEYOND_15_DIGITS and value % 100 == 0:
        return f"{value:.5E}"  # Excel has rounded it: it is not a product ID.
    return str(value).removesuffix(".0")
