"""Writes `ProductIndex`: whoever writes what it tells of a product says so here, within the same transaction."""

from collections import defaultdict
from collections.abc import Collection
from itertools import batched

from monitor.models import Product, ProductIndex, Watch
from monitor.models.product_index import MANY_LISTS, MOST_LISTS, pairs_of

#: Products that are written at once.
CHUNK = 500
_COPIED = (
    *("title", "sales", "status", "first_data_time", "changed_at", "failing_since"),
    *("interval", "soonest", "hours"),
)
_WRITTEN = (*_COPIED, "lists", "shop_key", "words", "pairs", "shop_name", "price", "is_paused")


def index_products(keys: Collection[int]) -> None:
    """Write the index rows of these products anew. Three statements for each `CHUNK`.

    Whoever locks products locks all of them before this, so that nobody waits in a circle.
    """
    for chunk in batched(sorted(set(keys)), CHUNK):
        lists: dict[int, dict[str, None]] = defaultdict(dict)
        for product, watchlist in Watch.objects.filter(product__in=chunk).values_list("product", "watchlist"):
            lists[product][str(watchlist)] = None
        wanted = ("num_iid", "price", "next_check_at", "shop", *_COPIED, "shop__name")
        products = Product.objects.filter(pk__in=chunk).select_related("shop").only(*wanted).order_by("pk")
        rows = [_row(product, lists[product.pk]) for product in products]
        ProductIndex.objects.bulk_create(rows, update_conflicts=True, unique_fields=["product"], update_fields=_WRITTEN)


def _row(product: Product, lists: dict[str, None]) -> ProductIndex:
    name = product.shop.name if product.shop else None
    words = f"{product.title or ''}\n{name or ''}\n{product.num_iid}".lower()
    return ProductIndex(
        product=product,
        lists=lists if len(lists) <= MOST_LISTS else {MANY_LISTS: None},
        shop_key=product.shop_id,
        words=words,
        pairs=pairs_of(words),
        shop_name=name,
        price=product.current_price,
        look_back_at=product.changed_at,
        is_paused=product.next_check_at is None,
        **{column: getattr(product, column) for column in _COPIED},
    )
