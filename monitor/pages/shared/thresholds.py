"""Reads a rule's threshold as people write it: '¥1,299', '10%', '７２元', '6 小时'."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from monitor.judging.rules.kinds import Unit
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


def read_threshold(text: str, unit: Unit) -> int | None:
    """Return the threshold as a `Condition` has it; None for an empty text. Raises
    `ValidationError`."""
    number = _without_marks(text, unit)
    if not number:
        return None
    match = _NUMBER.fullmatch(number)
    if match is None:
        raise ValidationError(_("Enter a number."))
    digits = len((match[1] or "").rstrip("0"))
    if not unit.is_hundredths and digits:
        raise ValidationError(_("Enter a whole number."))
    if digits > 2:
        raise ValidationError(_("At most two digits after the point."))
    return int(Decimal(number) * (100 if unit.is_hundredths else 1))


def _without_marks(text: str, unit: Unit) -> str:
    number = "".join(unicodedata.normalize("NFKC", text).lower().replace(",", "").split())
    for other, marks in _MARKS.items():
        for mark in marks:
            if mark not in number:
                continue
            if other is not unit:
                words = {"mark": mark, "unit": UNIT_WORDS[unit]}
                raise ValidationError(
                    _("“%(mark)s” does not fit here: this kind of rule counts in %(unit)s.") % words
                )
            number = number.replace(mark, "")
    return number


def written_threshold(threshold: int | None, unit: Unit) -> str:
    """Return the inverse of `read_threshold`."""
    if threshold is None:
        return ""
    if not unit.is_hundredths:
        return str(threshold)
    whole, hundredths = divmod(threshold, 100)
    return f"{whole}.{hundredths:02d}".removesuffix(".00")
