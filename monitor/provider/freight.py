"""Reads the freight template: a column for each group of provinces and a default for everywhere
else."""

from collections.abc import Mapping

from monitor.provider.limits import MAX_FEN, MAX_FREIGHT_RULES, MAX_NAME, MAX_PROVINCES
from monitor.provider.numbers import whole
from monitor.provider.observation import FreightRule
from monitor.provider.text import Flags, is_untold, lines, of_type


def freight(value: object, flags: Flags) -> tuple[FreightRule, ...] | None:
    """Return the rules with provinces, in the record's order, then the default; `None` unless all
    are readable.

    Without an unreadable rule the freight would look changed, so one bad rule makes all of it 'not
    told'."""
    template = of_type(value, dict, "freight", flags)
    columns = (
        None if template is None else of_type(template.get("columns") or [], list, "freight", flags)
    )
    if template is None or columns is None:
        return None
    if len(columns) > MAX_FREIGHT_RULES:
        flags.append("freight:too_many")
        return None
    rules = [_rule(column, flags) for column in columns]
    default = template.get("default")
    if not is_untold(default):
        rules.append(_rule(default, flags, everywhere=True))
    elif not rules and (fixed := _amount(template.get("fixed_amount"))):
        rules.append(FreightRule(first=fixed))
    readable = tuple(rule for rule in rules if rule is not None)
    if len(readable) < len(rules):
        flags.append("freight:unreadable")
        return None
    return readable or None


def _rule(value: object, flags: Flags, *, everywhere: bool = False) -> FreightRule | None:
    if not isinstance(value, dict):
        return None
    provinces = () if everywhere else _provinces(value.get("province_name"), flags)
    # A template charges by piece or by weight; the unit it does not use is zero.
    unit = (
        "weight"
        if not _amount(value.get("first_num")) and _amount(value.get("first_weight"))
        else "num"
    )
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
    """Return the order value in fen from which delivery is free; `None` when pieces or weight
    decide that."""
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
    """Read fen or pieces, 0 when empty; `None` for anything else."""
    number = 0 if is_untold(value) else whole(value)
    return number if number is not None and 0 <= number <= MAX_FEN else None
