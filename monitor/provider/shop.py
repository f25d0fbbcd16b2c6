"""The seller in a product's record: names, logo, credit scores."""

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal

from monitor.provider.limits import MAX_NAME, MAX_SHOP_ID
from monitor.provider.numbers import narrow, whole
from monitor.provider.observation import Gap, Scores, ShopObservation
from monitor.provider.text import Flags, identifier, image_url, is_untold, line

#: What we call a score, and what the provider calls it.
_DIMENSIONS = (("product", "product"), ("logistics", "logistics"), ("service", "shop"))
_LONGEST_SCORE = 12
_OLD_SCALE, _NEW_SCALE = 5, 100


def raw_shop(item: Mapping[str, object], flags: Flags) -> ShopObservation | None:
    """The shop of a raw app record."""
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
    """The shop of a normalised record, under the numeric identifier that those use."""
    told = item.get("seller_info")
    seller = told if isinstance(told, dict) else {}
    shop_id = identifier(item.get("shop_id") or seller.get("shop_id"), "shop_id", MAX_SHOP_ID, flags)
    if shop_id is None:
        return None
    name = seller.get("shop_name") or seller.get("title") or item.get("nick")
    return ShopObservation(shop_id=shop_id, name=line(name, "shop_name", MAX_NAME, flags))


def scores(item: Mapping[str, object], flags: Flags) -> Scores | None:
    """The shop's credit scores in hundredths; `dsrInfo` is their twin, dead in most records, and zeros tell nothing.

    The platform went from a scale of 5 to one of 100 in 2023: one score above 5 says which it is.
    """
    told = item.get("credit_score")
    if is_untold(told):
        told = item.get("dsrInfo")
    if not isinstance(told, dict):
        if not is_untold(told):
            flags.append("scores:unreadable")
        return None
    read = {ours: _hundredths(told.get(theirs), f"{ours}_score", flags) for ours, theirs in _DIMENSIONS}
    if not any(read.values()):
        return None
    gaps = {
        # A gap belongs to its score: without one it is the record's default, not a level.
        ours: _gap(told.get(f"gap_{theirs}"), f"{ours}_gap", flags) if read[ours] else None
        for ours, theirs in _DIMENSIONS
    }
    return Scores(
        scale=_NEW_SCALE if any(score > _OLD_SCALE * 100 for score in read.values() if score) else _OLD_SCALE,
        product=read["product"],
        logistics=read["logistics"],
        service=read["service"],
        product_gap=gaps["product"],
        logistics_gap=gaps["logistics"],
        service_gap=gaps["service"],
    )


def _hundredths(value: object, field: str, flags: Flags) -> int | None:
    """A score as told, in hundredths; `None` for zero, which is what records without scores hold."""
    if type(value) is int and 0 <= value <= _NEW_SCALE:
        return value * 100 or None
    if is_untold(value):
        return None
    text = repr(value) if type(value) in {int, float} else narrow(value) if type(value) is str else ""
    number = _decimal(text)
    if number is None or not 0 <= number <= _NEW_SCALE:
        flags.append(f"{field}:unreadable" if number is None else f"{field}:out_of_range")
        return None
    return int((number * 100).quantize(Decimal(1), ROUND_HALF_EVEN)) or None


def _decimal(text: str) -> Decimal | None:
    digits = text.removeprefix("-").replace(".", "", 1)
    if len(text) > _LONGEST_SCORE or not (digits.isascii() and digits.isdigit()):
        return None
    return Decimal(text)


def _gap(value: object, field: str, flags: Flags) -> Gap | None:
    number = whole(value)
    if number is not None and 0 <= number <= Gap.BELOW:
        return Gap(number)
    if not is_untold(value):
        flags.append(f"{field}:unknown")
    return None
