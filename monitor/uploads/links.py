"""Product IDs in what people bring: bare IDs, product links, share texts, the rows of a table. Pure."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate
from urllib.parse import parse_qs, urlsplit

from monitor.uploads.files import LONGEST_ROW, Refusal, UnreadableUpload
from monitor.uploads.workbook import NO_VALUE


class Problem(StrEnum):
    """Why there is no product ID, or why the one that was found is doubted: see `DOUBTS`."""

    NOT_UNDERSTOOD = "not_understood"
    SHORT_LINK = "short_link"
    NO_ID_IN_LINK = "no_id_in_link"
    OTHER_SITE = "other_site"
    TOO_LONG = "too_long"
    ZERO = "zero"
    ROUNDED = "rounded"
    TOO_SHORT = "too_short"
    TRAILING_ZEROS = "trailing_zeros"
    EMPTY = "empty"
    FORMULA = "formula"


#: With these there is an ID all the same, for a person to decide about.
DOUBTS = frozenset({Problem.TOO_SHORT, Problem.TRAILING_ZEROS})


@dataclass(frozen=True, slots=True)
class UploadLine:
    """One thing read: the number of its line or row from 1, its column from 1 (0 where there are none), its text cut to
    `LONGEST_TEXT`, and an ID, a problem or, where the ID is doubtful, both."""

    number: int
    text: str
    num_iid: str | None = None
    problem: Problem | None = None
    column: int = 0

    @property
    def is_doubtful(self) -> bool:
        return self.num_iid is not None and self.problem is not None


@dataclass(frozen=True, slots=True)
class _Found:
    """What one link or number of a text is. `start` is its place in the text."""

    start: int
    text: str
    num_iid: str | None = None
    problem: Problem | None = None

    @property
    def is_good(self) -> bool:
        return self.num_iid is not None and self.problem is not Problem.TOO_SHORT

    @property
    def is_link(self) -> bool:
        return not _NUMBER.fullmatch(self.text)


#: How much of a line is kept, to be shown beside what was made of it.
LONGEST_TEXT = 200
LONGEST_ID = 19
#: Douyin's product IDs have 19 digits today. Fewer than these are rather a price, a phone number or a bar code.
SHORTEST_USUAL_ID = 16
#: Digits that Excel keeps of a number. A longer one that ends in zeros from there on may have lost its last digits.
DIGITS_OF_EXCEL = 15
#: A number beside words is taken for a short ID from this length on; among numbers alone any is.
SHORTEST_BESIDE_WORDS = 10
ID_PARAMETERS = ("id", "product_id", "num_iid", "item_id", "goods_id", "promotion_id")
LINK_HOSTS = ("jinritemai.com", "douyin.com", "iesdouyin.com", "snssdk.com")
SHORT_HOSTS = ("v.douyin.com",)
#: Of several problems in one text the one that says most about it.
TELLING = (
    *(Problem.SHORT_LINK, Problem.ROUNDED, Problem.NO_ID_IN_LINK, Problem.OTHER_SITE, Problem.TOO_LONG),
    Problem.FORMULA,
)

_IN_LINKS = r"[A-Za-z0-9\-._~:/?#@!$&*+=%|{}\[\]\\^`()]"
_LINK = (
    rf"[A-Za-z][A-Za-z0-9+.\-]{{0,20}}://{_IN_LINKS}{{1,4000}}"
    # Browsers on phones copy links without their scheme.
    rf"|(?<![A-Za-z0-9_.@/:-])(?=[A-Za-z0-9.\-]{{1,250}}\.[A-Za-z]{{2,24}}[/?]){_IN_LINKS}{{1,4000}}"
)
_IN_WORDS = r"A-Za-z0-9_.+\-@#%&*/\\$"
_BETWEEN = r"\s,，;；、|:：=\"'“”‘’`?？"
_TOKEN = re.compile(rf"(?P<link>{_LINK})|(?P<word>[{_IN_WORDS}]+)|(?P<other>[^{_BETWEEN}{_IN_WORDS}]+)")
_ONLY_DIGITS = re.compile(r"[0-9]+")
_NUMBER = re.compile(r"[0-9.eE+]+")
_ROUNDED = re.compile(r"[0-9](\.[0-9]+)?[eE]\+?[0-9]+")
_HEADER = re.compile(
    r"(num_iid|((抖音|抖店)?(商品|产品|宝贝|货品)|product|item|goods)?[\s_-]*(ids?|编号|编码|链接|网址|地址|urls?|links?))"
    r"\s*([(（【\[*].*)?"
)
_FULL_WIDTH = {0xFF10 + digit: str(digit) for digit in range(10)}


def read_text(text: str) -> Iterator[UploadLine]:
    """Read pasted text: each line is an ID, a link, a share text, or several IDs and links. Blank lines and a header
    are passed over. Raises UnreadableUpload for a line that is too long."""
    for number, raw in enumerate(text.splitlines(), start=1):
        if len(raw) > LONGEST_ROW:
            raise UnreadableUpload(Refusal.LONG_ROW)
        line = _clean(raw)
        if line and not (number == 1 and id_columns(re.split(r"[\t,;]", line))):
            yield from (_line(number, line, one, several) for one, several in _read(line))


def read_rows(rows: Iterable[tuple[int, Sequence[str]]]) -> Iterator[UploadLine]:
    """Read a table: numbered rows of cells. When the first row names the column of the IDs or links, the others don't
    count; else a row may name a product anywhere. Blank rows are passed over."""
    columns: list[int] = []
    is_first = True
    for number, raw in rows:
        cells = [_clean(cell) for cell in raw]
        if not any(cells):
            continue
        if is_first:
            is_first = False
            columns = id_columns(cells)
            if columns:
                continue
        yield from _read_row(number, cells, columns)


def find_num_iid(text: str) -> tuple[str | None, Problem | None]:
    """The first product ID in `text`, or why there is none; with a doubtful ID come both."""
    found = [one for one, _several in _read(_clean(text))] or [_Found(0, "", problem=Problem.NOT_UNDERSTOOD)]
    first = next((one for one in found if one.num_iid), found[0])
    return first.num_iid, first.problem


def id_columns(cells: Sequence[str]) -> list[int]:
    """Which cells of a first row, from 0, are headings of product IDs or links; IDs come before links."""
    heads = [(place, cell.strip().strip("\"'").lower()) for place, cell in enumerate(cells)]
    named = [(place, head) for place, head in heads if len(head) <= 40 and _HEADER.fullmatch(head)]
    return [place for place, _head in sorted(named, key=lambda one: (_is_link_heading(one[1]), one[0]))]


def _is_link_heading(head: str) -> bool:
    return any(word in head for word in ("链接", "网址", "地址", "url", "link"))


def _read_row(number: int, cells: list[str], columns: list[int]) -> Iterator[UploadLine]:
    if not columns:
        row = "\t".join(cell.replace("\t", " ") for cell in cells)
        ends = list(accumulate(len(cell) + 1 for cell in cells))
        found_in_row = _read(row)
        if NO_VALUE in cells and not any(one.num_iid for one, _several in found_in_row):
            yield UploadLine(number, "", problem=Problem.FORMULA, column=cells.index(NO_VALUE) + 1)
            return
        for one, several in found_in_row:
            column = 0 if one.problem is Problem.NOT_UNDERSTOOD else bisect_right(ends, one.start) + 1
            yield _line(number, row, one, several, column)
        return
    found = [
        (column, cells[column], one, several)
        for column in columns
        if column < len(cells) and cells[column]
        for one, several in _read_cell(cells[column])
    ]
    # The same product by its ID and by its link; an ID that a spreadsheet has rounded, and a link that is whole.
    for is_wanted in (_is_sure, _has_id, _is_telling, _is_anything):
        wanted = [entry for entry in found if is_wanted(entry[2])]
        if wanted:
            for column, cell, one, several in wanted:
                if column == wanted[0][0]:
                    yield _line(number, cell, one, several, column + 1)
            return
    if any(cell != NO_VALUE for cell in filter(None, cells)):  # Formulas alone, drawn far down, are a blank row.
        yield UploadLine(number, "", problem=Problem.EMPTY, column=columns[0] + 1)


def _read_cell(cell: str) -> list[tuple[_Found, bool]]:
    return [(_Found(0, "", problem=Problem.FORMULA), True)] if cell == NO_VALUE else _read(cell)


def _is_sure(one: _Found) -> bool:
    return one.num_iid is not None and one.problem is None


def _has_id(one: _Found) -> bool:
    return one.num_iid is not None


def _is_telling(one: _Found) -> bool:
    return one.problem in TELLING


def _is_anything(one: _Found) -> bool:
    return True


def _line(number: int, whole: str, one: _Found, several: bool, column: int = 0) -> UploadLine:
    text = one.text if several else whole
    return UploadLine(number, text[:LONGEST_TEXT].replace("\t", " "), one.num_iid, one.problem, column)


def _clean(text: str) -> str:
    return text.replace("\0", "").strip().lstrip("\ufeff").strip().translate(_FULL_WIDTH)


def _read(text: str) -> list[tuple[_Found, bool]]:
    """The links and numbers of `text` that count, each with whether it is but one of several things in it.

    Where there is nothing else but links and numbers, all of them were meant. Beside words, or beside numbers too short
    to be IDs (a row's number, a price, a count), only what surely is an ID counts.
    """
    found, is_pure = _tokens(text)
    good = [one for one in found if one.is_good]
    if good and is_pure:
        counting = [one for one in found if one.problem not in (Problem.TOO_SHORT, Problem.ZERO)]
    elif good:
        counting = good
    elif is_pure and found:
        counting = found
    else:
        counting = [_best_guess(text, found)]
    once: dict[str | int, _Found] = {}
    for one in counting:
        once.setdefault(one.num_iid or one.start, one)
    return [(one, is_pure and len(once) > 1) for one in once.values()]


def _best_guess(text: str, found: list[_Found]) -> _Found:
    """Of a text without a sure ID: a number that might be one, the most telling problem, or nothing."""
    guesses = [one for one in found if one.num_iid and (one.is_link or len(one.num_iid) >= SHORTEST_BESIDE_WORDS)]
    if guesses:
        return max(guesses, key=lambda one: len(one.num_iid or ""))
    telling = [one for one in found if one.problem in TELLING]
    return min(
        telling, key=lambda one: TELLING.index(one.problem), default=_Found(0, text, problem=Problem.NOT_UNDERSTOOD)
    )


def _tokens(text: str) -> tuple[list[_Found], bool]:
    """The links and numbers of `text`, and whether there is nothing else in it."""
    found = []
    is_pure = True
    for token in _TOKEN.finditer(text):
        one = _read_token(token)
        if one is not None:
            found.append(one)
        else:
            is_pure = False
    return found, is_pure


def _read_token(token: re.Match[str]) -> _Found | None:
    if token.lastgroup == "link":
        link = token.group().rstrip(".)]}!?")
        return _Found(token.start(), link, *_read_link(link))
    word = token.group().lstrip("#").rstrip(".")
    if _ONLY_DIGITS.fullmatch(word):
        return _Found(token.start(), word, *_read_digits(word))
    if _ROUNDED.fullmatch(word):
        return _Found(token.start(), word, problem=Problem.ROUNDED)
    return None


def _read_digits(digits: str) -> tuple[str | None, Problem | None]:
    if not digits.strip("0"):
        return None, Problem.ZERO
    if len(digits) > LONGEST_ID:
        return None, Problem.TOO_LONG
    if len(digits) < SHORTEST_USUAL_ID:
        return digits, Problem.TOO_SHORT
    if not digits[DIGITS_OF_EXCEL:].strip("0"):
        return digits, Problem.TRAILING_ZEROS
    return digits, None


def _read_link(text: str) -> tuple[str | None, Problem | None]:
    try:
        link = urlsplit(text if "://" in text else f"https://{text}")
        host = link.hostname or ""
        values = {**parse_qs(link.fragment.partition("?")[2]), **parse_qs(link.query)}
    except ValueError:
        return None, Problem.NOT_UNDERSTOOD
    if host in SHORT_HOSTS:
        return None, Problem.SHORT_LINK
    if not any(host == known or host.endswith("." + known) for known in LINK_HOSTS):
        return None, Problem.OTHER_SITE
    for name in ID_PARAMETERS:
        for value in values.get(name, []):
            if _ONLY_DIGITS.fullmatch(value) and len(value) <= LONGEST_ID and value.strip("0"):
                return value, Problem.TOO_SHORT if len(value) < SHORTEST_USUAL_ID else None
    return None, Problem.NO_ID_IN_LINK
