"""What delivery costs: a template with a column for each group of provinces and a default for everywhere else."""

from collections.abc import Mapping

from monitor.provider.limits import MAX_FEN, MAX_FREIGHT_RULES, MAX_NAME, MAX_PROVINCES
from monitor.provider.numbers import whole
from monitor.provider.observation import FreightRule
from monitor.provider.text import Flags, is_untold, lines


def freight(value: object, flags: Flags) -> tuple[FreightRule, ...] | None:
    """The rules with provinces, in the record's order, and the default last; `None` unless all can be read.

    A rule left out would look like one taken away, so one that cannot be read leaves the whole untold.
    """
    if not isinstance(value, dict):
        if not is_untold(value):
            flags.append("freight:unreadable")
        return None
    columns = value.get("columns") or []
    if not isinstance(columns, list):
        flags.append("freight:unreadable")
        return None
    if len(columns) > MAX_FREIGHT_RULES:
        flags.append("freight:too_many")
        return None
    rules = [_rule(column, flags) for column in columns]
    default = value.get("default")
    if not is_untold(default):
        rules.append(_rule(default, flags, everywhere=True))
    elif not rules and (fixed := _amount(value.get("fixed_amount"))):
        rules.append(FreightRule(first=fixed))
    told = tuple(rule for rule in rules if rule is not None)
    if len(told) < len(rules):
        flags.append("freight:unreadable")
        return None
    return told or None


def _rule(value: object, flags: Flags, *, everywhere: bool = False) -> FreightRule | None:
    if not isinstance(value, dict):
        return None
    provinces = () if everywhere else _provinces(value.get("province_name"), flags)
    # A template counts pieces or weighs them; what it does not use is zero.
    unit = "weight" if not _amount(value.get("first_num")) and _amount(value.get("first_weight")) else "num"
    first, more = _amount(value.get(f"first_{unit}_price")), _amount(value.get(f"add_{unit}_price"))
    if first is None or more is None or not (provinces or everywhere):
        return None
    return FreightRule(
        provinces=provinces,
        first=first,
        more=more,
        free_from=_free_from(value),
        delivers=not value.get("is_limited"),
    )


def _free_from(value: Mapping[str, object]) -> int | None:
    """The order value in fen from which delivery is free, where a number of pieces or a weight does not decide."""
    if not value.get("is_over_free"):
        return None
    if amount := _amount(value.get("over_amount")):
        return amount
    return None if _amount(value.get("over_num")) or _amount(value.get("over_weight")) else 0


def _provinces(value: object, flags: Flags) -> tuple[str, ...]:
    if not isinstance(value, list):
        return ()
    if len(value) > MAX_PROVINCES:
        flags.append("freight:too_many")
        return ()
    return tuple(sorted(set(lines(value, "freight", MAX_NAME, flags))))


def _amount(value: object) -> int | None:
    """Fen or pieces, none where nothing is told; `None` for what is neither."""
    number = value if type(value) is int else 0 if is_untold(value) else whole(value)
    return number if number is not None and 0 <= number <= MAX_FEN else None
