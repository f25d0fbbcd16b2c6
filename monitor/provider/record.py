"""Reads the record of one product into an Observation. The provider has two kinds of records.

`item_get_app` gives the raw app record: prices in fen, status, shop with scores, freight.
`item_get` gives the normalised one: prices in yuan, stock, no status; any field may be '', null, []
or missing."""

from collections.abc import Iterable, Mapping
from typing import Any

from monitor.provider.freight import freight
from monitor.provider.limits import (
    MAX_ATTRIBUTES,
    MAX_GROUP_VALUES,
    MAX_GROUPS,
    MAX_IMAGES,
    MAX_NAME,
    MAX_PROMISES,
    MAX_SKUS,
    MAX_TITLE,
)
from monitor.provider.numbers import count, fen, moment, small, yuan, yuan_range
from monitor.provider.observation import Presale, SpecificationGroup, Status
from monitor.provider.sales import sales
from monitor.provider.shop import normalised_shop, raw_shop
from monitor.provider.text import Flags, image_url, is_untold, line, lines, of_type

_ON_THE_SHELF = 0
_NOT_SUBMITTED = 1
_STATUSES = {1: Status.OFF_SHELF, 2: Status.DELETED, -1: Status.ABNORMAL, -2: Status.DELETED}
#: By the platform's check of a product on the shelf.
_CHECKS = {
    1: Status.UNDER_REVIEW,
    2: Status.UNDER_REVIEW,
    3: Status.ON_SALE,
    4: Status.REJECTED,
    5: Status.BANNED,
    7: Status.APPROVED_WAITING,
}
#: Of categories, the narrowest first.
_LEVELS = ("fourth", "third", "second", "first")
_PRESALES = {0: Presale.NONE, 1: Presale.FULL_PAYMENT, 2: Presale.STEPPED}
# The default values of a thin record. Healthy records have up to four of these: no dsrInfo, a shop
# too new for scores, a seller without a company's name, a product not submitted yet.
_THIN_SIGNS = (
    ("credit_score", None),
    ("dsrInfo", None),
    ("freight", None),
    ("extra", None),
    ("company_name", ""),
    ("current_time", 0),
    ("category_id", 0),
    ("check_status", 1),
)
_SIGNS_OF_A_THIN_RECORD = 5

#: Values of an Observation's fields, by name.
type Fields = dict[str, Any]


def read_raw(item: Mapping[str, object], flags: Flags) -> Fields:
    """Read a raw record. Of a thin one only title, prices, sales and pictures are true."""
    low, high = _raw_sku_range(item, flags)
    fields: Fields = {
        "title": line(item.get("name"), "title", MAX_TITLE, flags),
        "price": fen(item.get("discount_price"), "price", flags),
        "list_price": fen(item.get("market_price"), "list_price", flags),
        "sku_min_price": low,
        "sku_max_price": high,
        # When the seller hides the figure, `sell_num` is no count.
        "sales": None
        if item.get("is_hide_sales") is True
        else sales(item.get("sell_num"), "sales", flags),
        # `img` is only the first picture: the others would look removed.
        "images": _vetted_images(of_type(item.get("img_list"), list, "images", flags) or [], flags),
        "thin": _is_thin(item),
    }
    if fields["thin"]:
        return fields
    attributes = of_type(item.get("product_format"), dict, "attributes", flags) or {}
    return fields | {
        "status": _status(item, flags),
        "supply_status": small(item.get("supply_status"), "supply_status", flags),
        "category": _category(item.get("extra"), flags),
        "presale": _presale(item.get("presell_type"), flags),
        "sale_starts_at": moment(item.get("start_time"), "sale_starts_at", flags),
        "sale_ends_at": moment(item.get("end_time"), "sale_ends_at", flags),
        "specification": _specification(item.get("spec_info"), flags),
        "freight": freight(item.get("freight"), flags),
        "attributes": _named_values(attributes.items(), flags),
        "service_promises": _promises(item.get("product_tag"), flags),
        "shop": raw_shop(item, flags),
    }


def _is_thin(item: Mapping[str, object]) -> bool:
    # A missing field is no sign.
    return (
        sum(key in item and item[key] == value for key, value in _THIN_SIGNS)
        >= _SIGNS_OF_A_THIN_RECORD
    )


def _raw_sku_range(item: Mapping[str, object], flags: Flags) -> tuple[int | None, int | None]:
    low = fen(item.get("sku_min_price"), "sku_min_price", flags)
    high = fen(item.get("sku_max_price"), "sku_max_price", flags)
    if low is not None and high is not None and low > high:
        flags.append("sku_price:min_above_max")
        return None, None
    return low, high


def _status(item: Mapping[str, object], flags: Flags) -> Status | None:
    """Read the status. A product is on sale when it is both on the shelf and approved."""
    place = small(item.get("status"), "status", flags)
    if place is None:
        return None
    if place != _ON_THE_SHELF:
        status = _STATUSES.get(place)
    else:
        check = small(item.get("check_status"), "status", flags)
        if check is None or (check == _NOT_SUBMITTED and is_untold(item.get("credit_score"))):
            # Incomplete records say 'not submitted' of products that are on sale.
            return None
        status = _CHECKS.get(check)
    if status is None:
        flags.append("status:unknown")
    return status


def _category(extra: object, flags: Flags) -> int | None:
    """Read the number of the narrowest category that is told: of shirts, not of clothes."""
    told = of_type(extra, dict, "category", flags) or {}
    detail = of_type(told.get("category_detail"), dict, "category", flags) or {}
    numbers = (small(detail.get(f"{level}_cid"), "category", flags) for level in _LEVELS)
    return next(filter(None, numbers), None)


def _presale(value: object, flags: Flags) -> Presale | None:
    number = small(value, "presale", flags)
    if number is not None and number not in _PRESALES:
        flags.append("presale:unknown")
    return None if number is None else _PRESALES.get(number)


def _specification(value: object, flags: Flags) -> tuple[SpecificationGroup, ...] | None:
    listed = of_type(value, list, "specification", flags)
    if not listed:
        return None
    groups = [_group(group, flags) for group in _capped(listed, "specification", MAX_GROUPS, flags)]
    readable = tuple(group for group in groups if group is not None)
    if len(readable) < len(groups):
        # A missing group would look like a removed one.
        flags.append("specification:unreadable")
        return None
    return readable


def _group(value: object, flags: Flags) -> SpecificationGroup | None:
    if not isinstance(value, dict):
        return None
    name = line(value.get("name"), "specification", MAX_NAME, flags)
    listed = value.get("list")
    if name is None or not isinstance(listed, list):
        return None
    names = [
        line(choice.get("name"), "specification", MAX_NAME, flags)
        if isinstance(choice, dict)
        else None
        for choice in _capped(listed, "specification", MAX_GROUP_VALUES, flags)
    ]
    values = tuple(name for name in names if name is not None)
    return SpecificationGroup(name, values) if len(values) == len(names) else None


def _promises(value: object, flags: Flags) -> tuple[str, ...] | None:
    tags = value.get("service_tag") if isinstance(value, dict) else value
    promises = of_type(tags, list, "service_promises", flags) or []
    promises = _capped(promises, "service_promises", MAX_PROMISES, flags)
    return tuple(sorted(set(lines(promises, "service_promises", MAX_NAME, flags)))) or None


def read_normalised(item: Mapping[str, object], flags: Flags) -> Fields:
    """Read a normalised record. The lowest of a price range is the price."""
    price = yuan_range(item.get("price"), "price", flags)
    skus = _normalised_sku_range(item.get("skus"), flags)
    low, high = skus or (price if price is not None and price[0] < price[1] else (None, None))
    units = item.get("sales")
    return {
        "title": line(item.get("title"), "title", MAX_TITLE, flags),
        "price": None if price is None else price[0],
        "list_price": yuan(item.get("orginal_price"), "list_price", flags),
        "sku_min_price": low,
        "sku_max_price": high,
        "sales": sales(item.get("total_sold") if is_untold(units) else units, "sales", flags),
        "stock": count(item.get("num"), "stock", flags),
        "images": _normalised_images(item, flags),
        "attributes": _normalised_attributes(item.get("props"), flags),
        "shop": normalised_shop(item, flags),
    }


def _normalised_sku_range(value: object, flags: Flags) -> tuple[int, int] | None:
    """Return the lowest and the highest SKU price; `None` unless every price is readable."""
    listed = value.get("sku") if isinstance(value, dict) else value
    if is_untold(listed):
        return None
    if not isinstance(listed, list) or len(listed) > MAX_SKUS:
        flags.append("sku_price:unreadable")
        return None
    all_prices = [
        yuan(sku.get("price"), "sku_price", flags) if isinstance(sku, dict) else None
        for sku in listed
    ]
    prices = [price for price in all_prices if price is not None]
    return (min(prices), max(prices)) if len(prices) == len(listed) else None


def _normalised_images(item: Mapping[str, object], flags: Flags) -> tuple[str, ...] | None:
    listed = item.get("item_imgs")
    if isinstance(listed, list) and listed:
        return _vetted_images(
            [image.get("url") if isinstance(image, dict) else image for image in listed], flags
        )
    return _vetted_images([item.get("pic_url")], flags)


def _normalised_attributes(value: object, flags: Flags) -> tuple[tuple[str, str], ...] | None:
    if not isinstance(value, list):
        return None
    return _named_values(
        ((pair.get("name"), pair.get("value")) for pair in value if isinstance(pair, dict)), flags
    )


def _capped[T](values: list[T], field: str, limit: int, flags: Flags) -> list[T]:
    if len(values) <= limit:
        return values
    flags.append(f"{field}:too_many")
    return values[:limit]


def _vetted_images(urls: list[object], flags: Flags) -> tuple[str, ...] | None:
    """Return the distinct addresses that a page may show, in the record's order."""
    vetted = [image_url(url, "images", flags) for url in _capped(urls, "images", MAX_IMAGES, flags)]
    return tuple(dict.fromkeys(url for url in vetted if url)) or None


def _named_values(
    pairs: Iterable[tuple[object, object]], flags: Flags
) -> tuple[tuple[str, str], ...] | None:
    """Return names and values as text, sorted by name."""
    texts: dict[str, str] = {}
    for name, value in _capped(list(pairs), "attributes", MAX_ATTRIBUTES, flags):
        text_value = str(value) if type(value) is int and abs(value) < 10**19 else value
        key, text = (
            line(name, "attributes", MAX_NAME, flags),
            line(text_value, "attributes", MAX_NAME, flags),
        )
        if key and text:
            texts[key] = text
    return tuple(sorted(texts.items())) or None
