"""Finds product IDs in IDs, product links and share texts. Pure."""

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from urllib.parse import parse_qs, urlsplit


class Problem(StrEnum):
    """Why there is no product ID, or why the ID is doubtful: it may be right, and the user
    decides."""

    NOT_UNDERSTOOD = "not_understood"
    SHORT_LINK = "short_link"
    NO_ID_IN_LINK = "no_id_in_link"
    SHORT_LINK_LATER = "short_link_later"
    OTHER_SITE = "other_site"
    TOO_LONG = "too_long"
    ZERO = "zero"
    ROUNDED = "rounded"
    TOO_SHORT = "too_short"
    TRAILING_ZEROS = "trailing_zeros"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Token:
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


LONGEST_ID = 19
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
#: Problems that explain a text best, the best first.
TELLING = (
    Problem.SHORT_LINK,
    Problem.ROUNDED,
    Problem.NO_ID_IN_LINK,
    Problem.OTHER_SITE,
    Problem.TOO_LONG,
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
#: Product pages of www.douyin.com. The numbers of its videos are no products.
_IN_PATH = re.compile(r"/product/([0-9]+)/?")
_SHORT_CODE = re.compile(r"/([A-Za-z0-9_-]{4,40})/?")
_FULL_WIDTH = {0xFF10 + digit: str(digit) for digit in range(10)}


def find_num_iid(text: str) -> tuple[str | None, Problem | None]:
    """Return the first product ID in `text`, or why there is none; both for a doubtful ID."""
    tokens = read_tokens(clean(text))
    first = next((token for token in tokens if token.num_iid), tokens[0])
    return first.num_iid, first.problem


def clean(text: str) -> str:
    return text.replace("\0", "").strip().lstrip("\ufeff").strip().translate(_FULL_WIDTH)


def read_tokens(text: str) -> list[Token]:
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
    unique: dict[str | int, Token] = {}
    for token in counting:
        unique.setdefault(token.num_iid or token.code or token.start, token)
    is_list = is_pure and len(unique) > 1
    return [token if is_list else replace(token, text=text) for token in unique.values()]


def _best_guess(text: str, tokens: list[Token]) -> Token:
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
    nothing = Token(0, text, problem=Problem.NOT_UNDERSTOOD)
    return min(telling, key=lambda token: TELLING.index(token.problem), default=nothing)


def _read_token(match: re.Match[str]) -> Token | None:
    """Return a link or number; None for a word."""
    if match.lastgroup == "link":
        link = match.group().rstrip(".)]}!?")
        return Token(match.start(), link, *find_in_link(link), code=_code_of(link))
    word = match.group().lstrip("#").rstrip(".")
    if _ONLY_DIGITS.fullmatch(word):
        return Token(match.start(), word, *_read_digits(word))
    return Token(match.start(), word, problem=Problem.ROUNDED) if _ROUNDED.fullmatch(word) else None


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
    return any(host == known or host.endswith("." + known) for known in LINK_HOSTS)


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
        return None, Problem.OTHER_SITE
    for name in ID_PARAMETERS:
        for value in values.get(name, []):
            if _ONLY_DIGITS.fullmatch(value) and len(value) <= LONGEST_ID and value.strip("0"):
                return value, Problem.TOO_SHORT if len(value) < SHORTEST_USUAL_ID else None
    if in_path := _IN_PATH.fullmatch(link.path):
        return _read_digits(in_path[1])
    return None, Problem.NO_ID_IN_LINK
