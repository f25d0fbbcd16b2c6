"""Tolerant readers of numbers and times. A value that cannot be right becomes `None` with a flag;
nothing is guessed.

A number that JSON cannot hold exactly (NaN, 1e999, 5,000 digits) arrives here as NaN and is
rejected."""

import re
import unicodedata
from datetime import UTC, datetime

from monitor.provider.limits import MAX_FEN, MAX_UNITS
from monitor.provider.text import Flags, is_untold

_WHOLE = re.compile(r"[+-]?[0-9]{1,19}")
_LONGEST_NUMBER = 64
LATEST_SECONDS = int(datetime(2200, 1, 1, tzinfo=UTC).timestamp())
# Above this a float is not exact.
_EXACT_FLOATS = 2**53
_YUAN = re.compile(r"(-?)(?:¥|CNY|RMB)?([0-9]{1,12})(?:\.([0-9]{1,12}))?元?", re.IGNORECASE)
_RANGE = re.compile(r"(?<=[0-9元])[-~–—至](?=[¥0-9])")
_THOUSANDS = re.compile(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))")


def whole(value: object) -> int | None:
    """Read a whole number from an int, an exact float or digits; `None` for anything else, even
    `True`."""
    if type(value) is int:
        return value
    if type(value) is str and len(value) <= _LONGEST_NUMBER:
        digits = value.strip()
        return int(digits) if _WHOLE.fullmatch(digits) else None
    if type(value) is float and value.is_integer() and abs(value) <= _EXACT_FLOATS:
        return int(value)
    return None


def fen(value: object, field: str, flags: Flags) -> int | None:
    """Read a price told in fen."""
    return None if is_untold(value) else _plausible_price(whole(value), field, flags)


def _plausible_price(number: int | None, field: str, flags: Flags) -> int | None:
    """Return `number` in fen when it can be a price; else `None` with a flag that says why."""
    if number is not None and 0 < number <= MAX_FEN:
        return number
    why = "unreadable" if number is None else "not_positive" if number <= 0 else "too_large"
    flags.append(f"{field}:{why}")
    return None


def yuan_range(value: object, field: str, flags: Flags) -> tuple[int, int] | None:
    """Read a price told in yuan (72, 59.9, '580.00', '4.35-4.68') as its lowest and highest amount
    in fen."""
    if is_untold(value):
        return None
    amounts = [_fen_of_yuan(part) for part in _yuan_texts(value)]
    if not 1 <= len(amounts) <= 2:
        amounts = [None]
    prices = [_plausible_price(amount, field, flags) for amount in amounts]
    low, high = prices[0], prices[-1]
    if low is None or high is None:
        return None
    if low > high:
        flags.append(f"{field}:min_above_max")
        return None
    return low, high


def yuan(value: object, field: str, flags: Flags) -> int | None:
    """Read a price told in yuan as fen; of a range, the lowest."""
    amounts = yuan_range(value, field, flags)
    return None if amounts is None else amounts[0]


def count(value: object, field: str, flags: Flags) -> int | None:
    """Read a number of things, zero or more."""
    if is_untold(value):
        return None
    number = whole(value)
    if number is None or not 0 <= number <= MAX_UNITS:
        if number is None:
            flags.append(f"{field}:unreadable")
        else:
            flags.append(f"{field}:{'negative' if number < 0 else 'too_large'}")
        return None
    return number


def small(value: object, field: str, flags: Flags) -> int | None:
    """Read one of the provider's codes, such as a status: a whole number of at most 32 bits."""
    if is_untold(value):
        return None
    number = whole(value)
    if number is None or abs(number) >= 2**31:
        flags.append(f"{field}:unreadable")
        return None
    return number


def moment(value: object, field: str, flags: Flags) -> datetime | None:
    """Read a time told in Unix seconds; 0 means none."""
    if value is None or value == "":
        return None
    seconds = whole(value)
    if seconds is None or not 0 <= seconds < LATEST_SECONDS:
        flags.append(f"{field}:unreadable")
        return None
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def narrow(text: str) -> str:
    """Turn full-width digits and signs into ASCII and drop blanks and thousands separators."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return _THOUSANDS.sub("", "".join(text.split()))


def _yuan_texts(value: object) -> list[str]:
    if type(value) is str and len(value) <= _LONGEST_NUMBER:
        return _RANGE.split(narrow(value))
    # repr is the shortest text for a float, so 59.9 stays 59.9 and no float is ever multiplied.
    return [repr(value)] if type(value) in {int, float} else []


def _fen_of_yuan(text: str) -> int | None:
    match = _YUAN.fullmatch(text)
    if match is None:
        return None
    decimals = (match[3] or "").rstrip("0")
    if len(decimals) > 2:
        return None
    amount = int(match[2]) * 100 + int(decimals.ljust(2, "0"))
    return -amount if match[1] else amount
