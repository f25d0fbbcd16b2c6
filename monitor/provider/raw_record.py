"""The raw app record of `item_get_app`: prices in fen, status, shop with scores, freight."""

from collections.abc import Mapping

from monitor.provider.freight import freight
from monitor.provider.limits import MAX_GROUP_VALUES, MAX_GROUPS, MAX_NAME, MAX_PROMISES, MAX_TITLE
from monitor.provider.numbers import fen, small
from monitor.provider.observation import Presale, SpecificationGroup, Status
from monitor.provider.sales import sales
from monitor.provider.shop import raw_shop
from monitor.provider.text import Flags, is_untold, line
from monitor.provider.times import moment
from monitor.provider.told import Told, attributes, capped, images

_ON_THE_SHELF = 0
_NOT_SUBMITTED = 1
_STATUSES = {1: Status.OFF_SHELF, 2: Status.DELETED, -1: Status.ABNORMAL, -2: Status.DELETED}
#: Of a product on the shelf, what the platform's check says.
_CHECKS = {
    1: Status.UNDER_REVIEW,
    2: Status.UNDER_REVIEW,
    3: Status.ON_SALE,
    4: Status.REJECTED,
    5: Status.BANNED,
    7: Status.APPROVED_WAITING,
}
_PRESALES = {0: Presale.NONE, 1: Presale.FULL_PAYMENT, 2: Presale.STEPPED}
# What a thin record holds in place of the truth. Healthy records show up to four of these: no dsrInfo, a shop too
# new for scores, a seller without a company's name, a product not submitted yet.
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


def read_raw(item: Mapping[str, object], flags: Flags) -> Told:
    """What the record tells. A thin one tells title, prices, sales and pictures, and nothing of what it defaults."""
    low, high = _sku_range(item, flags)
    told = Told(
        title=line(item.get("name"), "title", MAX_TITLE, flags),
        price=fen(item.get("discount_price"), "price", flags),
        list_price=fen(item.get("market_price"), "list_price", flags),
        sku_min_price=low,
        sku_max_price=high,
        # A seller may hide the figure; what stands there then is no count.
        sales=None if item.get("is_hide_sales") is True else sales(item.get("sell_num"), "sales", flags),
        images=_images(item, flags),
    )
    if _is_thin(item):
        told["thin"] = True
        return told
    told["status"] = _status(item, flags)
    told["supply_status"] = small(item.get("supply_status"), "supply_status", flags)
    told["presale"] = _presale(item.get("presell_type"), flags)
    told["sale_starts_at"] = moment(item.get("start_time"), "sale_starts_at", flags)
    told["sale_ends_at"] = moment(item.get("end_time"), "sale_ends_at", flags)
    told["specification"] = _specification(item.get("spec_info"), flags)
    told["freight"] = freight(item.get("freight"), flags)
    told["attributes"] = _attributes(item.get("product_format"), flags)
    told["service_promises"] = _promises(item.get("product_tag"), flags)
    told["shop"] = raw_shop(item, flags)
    return told


def _is_thin(item: Mapping[str, object]) -> bool:
    # What the record leaves out altogether is untold as well, but no sign.
    return sum(key in item and item[key] == value for key, value in _THIN_SIGNS) >= _SIGNS_OF_A_THIN_RECORD


def _sku_range(item: Mapping[str, object], flags: Flags) -> tuple[int | None, int | None]:
    low = fen(item.get("sku_min_price"), "sku_min_price", flags)
    high = fen(item.get("sku_max_price"), "sku_max_price", flags)
    if low is not None and high is not None and low > high:
        flags.append("sku_price:min_above_max")
        return None, None
    return low, high


def _status(item: Mapping[str, object], flags: Flags) -> Status | None:
    """On sale takes both: on the shelf, and approved."""
    place = small(item.get("status"), "status", flags)
    if place is None:
        return None
    if place != _ON_THE_SHELF:
        status = _STATUSES.get(place)
    else:
        check = small(item.get("check_status"), "status", flags)
        if check is None or (check == _NOT_SUBMITTED and is_untold(item.get("credit_score"))):
            # Half a record says 'not submitted' of products that are on sale.
            return None
        status = _CHECKS.get(check)
    if status is None:
        flags.append("status:unknown")
    return status


def _presale(value: object, flags: Flags) -> Presale | None:
    number = small(value, "presale", flags)
    if number is not None and number not in _PRESALES:
        flags.append("presale:unknown")
    return None if number is None else _PRESALES.get(number)


def _images(item: Mapping[str, object], flags: Flags) -> tuple[str, ...] | None:
    listed = item.get("img_list")
    if isinstance(listed, list) and listed:
        return images(listed, flags)
    if not is_untold(listed):
        flags.append("images:unreadable")
    # `img` alone is the first of them: taken for all, it would look as if the others had been removed.
    return None


def _specification(value: object, flags: Flags) -> tuple[SpecificationGroup, ...] | None:
    if is_untold(value):
        return None
    if not isinstance(value, list):
        flags.append("specification:unreadable")
        return None
    groups = [_group(group, flags) for group in capped(value, "specification", MAX_GROUPS, flags)]
    told = tuple(group for group in groups if group is not None)
    if len(told) < len(groups):
        # A group left out would look like one taken away.
        flags.append("specification:unreadable")
        return None
    return told


def _group(value: object, flags: Flags) -> SpecificationGroup | None:
    if not isinstance(value, dict):
        return None
    name = line(value.get("name"), "specification", MAX_NAME, flags)
    listed = value.get("list")
    if name is None or not isinstance(listed, list):
        return None
    names = [
        line(one.get("name"), "specification", MAX_NAME, flags) if isinstance(one, dict) else None
        for one in capped(listed, "specification", MAX_GROUP_VALUES, flags)
    ]
    values = tuple(one for one in names if one is not None)
    return SpecificationGroup(name, values) if len(values) == len(names) else None


def _attributes(value: object, flags: Flags) -> tuple[tuple[str, str], ...] | None:
    if isinstance(value, dict):
        return attributes(value.items(), flags)
    if not is_untold(value):
        flags.append("attributes:unreadable")
    return None


def _promises(value: object, flags: Flags) -> tuple[str, ...] | None:
    tags = value.get("service_tag") if isinstance(value, dict) else value
    if not isinstance(tags, list):
        if not is_untold(tags):
            flags.append("service_promises:unreadable")
        return None
    told = [
        line(tag, "service_promises", MAX_NAME, flags) for tag in capped(tags, "service_promises", MAX_PROMISES, flags)
    ]
    return tuple(sorted({tag for tag in told if tag})) or None
