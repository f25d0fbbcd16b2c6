"""Units sold, as the provider rounds them: '1.3万+', '4000+', '7.5w~10w', '5', 5."""

import re

from monitor.provider.limits import MAX_UNITS
from monitor.provider.numbers import narrow, whole
from monitor.provider.observation import Sales
from monitor.provider.text import Flags, is_untold

_UNITS = {"": 0, "百": 2, "k": 3, "千": 3, "w": 4, "万": 4, "百万": 6, "千万": 7, "亿": 8}
_AMOUNT = r"([0-9]{1,15})(?:\.([0-9]{1,8}))?(百万|千万|[百千万亿kw]?)"
_SALES = re.compile(
    rf"(?:已售|月销|销量|月售|售出)?:?{_AMOUNT}(?:(\+|以上)|[-~–—至]{_AMOUNT})?(?:件|单|人付款|人已买)?(\+?)",
    re.IGNORECASE,
)
_LONGEST = 40


def sales(value: object, field: str, flags: Flags) -> Sales | None:
    """At least how many were sold, and the width of the range that the provider's rounding leaves open.

    A text that ends in '+' was rounded down: with a unit to the mantissa's last written digit ('1.3万+' to 1,000,
    '10万+' to 10,000), without one to its trailing zeros ('4000+' to 1,000).
    """
    if is_untold(value):
        return None
    if type(value) is str:
        read = _read(value)
    else:
        number = whole(value)
        read = None if number is None else Sales(number, 1)
    if read is None or not 0 <= read.at_least <= MAX_UNITS or read.step > MAX_UNITS:
        flags.append(f"{field}:unreadable")
        return None
    return read


def _read(told: str) -> Sales | None:
    match = _SALES.fullmatch(narrow(told)) if len(told) <= _LONGEST else None
    if match is None:
        return None
    digits, decimals, unit = match[1], match[2], match[3]
    if match[5] is not None:
        return _between(_units(digits, decimals, unit or match[7]), _units(digits, decimals, unit), match)
    low = _units(digits, decimals, unit)
    if low is None:
        return None
    rounded = bool(match[4] or match[8])
    return Sales(low, _step(low, decimals, unit) if rounded else 1)


def _between(low: int | None, low_as_written: int | None, match: re.Match[str]) -> Sales | None:
    """A range: '7.5~10w' gives the unit once, at its end, but '500~1w' has none at its start."""
    high = _units(match[5], match[6], match[7])
    if high is None:
        return None
    if low is None or low > high:
        low = low_as_written
    return None if low is None or low > high else Sales(low, max(high - low, 1))


def _units(digits: str, decimals: str | None, unit: str) -> int | None:
    """The mantissa times its unit when that is whole."""
    power = _UNITS[unit.lower()]
    fraction = (decimals or "").rstrip("0")
    if len(fraction) > power:
        return None
    return int(digits + fraction.ljust(power, "0"))


def _step(amount: int, decimals: str | None, unit: str) -> int:
    if unit:
        return int(10 ** max(_UNITS[unit.lower()] - len(decimals or ""), 0))
    digits = str(amount)
    return int(10 ** (len(digits) - len(digits.rstrip("0")))) if amount else 1
