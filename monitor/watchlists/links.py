"""Product IDs in what people paste: bare IDs, product links, share texts, lines of a CSV file. Pure."""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import parse_qs, urlsplit


class Problem(StrEnum):
    """Why no product ID was found in a line."""

    SHORT_LINK = "short_link"
    TOO_LONG = "too_long"
    NOT_UNDERSTOOD = "not_understood"
    ROUNDED = "rounded"


@dataclass(frozen=True, slots=True)
class Line:
    """One line that was not blank: its number from 1, its text cut to 200 characters, and an ID or a problem."""

    number: int
    text: str
    num_iid: str | None = None
    problem: Problem | None = None


#: No product link or share text is longer; the rest of such a line is not looked at.
LONGEST_LINE = 4000
ID_PARAMETERS = ("id", "product_id", "num_iid", "item_id", "goods_id", "promotion_id")
LINK_HOSTS = ("jinritemai.com", "douyin.com", "iesdouyin.com")
SHORT_HOSTS = ("v.douyin.com",)
HEADERS = frozenset(
    {"num_iid", "id", "product_id", "product id", "商品id", "商品编号", "编号", "链接", "商品链接", "url", "link"}
)

_URL = re.compile(r"https?://[^\s,，;；<>\"'“”]+", re.IGNORECASE)
_ONLY_DIGITS = re.compile(r"[0-9]+")
_ROUNDED = re.compile(r"[0-9](\.[0-9]+)?[eE]\+?[0-9]+")
_FULL_WIDTH = {0xFF10 + digit: str(digit) for digit in range(10)}


def read_lines(lines: Iterable[str]) -> Iterator[Line]:
    """Read each line as an ID, a link, a share text or a CSV row; blank lines and a CSV's header are passed over."""
    for number, raw in enumerate(lines, start=1):
        text = raw.replace("\0", "").strip().lstrip("\ufeff").strip()
        if not text or (number == 1 and _is_header(text)):
            continue
        num_iid, problem = find_num_iid(text[:LONGEST_LINE])
        yield Line(number, text[:200], num_iid, problem)


def find_num_iid(text: str) -> tuple[str | None, Problem | None]:
    """The product ID in `text`, or why there is none.

    Of several links the first counts; of several numbers the longest, since a row's number, a price or a count is
    shorter than an ID.
    """
    problem = Problem.NOT_UNDERSTOOD
    for candidate in _candidates(text.translate(_FULL_WIDTH)):
        num_iid, found = _read(candidate)
        if num_iid:
            return num_iid, None
        if found:
            problem = found
    return None, problem


def _is_header(text: str) -> bool:
    return any(cell.strip().lower() in HEADERS for cell in _cells(text))


def _cells(text: str) -> list[str]:
    separator = next((mark for mark in ("\t", ";") if mark in text), ",")
    try:
        return next(csv.reader([text], delimiter=separator), [])
    except csv.Error:
        return [text]


def _candidates(text: str) -> Iterator[str]:
    yield text
    yield from _URL.findall(text)
    yield from sorted((cell.strip().strip("'\"=") for cell in _cells(text)), key=len, reverse=True)


def _read(text: str) -> tuple[str | None, Problem | None]:
    if _ONLY_DIGITS.fullmatch(text):
        return (text, None) if len(text) <= 19 and text.strip("0") else (None, Problem.TOO_LONG)
    if _ROUNDED.fullmatch(text):
        return None, Problem.ROUNDED
    if _URL.fullmatch(text):
        return _read_link(text)
    return None, None


def _read_link(text: str) -> tuple[str | None, Problem | None]:
    try:
        link = urlsplit(text)
        host = link.hostname or ""
    except ValueError:
        return None, None
    if host in SHORT_HOSTS:
        return None, Problem.SHORT_LINK
    if not any(host == known or host.endswith("." + known) for known in LINK_HOSTS):
        return None, None
    values = {**parse_qs(link.fragment.partition("?")[2]), **parse_qs(link.query)}
    for name in ID_PARAMETERS:
        for value in values.get(name, []):
            if _ONLY_DIGITS.fullmatch(value) and len(value) <= 19:
                return value, None
    return None, None
