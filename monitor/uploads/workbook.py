"""Reads the first sheet of an Excel workbook (.xlsx, .xlsm) row by row while it unpacks.

A full-featured library builds all elements of a row before it can stop: 40 MB of empty cells, 40 KB in the file, took
one 37 s and 2.8 GB. Formats, dates and formulas are not needed here. Values are read as they are stored; macros and
external links are ignored.
"""

import lzma
import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from io import BytesIO
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
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError, OSError),
    *(expat.ExpatError, LookupError, ValueError, StopIteration),
)


class BrokenWorkbook(Exception):
    """Not a workbook, or a damaged one."""


class TooLargeWorkbook(Exception):
    """The workbook unpacks to too much."""


def read_workbook(data: bytes) -> Iterator[tuple[int, Sequence[str]]]:
    """The numbered rows of the first visible sheet. Raises BrokenWorkbook and TooLargeWorkbook while it is read."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            sheet, strings = _parts(archive)
            yield from _Sheet(_strings(archive, strings) if strings else []).read(archive, sheet)
    except _FAULTS:
        raise BrokenWorkbook from None


def _parts(archive: zipfile.ZipFile) -> tuple[str, str]:
    """The names of the parts with the first visible sheet and with the strings, which may be ''."""
    sheets: list[tuple[bool, str]] = []
    targets: dict[str, tuple[str, str]] = {}

    def sheet(name: str, attributes: Mapping[str, str]) -> None:
        if name == "sheet":
            key = next(value for key, value in attributes.items() if key.rpartition(" ")[2] == "id" and " " in key)
            sheets.append((attributes.get("state", "visible") != "visible", key))

    def relation(name: str, attributes: Mapping[str, str]) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            kind = attributes["Type"].rpartition("/")[2]
            targets[attributes["Id"]] = (kind, posixpath.normpath(posixpath.join("/xl", attributes["Target"]))[1:])

    _parse(archive, "xl/workbook.xml", sheet)
    _parse(archive, "xl/_rels/workbook.xml.rels", relation)
    visible_first = [targets[key] for _is_hidden, key in sorted(sheets, key=itemgetter(0))]
    worksheet = next((target for kind, target in visible_first if kind == "worksheet"), None)
    if worksheet is None:
        raise BrokenWorkbook
    return worksheet, next((target for kind, target in targets.values() if kind == "sharedStrings"), "")


def _strings(archive: zipfile.ZipFile, name: str) -> list[str]:
    """The texts that cells refer to by number, without phonetic guides."""
    strings: list[str] = []
    text: list[str] = []
    inside = {"t": 0, "rPh": 0}

    def start(name: str, attributes: Mapping[str, str]) -> None:
        if name in inside:
            inside[name] += 1

    def end(name: str) -> None:
        if name in inside:
            inside[name] -= 1
        elif name == "si":
            strings.append("".join(text))
            text.clear()

    def characters(data: str) -> None:
        if inside["t"] and not inside["rPh"]:
            text.append(data)

    _parse(archive, name, start, end, characters)
    return strings


class _Sheet:
    """Collects the rows of a sheet from the parser's events."""

    def __init__(self, strings: list[str]) -> None:
        self._strings = strings
        self._rows: list[tuple[int, Sequence[str]]] = []
        self._number = self._column = 0
        self._cells: dict[int, str] = {}
        self._kind = ""
        self._text: list[str] = []
        self._is_value = self._is_formula = False

    def read(self, archive: zipfile.ZipFile, name: str) -> Iterator[tuple[int, Sequence[str]]]:
        for _chunk in _chunks(archive, name, self._start, self._end, self._characters):
            yield from self._rows
            self._rows.clear()
        yield from self._rows

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "row":
            self._number = int(attributes.get("r", self._number + 1))
            self._column, self._cells = 0, {}
            if self._number > LAST_ROW:
                raise BrokenWorkbook
        elif name == "c":
            place = _REFERENCE.fullmatch(attributes.get("r", ""))
            self._column = _column(place[1]) if place else self._column + 1
            self._kind, self._text, self._is_formula = attributes.get("t", "n"), [], False
        elif name == "f":
            self._is_formula = True
        elif name in ("v", "t"):
            self._is_value = True

    def _end(self, name: str) -> None:
        if name in ("v", "t"):
            self._is_value = False
        elif name == "c" and self._column <= MOST_COLUMNS:
            if self._text:
                self._cells[self._column] = self._value("".join(self._text))
            elif self._is_formula and self._kind == "n":
                self._cells[self._column] = NO_VALUE  # An empty text as a formula's value has another kind.
        elif name == "row" and self._cells:
            last = max(self._cells)
            self._rows.append((self._number, [self._cells.get(column, "") for column in range(1, last + 1)]))
            self._cells = {}

    def _characters(self, data: str) -> None:
        if self._is_value:
            self._text.append(data)

    def _value(self, text: str) -> str:
        if self._kind == "s":
            place = int(text)
            return self._strings[place] if 0 <= place < len(self._strings) else ""
        if self._kind == "n":
            return _number(text)
        return "" if self._kind in ("b", "e") else text


def _number(text: str) -> str:
    """A number as it is stored; one that Excel has rounded gets an exponent: it is not a product ID."""
    if _ROUNDED.fullmatch(text):
        return f"{float(text):.5E}"
    return text.removesuffix(".0")


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _parse(archive: zipfile.ZipFile, name: str, *handlers: Callable[..., None]) -> None:
    for _chunk in _chunks(archive, name, *handlers):
        pass


def _chunks(
    archive: zipfile.ZipFile,
    name: str,
    start: Callable[[str, Mapping[str, str]], None],
    end: Callable[[str], None] | None = None,
    characters: Callable[[str], None] | None = None,
) -> Iterator[None]:
    """Parse one part and yield after each chunk. The handlers get names without namespaces."""
    part = archive.getinfo(name)
    if part.file_size > LARGEST_PART:
        raise TooLargeWorkbook
    elements = 0

    def count_and_start(name: str, attributes: Mapping[str, str]) -> None:
        nonlocal elements
        elements += 1
        if elements > MOST_ELEMENTS:
            raise TooLargeWorkbook
        start(name.rpartition(" ")[2], attributes)

    def refuse(*_doctype: Any) -> None:
        raise BrokenWorkbook

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = refuse  # A workbook has none; entities can be made into bombs.
    parser.StartElementHandler = count_and_start
    if end:
        ended = end
        parser.EndElementHandler = lambda name: ended(name.rpartition(" ")[2])
    parser.CharacterDataHandler = characters
    # Unpacking stops at the size in the archive's directory, whatever the part holds.
    with archive.open(part) as file:
        while chunk := file.read(_CHUNK):
            parser.Parse(chunk)
            yield
        parser.Parse(b"", True)
