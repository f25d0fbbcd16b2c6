"""Reads units sold, which the provider rounds: '1.3万+', '4000+', '7.5w~10w', '5', 5."""

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
    """Read how many were sold at least, and the width of the range that the rounding leaves open.

    A text that ends in '+' was rounded down. With a unit the step is the mantissa's last digit
    ('1.3万+': 1,000, '10万+': 10,000), without one its trailing zeros ('4000+': 1,000)."""
    if is_untold(value):
        return None
    if type(value) is str:
        result = _from_text(value)
    else:
        number = whole(value)
        result = None if number is None else Sales(number, 1)
    if result is None or not 0 <= result.at_least <= MAX_UNITS or result.step > MAX_UNITS:
        flags.append(f"{field}:unreadable")
        return None
    return result


def _from_text(text: str) -> Sales | None:
    match = _SALES.fullmatch(narrow(text)) if len(text) <= _LONGEST else None
    if match is None:
        return None
    digits, decimals, unit = match[1], match[2], match[3]
    low = _units(digits, decimals, unit)
    if match[5] is None:
        is_rounded = match[4] or match[8]
        return None if low is None else Sales(low, _step(low, decimals, unit) if is_rounded else 1)
    high = _units(match[5], match[6], match[7])
    # '7.5~10w' has its unit only at the end; '500~1w' means 500, not 5,000,000.
    with_unit = _units(digits, decimals, unit or match[7])
    if high is None:
        return None
    lows = [amount for amount in (with_unit, low) if amount is not None and amount <= high]
    return Sales(lows[0], max(high - lows[0], 1)) if lows else None


def _units(digits: str, decimals: str | None, unit: str) -> int | None:
    """Return the mantissa times its unit, if that is whole."""
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
