"""Reads the first sheet of an Excel workbook (.xlsx, .xlsm) row by row while it unpacks.

A full-featured library builds all elements of a row before it can stop: 40 MB of empty cells, 40 KB
in the file, took one 37 s and 2.8 GB. Formats, dates and formulas are not needed here. Values are
read as they are stored; macros and external links are ignored."""

import lzma
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from itertools import count
from operator import itemgetter
from typing import Any
from xml.parsers import expat

#: A sheet of 50,000 rows unpacks to about 15 MB. Much more is a bomb, or not a list of products.
LARGEST_PART = 40 * 1024 * 1024
MOST_ELEMENTS = 3_000_000
MOST_COLUMNS = 50
LAST_ROW = 1_048_576
#: The value of a cell with a formula for which the file has no value.
NO_VALUE = "=?"
_CHUNK = 64 * 1024
_REFERENCE = re.compile(r"([A-Z]{1,3})[0-9]+")
#: Excel keeps 15 digits of a number and writes zeros, or an exponent, for the rest.
_ROUNDED = re.compile(r"([0-9]{15}[0-9]*)00")

#: The exceptions that a damaged archive or sheet may raise below.
_FAULTS = (
    *(
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        EOFError,
        NotImplementedError,
        RuntimeError,
        OSError,
    ),
    *(expat.ExpatError, LookupError, ValueError, StopIteration),
)


#: "start" or "end", an element's name without its namespace, and its attributes; or "text", the
#: text, and nothing.
type XmlEvent = tuple[str, str, Mapping[str, str]]


class BrokenWorkbook(Exception):
    """Not a workbook, or a damaged one."""


class TooLargeWorkbook(Exception):
    """The workbook unpacks to too much."""


def read_workbook(data: bytes) -> Iterator[tuple[int, Sequence[str]]]:
    """Read the numbered rows of the first visible sheet. Raises BrokenWorkbook and TooLargeWorkbook
    meanwhile."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            sheet, strings = _parts(archive)
            yield from _rows(archive, sheet, _strings(archive, strings) if strings else [])
    except _FAULTS:
        raise BrokenWorkbook from None


def _parts(archive: zipfile.ZipFile) -> tuple[str, str]:
    """Return the names of the parts with the first visible sheet and with the strings; '' without
    strings."""
    sheets: list[tuple[bool, str]] = []
    targets: dict[str, tuple[str, str]] = {}
    for event, name, attributes in _events(archive, "xl/workbook.xml"):
        if (event, name) == ("start", "sheet"):
            key = next(
                value
                for key, value in attributes.items()
                if key.rpartition(" ")[2] == "id" and " " in key
            )
            sheets.append((attributes.get("state", "visible") != "visible", key))
    for event, name, attributes in _events(archive, "xl/_rels/workbook.xml.rels"):
        if (event, name) == ("start", "Relationship") and attributes.get(
            "TargetMode"
        ) != "External":
            kind = attributes["Type"].rpartition("/")[2]
            targets[attributes["Id"]] = (
                kind,
                posixpath.normpath(posixpath.join("/xl", attributes["Target"]))[1:],
            )
    visible_first = [targets[key] for _is_hidden, key in sorted(sheets, key=itemgetter(0))]
    worksheet = next((target for kind, target in visible_first if kind == "worksheet"), None)
    if worksheet is None:
        raise BrokenWorkbook
    return worksheet, next(
        (target for kind, target in targets.values() if kind == "sharedStrings"), ""
    )


def _strings(archive: zipfile.ZipFile, part: str) -> list[str]:
    """Return the texts that cells refer to by number, without phonetic guides."""
    strings: list[str] = []
    text: list[str] = []
    inside = {"t": 0, "rPh": 0}
    for event, name, _attributes in _events(archive, part):
        if event == "text":
            if inside["t"] and not inside["rPh"]:
                text.append(name)
        elif name in inside:
            inside[name] += 1 if event == "start" else -1
        elif (event, name) == ("end", "si"):
            strings.append("".join(text))
            text.clear()
    return strings


def _rows(
    archive: zipfile.ZipFile, part: str, strings: Sequence[str]
) -> Iterator[tuple[int, Sequence[str]]]:
    """Read the rows of a sheet with their numbers. Blank rows are left out."""
    number = column = 0
    cells: dict[int, str] = {}
    text: list[str] = []
    kind, is_value, is_formula = "", False, False
    for event, name, attributes in _events(archive, part):
        if event == "text":
            if is_value:
                text.append(name)
        elif name in ("v", "t"):
            is_value = event == "start"
        elif event == "start":
            if name == "c":
                place = _REFERENCE.fullmatch(attributes.get("r", ""))
                column = _column(place[1]) if place else column + 1
                kind, text, is_formula = attributes.get("t", "n"), [], False
            elif name == "row":
                number, column, cells = int(attributes.get("r", number + 1)), 0, {}
                if number > LAST_ROW:
                    raise BrokenWorkbook
            elif name == "f":
                is_formula = True
        elif name == "c" and column <= MOST_COLUMNS:
            if text:
                cells[column] = _value("".join(text), kind, strings)
            elif is_formula and kind == "n":
                cells[column] = NO_VALUE  # An empty text as a formula's value has another kind.
        elif name == "row" and cells:
            yield number, [cells.get(column, "") for column in range(1, max(cells) + 1)]
            cells = {}


def _value(text: str, kind: str, strings: Sequence[str]) -> str:
    if kind == "s":
        return strings[int(text)] if 0 <= int(text) < len(strings) else ""
    if kind == "n":  # A number that Excel has rounded gets an exponent: it is not a product ID.
        return f"{float(text):.5E}" if _ROUNDED.fullmatch(text) else text.removesuffix(".0")
    return "" if kind in ("b", "e") else text


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _events(archive: zipfile.ZipFile, name: str) -> Iterator[XmlEvent]:
    """Parse one part while it unpacks."""
    part = archive.getinfo(name)
    if part.file_size > LARGEST_PART:
        raise TooLargeWorkbook
    events: list[XmlEvent] = []
    elements, nothing = count(1), dict[str, str]()

    def start(name: str, attributes: Mapping[str, str]) -> None:
        if next(elements) > MOST_ELEMENTS:
            raise TooLargeWorkbook
        events.append(("start", name.rpartition(" ")[2], attributes))

    def refuse(*_doctype: Any) -> None:
        raise BrokenWorkbook

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = refuse  # A workbook has none; entities can be made into bombs.
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda name: events.append(("end", name.rpartition(" ")[2], nothing))
    parser.CharacterDataHandler = lambda text: events.append(("text", text, nothing))
    # Unpacking stops at the size in the archive's directory, whatever the part holds.
    with archive.open(part) as file:
        while chunk := file.read(_CHUNK):
            parser.Parse(chunk)
            yield from events
            events.clear()
        parser.Parse(b"", True)
        yield from events
