"""The records of a search, and product identifiers that have lost their last digits on the way."""

import re
from collections.abc import Mapping

from monitor.provider.limits import MAX_HITS, MAX_SHOP_ID, MAX_TITLE
from monitor.provider.numbers import yuan
from monitor.provider.observation import SearchHit
from monitor.provider.sales import sales
from monitor.provider.text import Flags, identifier, image_url, is_untold, line

_NUM_IID = re.compile(r"[0-9]{1,19}", re.ASCII)
_ID_IN_URL = re.compile(r"[?&]id=([0-9]{1,19})(?![0-9])", re.ASCII)
_LONGEST_URL = 2_000
# A number that went through a float keeps this many digits; the rest are wrong.
_DIGITS_KEPT = 15


def read_hits(items: list[object]) -> tuple[SearchHit, ...]:
    """The products found. One whose identifier cannot be told is left out: it could not be watched."""
    return tuple(hit for item in items[:MAX_HITS] if isinstance(item, dict) and (hit := _hit(item)) is not None)


def num_iid_of(item: Mapping[str, object]) -> str | None:
    """A normalised record's `num_iid`, whole: as text it is, as a number it may not be, but `detail_url` still is."""
    told = item.get("num_iid")
    text = told.strip() if type(told) is str else str(told) if type(told) is int and 0 < told < 10**19 else ""
    url = item.get("detail_url")
    match = _ID_IN_URL.search(url) if type(url) is str and len(url) <= _LONGEST_URL else None
    if match and (not _NUM_IID.fullmatch(text) or _is_rounding_of(text, match[1])):
        return match[1]
    if not _NUM_IID.fullmatch(text) or (type(told) is int and told > 2**53):
        return None
    return text


def _is_rounding_of(text: str, whole: str) -> bool:
    return len(text) == len(whole) and text[:_DIGITS_KEPT] == whole[:_DIGITS_KEPT]


def _hit(item: Mapping[str, object]) -> SearchHit | None:
    num_iid = num_iid_of(item)
    if num_iid is None:
        return None
    flags: Flags = []
    promotion = item.get("promotion_price")
    return SearchHit(
        num_iid=num_iid,
        title=line(item.get("title"), "title", MAX_TITLE, flags),
        price=yuan(item.get("price") if is_untold(promotion) else promotion, "price", flags),
        sales=sales(item.get("sales"), "sales", flags),
        shop_id=identifier(item.get("shop_id"), "shop_id", MAX_SHOP_ID, flags),
        image=image_url(item.get("pic_url"), "images", flags),
        flags=tuple(dict.fromkeys(flags)),
    )
