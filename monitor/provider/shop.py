"""Reads the seller of a product's record: names, logo, credit scores."""

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from monitor.provider.limits import MAX_NAME, MAX_SHOP_ID
from monitor.provider.numbers import narrow, whole
from monitor.provider.observation import Gap, Scores, ShopObservation
from monitor.provider.text import Flags, identifier, image_url, is_untold, line, of_type

#: Our name of a score, and the provider's.
_DIMENSIONS = (("product", "product"), ("logistics", "logistics"), ("service", "shop"))
_SCORE = re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)", re.ASCII)
_LONGEST_SCORE = 12
_OLD_SCALE, _NEW_SCALE = 5, 100


def raw_shop(item: Mapping[str, object], flags: Flags) -> ShopObservation | None:
    """Read the shop of a raw app record."""
    shop_id = identifier(item.get("shop_id"), "shop_id", MAX_SHOP_ID, flags)
    if shop_id is None:
        return None
    return ShopObservation(
        shop_id=shop_id,
        name=line(item.get("shop_name"), "shop_name", MAX_NAME, flags),
        company_name=line(item.get("company_name"), "company_name", MAX_NAME, flags),
        logo=image_url(item.get("shop_logo"), "shop_logo", flags),
        scores=scores(item, flags),
    )


def normalised_shop(item: Mapping[str, object], flags: Flags) -> ShopObservation | None:
    """Read the shop of a normalised record, with the numeric identifier that those use."""
    info = item.get("seller_info")
    seller = info if isinstance(info, dict) else {}
    shop_id = identifier(
        item.get("shop_id") or seller.get("shop_id"), "shop_id", MAX_SHOP_ID, flags
    )
    if shop_id is None:
        return None
    name = seller.get("shop_name") or seller.get("title") or item.get("nick")
    return ShopObservation(shop_id=shop_id, name=line(name, "shop_name", MAX_NAME, flags))


def scores(item: Mapping[str, object], flags: Flags) -> Scores | None:
    """Read the shop's credit scores in hundredths. Zeros mean 'not told'.

    `dsrInfo` holds the same scores, but is empty in most records. The platform moved from a scale
    of 5 to one of 100 in 2023: a score above 5 shows the scale."""
    credit = item.get("credit_score")
    record = (
        of_type(item.get("dsrInfo") if is_untold(credit) else credit, dict, "scores", flags) or {}
    )
    values: dict[str, Any] = {
        ours: _hundredths(record.get(theirs), f"{ours}_score", flags)
        for ours, theirs in _DIMENSIONS
    }
    if not any(values.values()):
        return None
    gaps = {
        # A gap without its score is the record's default.
        f"{ours}_gap": _gap(record.get(f"gap_{theirs}"), f"{ours}_gap", flags)
        if values[ours]
        else None
        for ours, theirs in _DIMENSIONS
    }
    is_new = any(score > _OLD_SCALE * 100 for score in values.values() if score)
    return Scores(scale=_NEW_SCALE if is_new else _OLD_SCALE, **values, **gaps)


def _hundredths(value: object, field: str, flags: Flags) -> int | None:
    """Read a score in hundredths; `None` for zero, the default of records without scores."""
    if is_untold(value):
        return None
    text = (
        repr(value) if type(value) in {int, float} else narrow(value) if type(value) is str else ""
    )
    if len(text) > _LONGEST_SCORE or not _SCORE.fullmatch(text):
        flags.append(f"{field}:unreadable")
        return None
    number = Decimal(text)
    if not 0 <= number <= _NEW_SCALE:
        flags.append(f"{field}:out_of_range")
        return None
    return int((number * 100).quantize(Decimal(1), ROUND_HALF_EVEN)) or None


def _gap(value: object, field: str, flags: Flags) -> Gap | None:
    number = whole(value)
    if number is not None and 0 <= number <= Gap.BELOW:
        return Gap(number)
    if not is_untold(value):
        flags.append(f"{field}:unknown")
    return None
