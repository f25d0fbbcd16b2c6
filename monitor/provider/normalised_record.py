"""The normalised record of `item_get`: prices in yuan, stock, no status; any field may be '', null, [] or missing."""

from collections.abc import Mapping

from monitor.provider.limits import MAX_SKUS, MAX_TITLE
from monitor.provider.numbers import count, yuan, yuan_range
from monitor.provider.observation import Sales
from monitor.provider.sales import sales
from monitor.provider.shop import normalised_shop
from monitor.provider.text import Flags, is_untold, line
from monitor.provider.told import Told, attributes, images


def read_normalised(item: Mapping[str, object], flags: Flags) -> Told:
    """What the record tells; of a price range, the lowest is the price."""
    price = yuan_range(item.get("price"), "price", flags)
    skus = _sku_range(item.get("skus"), flags)
    low, high = skus or (price if price is not None and price[0] < price[1] else (None, None))
    return Told(
        title=line(item.get("title"), "title", MAX_TITLE, flags),
        price=None if price is None else price[0],
        list_price=yuan(item.get("orginal_price"), "list_price", flags),
        sku_min_price=low,
        sku_max_price=high,
        sales=_sales(item, flags),
        stock=count(item.get("num"), "stock", flags),
        images=_images(item, flags),
        attributes=_attributes(item.get("props"), flags),
        shop=normalised_shop(item, flags),
    )


def _sku_range(value: object, flags: Flags) -> tuple[int, int] | None:
    """The cheapest and the dearest variant; `None` unless every price can be read."""
    listed = value.get("sku") if isinstance(value, dict) else value
    if is_untold(listed):
        return None
    if not isinstance(listed, list) or len(listed) > MAX_SKUS:
        flags.append("sku_price:unreadable")
        return None
    told = [yuan(sku.get("price"), "sku_price", flags) if isinstance(sku, dict) else None for sku in listed]
    prices = [price for price in told if price is not None]
    return (min(prices), max(prices)) if len(prices) == len(told) else None


def _sales(item: Mapping[str, object], flags: Flags) -> Sales | None:
    told = item.get("sales")
    return sales(item.get("total_sold") if is_untold(told) else told, "sales", flags)


def _images(item: Mapping[str, object], flags: Flags) -> tuple[str, ...] | None:
    listed = item.get("item_imgs")
    if isinstance(listed, list) and listed:
        return images([one.get("url") if isinstance(one, dict) else one for one in listed], flags)
    return images([item.get("pic_url")], flags)


def _attributes(value: object, flags: Flags) -> tuple[tuple[str, str], ...] | None:
    if not isinstance(value, list):
        return None
    return attributes(((one.get("name"), one.get("value")) for one in value if isinstance(one, dict)), flags)
