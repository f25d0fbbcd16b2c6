"""Parses pages of products: what a shop sells (`item_search_shop`), and what a search finds (`item_search`).

A page tells each product in a few rough values, so it is no substitute for a product's own reply.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from monitor.provider.envelope import Redact, data_time, read_envelope
from monitor.provider.limits import MAX_LISTED, MAX_NAME, MAX_TITLE
from monitor.provider.numbers import count, yuan
from monitor.provider.observation import Quota, Sales
from monitor.provider.parse import normalised_id
from monitor.provider.sales import sales
from monitor.provider.text import Flags, image_url, line

SHOP_API, SEARCH_API = "item_search_shop", "item_search"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedProduct:
    """A product as a page tells it. Prices in fen; `None` means 'not told'."""

    num_iid: str
    title: str | None = None
    price: int | None = None
    list_price: int | None = None
    sales: Sales | None = None
    image: str | None = None
    shop_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingPage:
    """One page, each product once, in the provider's order. No products means that the pages before were all.

    `is_whole`: every entry could be read. From a page that is not whole no product has left. `total` is the provider's
    count of all results; it may be wrong. `flags` as in `Observation`.
    """

    products: tuple[ListedProduct, ...]
    data_time: datetime
    is_whole: bool = True
    total: int | None = None
    from_cache: bool = False
    request_id: str = ""
    quota: Quota | None = None
    flags: tuple[str, ...] = ()


def parse_listing(payload: Mapping[str, object], received_at: datetime, redact: Redact = str) -> ListingPage:
    """Parse a page. `received_at` is aware, in UTC.

    Raises the ProviderError of a failure, NotFound where the provider found nothing, and BadReply without a list.
    """
    envelope = read_envelope(payload, redact)
    items = payload.get("items")
    listed = items.get("item", []) if isinstance(items, dict) else items
    if not isinstance(listed, list):
        raise envelope.error("the reply holds no list of products")
    flags: Flags = []
    entries = [_product(item, flags) if isinstance(item, dict) else None for item in listed[:MAX_LISTED]]
    products: dict[str, ListedProduct] = {}
    for product in filter(None, entries):
        if product != products.setdefault(product.num_iid, product):
            flags.append("listing:told_twice")
    totals = (items.get(name) for name in ("real_total_results", "total_results")) if isinstance(items, dict) else ()
    return ListingPage(
        products=tuple(products.values()),
        data_time=data_time(payload, {}, received_at, flags),
        is_whole=len(listed) == len(entries) and None not in entries,
        total=next((number for value in totals if (number := count(value, "total", flags)) is not None), None),
        from_cache=envelope.from_cache,
        request_id=envelope.request_id,
        quota=envelope.quota,
        flags=tuple(dict.fromkeys(flags)),
    )


def _product(item: Mapping[str, object], flags: Flags) -> ListedProduct | None:
    """Read one product; None without an ID. The promotion's price is what a buyer pays now."""
    num_iid = normalised_id(item)
    if num_iid is None:
        return None
    usual, promotion = (yuan(item.get(name), "price", flags) for name in ("price", "promotion_price"))
    price = usual if promotion is None else promotion
    return ListedProduct(
        num_iid=num_iid,
        title=line(item.get("title"), "title", MAX_TITLE, flags),
        price=price,
        list_price=usual if usual is not None and price is not None and usual > price else None,
        sales=sales(item.get("sales"), "sales", flags),
        image=image_url(item.get("pic_url"), "images", flags),
        shop_name=line(item.get("shop_name"), "shop_name", MAX_NAME, flags),
    )
