"""Parses pages of products: what a shop sells (`item_search_shop`), and what a search finds
(`item_search`).

A page tells each product in a few rough values, so it is no substitute for a product's own reply.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.provider.envelope import Redact, data_time, read_envelope
from monitor.provider.limits import MAX_LISTED, MAX_NAME, MAX_TITLE
from monitor.provider.numbers import yuan
from monitor.provider.observation import Quota, Sales
from monitor.provider.parse import is_rounded, normalised_id
from monitor.provider.sales import sales
from monitor.provider.text import Flags, image_url, line

SHOP_API, SEARCH_API = "item_search_shop", "item_search"
#: The remarks of a page that lists products of another shop, or one product at two prices.
OTHER_SHOP, TOLD_TWICE = "listing:other_shop", "listing:told_twice"
#: A page is whole if at most this part of its entries cannot be read, or these few: one true ID in
#: 300 looks rounded, and an entry may stay unreadable for ever.
UNREAD_PART, UNREAD_FEW = 10, 2
#: Asks for products by their sales, the highest first. The order that comes may be another.
BY_SALES = "_sale"


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
    """One page, each product once, in the provider's order. No products means that the pages before
    were all.

    `is_whole`: nearly every entry could be read. `flags` as in `Observation`. The provider's count
    of all results is often wrong, and not read."""

    products: tuple[ListedProduct, ...]
    data_time: datetime
    is_whole: bool = True
    from_cache: bool = False
    request_id: str = ""
    quota: Quota | None = None
    flags: tuple[str, ...] = ()


def parse_listing(
    payload: Mapping[str, object],
    received_at: datetime,
    redact: Redact = str,
    shop_name: str | None = None,
) -> ListingPage:
    """Parse a page of the shop with this name, or of a search. `received_at` is aware, in UTC.

    Entries that name another shop are left out, and so are those whose ID cannot be trusted; a
    product that it tells at two prices has none. A shop whose name is not known, "", is the one
    that most entries name. Raises the ProviderError of a failure, NotFound where the provider found
    nothing, and BadReply without a list."""
    envelope = read_envelope(payload, redact)
    items = payload.get("items")
    listed = items.get("item", []) if isinstance(items, dict) else items
    if not isinstance(listed, list):
        raise envelope.error("the reply holds no list of products")
    flags: Flags = []
    entries = [
        _product(item, flags) if isinstance(item, dict) else None for item in listed[:MAX_LISTED]
    ]
    readable = [entry for entry in entries if entry]
    unread, most_unread = len(entries) - len(readable), max(UNREAD_FEW, len(entries) // UNREAD_PART)
    if shop_name == "":
        names = Counter(entry.shop_name for entry in readable if entry.shop_name)
        shop_name = next((name for name, _count in names.most_common(1)), None)
    products: dict[str, ListedProduct] = {}
    for product in readable:
        first = products.setdefault(product.num_iid, product)
        if shop_name and product.shop_name not in {None, shop_name}:
            flags.append(OTHER_SHOP)
            del products[product.num_iid]
        elif product.price != first.price:
            flags.append(TOLD_TWICE)
            products[product.num_iid] = replace(first, price=None, list_price=None)
    return ListingPage(
        products=tuple(products.values()),
        data_time=data_time(payload, {}, received_at, flags),
        is_whole=len(listed) <= MAX_LISTED
        and unread <= most_unread
        and bool(products or not readable),
        from_cache=envelope.from_cache,
        request_id=envelope.request_id,
        quota=envelope.quota,
        flags=tuple(dict.fromkeys(flags)),
    )


def _product(item: Mapping[str, object], flags: Flags) -> ListedProduct | None:
    """Read one product; None without an ID to be trusted. The promotion's price is what a buyer
    pays now."""
    num_iid = normalised_id(item)
    if num_iid is None or is_rounded(num_iid, item):
        return None
    usual, promotion = (
        yuan(item.get(name), "price", flags) for name in ("price", "promotion_price")
    )
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
