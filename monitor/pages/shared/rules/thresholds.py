"""Reads a rule's threshold and days as people write them: '¥1,299', '10%', '７２元', '6 小时'."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from monitor.pages.shared.fields import MOST_YUAN
from monitor.rules.conditions import MOST_DAYS
from monitor.rules.kinds import Unit
from monitor.text.rule_words import UNIT_WORDS

_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(?:\.([0-9]*))?", re.ASCII)
#: How people write units around a number; the longer ones first.
_MARKS: Mapping[Unit, Sequence[str]] = {
    Unit.HOURS: ("小时", "hours", "hour"),
    Unit.PERCENT: ("percent", "%"),
    Unit.FEN: ("yuan", "rmb", "¥", "元"),
    Unit.SCORE: ("points", "point", "分"),
    Unit.COUNT: ("units", "unit", "件"),
}
#: Larger than any real value.
_MOST = {
    Unit.PERCENT: Decimal(100_000),
    Unit.FEN: MOST_YUAN,
    Unit.SCORE: Decimal(10_000),
    Unit.COUNT: Decimal(1_000_000_000) - 1,
    Unit.HOURS: Decimal(24 * 30),
}


def read_threshold(text: str, unit: Unit) -> int | None:
    """The threshold as a `Condition` has it; None for an empty text. Raises `ValidationError`."""
    number = _without_marks(text, unit)
    if not number:
        return None
    match = _NUMBER.fullmatch(number)
    if match is None:
        raise ValidationError(_("Enter a number."))
    value, digits = Decimal(number), len((match[1] or "").rstrip("0"))
    if value <= 0:
        raise ValidationError(_("This kind of rule needs a threshold above zero."))
    if not unit.is_hundredths and digits:
        raise ValidationError(_("Enter a whole number."))
    if digits > 2:
        raise ValidationError(_("At most two digits after the point."))
    if value > _MOST[unit]:
        raise ValidationError(_("This number is too large: at most %(most)s.") % {"most": f"{_MOST[unit]:,f}"})
    return int(value * 100 if unit.is_hundredths else value)


def _without_marks(text: str, unit: Unit) -> str:
    number = "".join(unicodedata.normalize("NFKC", text).lower().replace(",", "").split())
    for other, marks in _MARKS.items():
        for mark in marks:
            if mark not in number:
                continue
            if other is not unit:
                words = {"mark": mark, "unit": UNIT_WORDS[unit]}
                raise ValidationError(_("“%(mark)s” does not fit here: this kind of rule counts in %(unit)s.") % words)
            number = number.replace(mark, "")
    return number


def written_threshold(threshold: int | None, unit: Unit) -> str:
    """The inverse of `read_threshold`."""
    if threshold is None:
        return ""
    if not unit.is_hundredths:
        return str(threshold)
    whole, hundredths = divmod(threshold, 100)
    return f"{whole}.{hundredths:02d}".removesuffix(".00")


def read_days(text: str, *, may_be_ever: bool) -> int | None:
    """A number of days; None for an empty text if it `may_be_ever`. Raises `ValidationError`."""
    number = "".join(unicodedata.normalize("NFKC", text).lower().split())
    number = number.removesuffix("天").removesuffix("days").removesuffix("day")
    if not number and may_be_ever:
        return None
    if re.fullmatch("[0-9]{1,5}", number, re.ASCII) and 1 <= int(number) <= MOST_DAYS:
        return int(number)
    if may_be_ever:
        raise ValidationError(_("Enter 1 to 365 days, or leave it empty for all time."))
    raise ValidationError(_("This kind of rule needs a number of days from 1 to 365."))
