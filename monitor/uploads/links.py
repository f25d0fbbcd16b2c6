"""Finds product IDs in IDs, product links, share texts and the rows of a table. Pure."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import accumulate, chain
from urllib.parse import parse_qs, urlsplit

from monitor.uploads.files import LONGEST_ROW, Refusal, UnreadableUpload
from monitor.uploads.workbook import NO_VALUE


class Problem(StrEnum):
    """Why there is no product ID, or why the ID is doubtful: it may be right, and the user
    decides."""

    NOT_UNDERSTOOD = "not_understood"
    SHORT_LINK = "short_link"
    NO_ID_IN_LINK = "no_id_in_link"
    SHORT_LINK_LATER = "short_link_later"
    OTHER_SITE = "other_site"
    TAOBAO = "taobao"
    TMALL = "tmall"
    JD = "jd"
    PINDUODUO = "pinduoduo"
    KUAISHOU = "kuaishou"
    XIAOHONGSHU = "xiaohongshu"
    ALIBABA_1688 = "alibaba_1688"
    TOO_LONG = "too_long"
    ZERO = "zero"
    ROUNDED = "rounded"
    TOO_SHORT = "too_short"
    TRAILING_ZEROS = "trailing_zeros"
    EMPTY = "empty"
    FORMULA = "formula"


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


@dataclass(frozen=True, slots=True)
class _Token:
    """A link or number. `start` is its position in the text."""

    start: int
    text: str
    num_iid: str | None = None
    problem: Problem | None = None
    code: str = ""

    @property
    def is_good(self) -> bool:
        return self.num_iid is not None and self.problem is not Problem.TOO_SHORT

    @property
    def is_link(self) -> bool:
        return not _NUMBER.fullmatch(self.text)


#: Characters of a line that are kept for the preview.
LONGEST_TEXT = 200
LONGEST_ID = 19
#: The headings of the column with the user's own products, and how many of them one cell may have.
RIVAL_HEADINGS, MOST_OWN = ("rival of", "竞品归属"), 20
#: Douyin's product IDs have 19 digits today. A shorter number is probably a price, a phone number
#: or a bar code.
SHORTEST_USUAL_ID = 16
#: Digits that Excel keeps of a number. A longer number whose further digits are all zeros may have
#: been rounded.
DIGITS_OF_EXCEL = 15
#: A number beside words counts as a short ID from this length on; without words any number does.
SHORTEST_BESIDE_WORDS = 10
ID_PARAMETERS = ("id", "product_id", "num_iid", "item_id", "goods_id", "promotion_id")
LINK_HOSTS = ("jinritemai.com", "douyin.com", "iesdouyin.com", "snssdk.com")
SHORT_HOSTS = ("v.douyin.com",)
#: Shops and short links of platforms whose products cannot be watched.
OTHER_PLATFORMS = {
    "taobao.com": Problem.TAOBAO,
    "tb.cn": Problem.TAOBAO,
    "tmall.com": Problem.TMALL,
    "jd.com": Problem.JD,
    "3.cn": Problem.JD,
    "yangkeduo.com": Problem.PINDUODUO,
    "pinduoduo.com": Problem.PINDUODUO,
    "kuaishou.com": Problem.KUAISHOU,
    "kwaixiaodian.com": Problem.KUAISHOU,
    "xiaohongshu.com": Problem.XIAOHONGSHU,
    "xhslink.com": Problem.XIAOHONGSHU,
    "1688.com": Problem.ALIBABA_1688,
}
#: Problems that explain a text best, the best first.
TELLING = (
    *(Problem.SHORT_LINK, Problem.ROUNDED, Problem.NO_ID_IN_LINK),
    *(
        *dict.fromkeys(OTHER_PLATFORMS.values()),
        Problem.OTHER_SITE,
        Problem.TOO_LONG,
        Problem.FORMULA,
    ),
)

_IN_LINKS = r"[A-Za-z0-9\-._~:/?#@!$&*+=%|{}\[\]\\^`()]"
_LINK = (
    rf"[A-Za-z][A-Za-z0-9+.\-]{{0,20}}://{_IN_LINKS}{{1,4000}}"
    # Browsers on phones copy links without their scheme.
    rf"|(?<![A-Za-z0-9_.@/:-])(?=[A-Za-z0-9.\-]{{1,250}}\.[A-Za-z]{{2,24}}[/?]){_IN_LINKS}{{1,4000}}"
)
_IN_WORDS = r"A-Za-z0-9_.+\-@#%&*/\\$"
_BETWEEN = r"\s,，;；、|:：=\"'“”‘’`?？"
_TOKEN = re.compile(
    rf"(?P<link>{_LINK})|(?P<word>[{_IN_WORDS}]+)|(?P<other>[^{_BETWEEN}{_IN_WORDS}]+)"
)
_ONLY_DIGITS = re.compile(r"[0-9]+")
_NUMBER = re.compile(r"[0-9.eE+]+")
_ROUNDED = re.compile(r"[0-9](\.[0-9]+)?[eE]\+?[0-9]+")
_HEADER = re.compile(
    r"(num_iid|((抖音|抖店)?(商品|产品|宝贝|货品)|product|item|goods)?[\s_-]*(ids?|编号|编码|链接|网址|地址|urls?|links?))"
    r"\s*([(（【\[*].*)?"
)
_LINK_HEADINGS = ("链接", "网址", "地址", "url", "link")
#: Product pages of www.douyin.com. The numbers of its videos are no products.
_IN_PATH = re.compile(r"/product/([0-9]+)/?")
_SHORT_CODE = re.compile(r"/([A-Za-z0-9_-]{4,40})/?")
#: The first words of a share text that has its link on the next line.
_SHARE_WORDS = re.compile("复制.{0,8}打开|打开.{0,4}抖音")
_FULL_WIDTH = {0xFF10 + digit: str(digit) for digit in range(10)}


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
        line = _clean(raw)
        if line and not (number == 1 and id_columns(re.split(r"[\t,;]", line))):
            tokens = _read(line)
            if tokens[0].problem is not Problem.NOT_UNDERSTOOD or not _SHARE_WORDS.search(line):
                yield from (_line(number, token) for token in tokens)


def read_rows(rows: Iterable[tuple[int, Sequence[str]]]) -> Iterator[UploadLine]:
    """Read a table: numbered rows of cells. If the first row has headings of IDs or links, only
    these columns count; otherwise any cell may hold an ID. Blank rows are skipped."""
    cleaned = ((number, [_clean(cell) for cell in cells]) for number, cells in rows)
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


def find_num_iid(text: str) -> tuple[str | None, Problem | None]:
    """Return the first product ID in `text`, or why there is none; both for a doubtful ID."""
    tokens = _read(_clean(text))
    first = next((token for token in tokens if token.num_iid), tokens[0])
    return first.num_iid, first.problem


def id_columns(cells: Sequence[str]) -> list[int]:
    """Return which cells of a first row, from 0, are headings of product IDs or links, IDs before
    links."""
    heads = [cell.strip().strip("\"'").lower() for cell in cells]
    columns = [
        column for column, head in enumerate(heads) if len(head) <= 40 and _HEADER.fullmatch(head)
    ]
    return sorted(columns, key=lambda column: any(word in heads[column] for word in _LINK_HEADINGS))


def rival_column(cells: Sequence[str]) -> int | None:
    """Return which cell of a first row with headings is that of the own products, from 0."""
    heads = [_clean(cell).strip("\"'").lower() for cell in cells]
    found = [column for column, head in enumerate(heads) if head in RIVAL_HEADINGS]
    return found[0] if found and id_columns(cells) else None


def _read_rival_of(cell: str) -> str:
    """Return the IDs in a cell with IDs or links, or what was not understood."""
    ids = [token.num_iid for token in _read(cell)] if cell else []
    return " ".join(num_iid or cell[:LONGEST_ID] for num_iid in ids[:MOST_OWN])


def _read_whole_row(number: int, cells: list[str]) -> Iterator[UploadLine]:
    """Read a row of a table without headings."""
    row = "\t".join(cell.replace("\t", " ") for cell in cells)
    ends = list(accumulate(len(cell) + 1 for cell in cells))
    tokens = _read(row)
    if NO_VALUE in cells and not any(token.num_iid for token in tokens):
        yield UploadLine(number, "", problem=Problem.FORMULA, column=cells.index(NO_VALUE) + 1)
        return
    for token in tokens:
        is_whole_row = token.problem is Problem.NOT_UNDERSTOOD
        yield _line(number, token, 0 if is_whole_row else bisect_right(ends, token.start) + 1)


def read_ids(number: int, cells: Sequence[str], columns: list[int]) -> Iterator[UploadLine]:
    """Read the product IDs of a row: as in `read_rows`."""
    return _read_columns(number, [_clean(cell) for cell in cells], columns)


def _read_columns(number: int, cells: list[str], columns: list[int]) -> Iterator[UploadLine]:
    """Read the cells of the ID columns. A row may have a product's ID and its link, and a
    spreadsheet may have rounded the ID: only the first column with the best tokens counts."""
    tokens = [
        (_rank(token), place, token)
        for place, column in enumerate(columns)
        if column < len(cells) and cells[column]
        for token in _read_cell(cells[column])
    ]
    if tokens:
        best = min((rank, place) for rank, place, _token in tokens)
        for rank, place, token in tokens:
            if (rank, place) == best:
                yield _line(number, token, columns[place] + 1)
    elif any(
        cell != NO_VALUE for cell in filter(None, cells)
    ):  # A row of formulas without values is blank.
        yield UploadLine(number, "", problem=Problem.EMPTY, column=columns[0] + 1)


def _read_cell(cell: str) -> list[_Token]:
    return [_Token(0, "", problem=Problem.FORMULA)] if cell == NO_VALUE else _read(cell)


def _rank(token: _Token) -> int:
    """Return 0 for a certain ID, 1 for a doubtful one, 2 for a problem of `TELLING`, 3 for another
    one."""
    if token.num_iid is not None:
        return 0 if token.problem is None else 1
    return 2 if token.problem in TELLING else 3


def _line(number: int, token: _Token, column: int = 0) -> UploadLine:
    text = token.text[:LONGEST_TEXT].replace("\t", " ")
    return UploadLine(number, text, token.num_iid, token.problem, column, token.code)


def _clean(text: str) -> str:
    return text.replace("\0", "").strip().lstrip("\ufeff").strip().translate(_FULL_WIDTH)


def _read(text: str) -> list[_Token]:
    """Return the links and numbers of `text` that count, at least one.

    In a list of several each has its own text; otherwise each has the whole text. Without a certain
    ID, short links count as certain ones.

    If `text` has only links and numbers, all of them count. Beside words, or beside numbers too
    short for an ID (a row number, a price, a count), only certain IDs count."""
    read = [_read_token(match) for match in _TOKEN.finditer(text)]
    tokens, is_pure = [token for token in read if token], None not in read
    good = [token for token in tokens if token.is_good] or [token for token in tokens if token.code]
    if good and is_pure:
        counting = [
            token for token in tokens if token.problem not in (Problem.TOO_SHORT, Problem.ZERO)
        ]
    elif good:
        counting = good
    elif is_pure and tokens:
        counting = tokens
    else:
        counting = [_best_guess(text, tokens)]
    unique: dict[str | int, _Token] = {}
    for token in counting:
        unique.setdefault(token.num_iid or token.code or token.start, token)
    is_list = is_pure and len(unique) > 1
    return [token if is_list else replace(token, text=text) for token in unique.values()]


def _best_guess(text: str, tokens: list[_Token]) -> _Token:
    """Choose from a text without a certain ID: the longest number that may be one, else the first
    of `TELLING`."""
    guesses = [
        token
        for token in tokens
        if len(token.num_iid or "") >= (1 if token.is_link else SHORTEST_BESIDE_WORDS)
    ]
    if guesses:
        return max(guesses, key=lambda token: len(token.num_iid or ""))
    telling = [token for token in tokens if token.problem in TELLING]
    nothing = _Token(0, text, problem=Problem.NOT_UNDERSTOOD)
    return min(telling, key=lambda token: TELLING.index(token.problem), default=nothing)


def _read_token(match: re.Match[str]) -> _Token | None:
    """Return a link or number; None for a word."""
    if match.lastgroup == "link":
        link = match.group().rstrip(".)]}!?")
        return _Token(match.start(), link, *find_in_link(link), code=_code_of(link))
    word = match.group().lstrip("#").rstrip(".")
    if _ONLY_DIGITS.fullmatch(word):
        return _Token(match.start(), word, *_read_digits(word))
    return (
        _Token(match.start(), word, problem=Problem.ROUNDED) if _ROUNDED.fullmatch(word) else None
    )


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


def is_listed(host: str) -> bool:
    """Return whether a host belongs to Douyin and its shops."""
    return _domain_of(host, LINK_HOSTS) is not None


def _domain_of(host: str, domains: Iterable[str]) -> str | None:
    return next((known for known in domains if host == known or host.endswith("." + known)), None)


def _code_of(link: str) -> str:
    """Return the code of a short link, or ''."""
    host, slash, path = (
        link.partition("://")[2].partition("/") if "://" in link else link.partition("/")
    )
    code = _SHORT_CODE.match(slash + path)
    return code[1] if code and host.lower() in SHORT_HOSTS else ""


def find_in_link(text: str) -> tuple[str | None, Problem | None]:
    """Return the product ID in one link, or why there is none; both for a doubtful ID."""
    try:
        link = urlsplit(text if "://" in text else f"https://{text}")
        host = link.hostname or ""
        values = {**parse_qs(link.fragment.partition("?")[2]), **parse_qs(link.query)}
    except ValueError:
        return None, Problem.NOT_UNDERSTOOD
    if host in SHORT_HOSTS:
        return None, Problem.SHORT_LINK
    if not is_listed(host):
        return None, OTHER_PLATFORMS.get(
            _domain_of(host, OTHER_PLATFORMS) or "", Problem.OTHER_SITE
        )
    for name in ID_PARAMETERS:
        for value in values.get(name, []):
            if _ONLY_DIGITS.fullmatch(value) and len(value) <= LONGEST_ID and value.strip("0"):
                return value, Problem.TOO_SHORT if len(value) < SHORTEST_USUAL_ID else None
    if in_path := _IN_PATH.fullmatch(link.path):
        return _read_digits(in_path[1])
    return None, Problem.NO_ID_IN_LINK
