"""Text that people bring: from a spreadsheet, an editor or another program, in whatever encoding these write."""

import codecs
import sys
from pathlib import Path

from django.core.management.base import CommandError

LARGEST_FILE = 10 * 1024 * 1024
MOST_LINES = 100_000
_MARKED = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def read_lines(name: str) -> list[str]:
    """The lines of the file called `name`, or of standard input for `-`, without their ends.

    UTF-8, UTF-16 with a byte order mark and GB18030 are read. Raises CommandError for a file that cannot be opened,
    is larger than `LARGEST_FILE`, has more than `MOST_LINES` lines or is no text.
    """
    lines = decode(_read(name)).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not lines[-1]:
        lines.pop()
    if len(lines) > MOST_LINES:
        raise CommandError(f"There are more than {MOST_LINES:,} lines. Split the file and import the parts.")
    return lines


def decode(data: bytes) -> str:
    """`data` as text by its byte order mark; without one it is UTF-8 or, when it cannot be, GB18030."""
    marked = next((encoding for mark, encoding in _MARKED.items() if data.startswith(mark)), None)
    for encoding in (marked,) if marked else ("utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise CommandError("This is no text in UTF-8, UTF-16 or GB18030. Save it as CSV in UTF-8 and try again.")


def _read(name: str) -> bytes:
    try:
        if name == "-":
            data = sys.stdin.buffer.read(LARGEST_FILE + 1)
        else:
            with Path(name).open("rb") as file:
                data = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise CommandError(f"{name} cannot be read: {reason}.") from None
    if len(data) > LARGEST_FILE:
        raise CommandError(f"The file is larger than {LARGEST_FILE // 1024 // 1024} MB. Split it and import the parts.")
    return data
