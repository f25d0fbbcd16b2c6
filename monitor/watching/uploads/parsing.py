"""Reads an upload or a pasted text: its lines or rows, or why it is refused, ready for JSON.
Pure."""

from itertools import islice
from typing import Any

from monitor.watching.uploads.files import MOST_ROWS, ZIP, Refusal, UnreadableUpload, read_table
from monitor.watching.uploads.lines import read_rows, read_text
from monitor.watching.uploads.sheets import MOST_SHEET_ROWS, read_sheet

#: A text of this size takes at most 130 ms and 4 MB to read, whatever it contains.
SMALL_BYTES = 32 * 1024


def is_small(data: bytes) -> bool:
    """Return whether reading costs little. A workbook never counts as small: it may unpack to
    much."""
    return len(data) <= SMALL_BYTES and not data.startswith(ZIP)


def answer_to(kind: str, data: bytes) -> dict[str, Any]:
    """Return the `lines` of a `file` or a `text`, or the rows of a `sheet`, as lists of fields; or
    the `refusal`."""
    most, too_many = (
        (MOST_SHEET_ROWS, Refusal.LONG_SHEET)
        if kind == "sheet"
        else (MOST_ROWS, Refusal.MANY_PRODUCTS)
    )
    try:
        # `astuple` would copy each field.
        lines = [
            [getattr(line, name) for name in line.__slots__]
            for line in islice(_read(kind, data), most + 1)
        ]
    except UnreadableUpload as error:
        return {"refusal": error.refusal}
    return {"lines": lines} if len(lines) <= most else {"refusal": too_many}


def _read(kind: str, data: bytes) -> Any:
    if kind == "text":
        return read_text(data.decode())
    return read_sheet(read_table(data)) if kind == "sheet" else read_rows(read_table(data))
