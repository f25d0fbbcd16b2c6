"""Writes `ProductIndex`. Code that writes a value that the index copies calls this in the same
transaction."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from itertools import batched

from django.db.models import QuerySet, prefetch_related_objects

from monitor.models import Product, ProductIndex, Watch
from monitor.models.product_index import MANY_LISTS, MOST_LISTS, pairs_of

#: Products that are written at once.
CHUNK = 500
_COPIED = (
    *("title", "sales", "status", "first_data_time", "changed_at", "failing_since"),
    *("interval", "soonest", "hours"),
)
_WRITTEN = (*_COPIED, "shop_key", "words", "pairs", "shop_name", "price", "is_paused")
_READ = ("num_iid", "price", "next_check_at", "shop", "shop__name", *_COPIED)
type Lists = dict[str, None]


def index_products(keys: Collection[int]) -> None:
    """Write the index rows of products whose watches or schedule changed. Three statements a
    `CHUNK`.

    Lock all the products before the first call: index rows are locked after products everywhere.
    """
    for chunk in batched(sorted(set(keys)), CHUNK):
        lists: Mapping[int, Lists] = defaultdict(dict)
        for product, watchlist in Watch.objects.filter(product__in=chunk).values_list(
            "product", "watchlist"
        ):
            lists[product][str(watchlist)] = None
        _write(
            [_row(product, lists[product.pk]) for product in products_of(chunk)],
            (*_WRITTEN, "lists"),
        )


def index_recorded(products: Sequence[Product]) -> None:
    """Write the index rows of products that a check changed. Their lists stay; their past prices
    are looked up soon. One statement, or two if a product's shop was not read yet."""
    if products:
        prefetch_related_objects(products, "shop")
        _write([_row(product, {}) for product in products], (*_WRITTEN, "look_back_at"))


def products_of(keys: Collection[int]) -> QuerySet[Product]:
    """Return the columns that the index copies of these products, in the order in which rows are
    locked."""
    return Product.objects.filter(pk__in=keys).select_related("shop").only(*_READ).order_by("pk")


def _write(rows: list[ProductIndex], columns: Collection[str]) -> None:
    ProductIndex.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["product"], update_fields=columns
    )


def _row(product: Product, lists: Lists) -> ProductIndex:
    shop_name = product.shop.name if product.shop else None
    words = f"{product.title or ''}\n{shop_name or ''}\n{product.num_iid}".lower()
    return ProductIndex(
        product=product,
        lists=lists if len(lists) <= MOST_LISTS else {MANY_LISTS: None},
        shop_key=product.shop_id,
        words=words,
        pairs=pairs_of(words),
        shop_name=shop_name,
        price=product.current_price,
        look_back_at=product.changed_at,
        is_paused=product.next_check_at is None,
        **{column: getattr(product, column) for column in _COPIED},
    )
