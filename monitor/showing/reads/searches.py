"""What a search has found so far: the remembered pages as one list, and the page that comes next.
Two queries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from monitor.models import Product, SearchPage, Watchlist
from monitor.models.searches import MOST_PAGES
from monitor.provider.listing import ListedProduct
from monitor.showing.reads.watchlists import lists_with


@dataclass(frozen=True, slots=True)
class FoundProduct:
    """A product that a search lists. `product` is not stored: it only carries what the page tells.

    `lists`: the reader's lists that have it, with key and name only.
    """

    product: Product
    shop_name: str | None
    lists: Sequence[Watchlist]


@dataclass(frozen=True, slots=True)
class SearchResults:
    """The products of the first `pages` of a search, each once, and its `next` page: remembered,
    awaited, failed or never asked for. None if there is none, because that `is_all`, or no further
    one is read."""

    pages: int
    products: Sequence[FoundProduct]
    next: SearchPage | None
    is_all: bool


def search_results(
    lists: QuerySet[Watchlist], words: str, pages: int, now: datetime
) -> SearchResults:
    """Return what the first `pages` of a search tell a reader of these lists, up to the first that
    is not remembered.

    The provider's totals may be wrong: the search ends with the first page without a new product.
    """
    rows = {row.page: row for row in SearchPage.objects.filter(words=words, page__lte=pages + 1)}
    listed: dict[str, ListedProduct] = {}
    known, is_over = 0, False
    while known < pages and not is_over and (row := rows.get(known + 1)) and row.is_known(now):
        new = {product.num_iid: product for product in row.listed if product.num_iid not in listed}
        listed |= new
        known, is_over = known + 1, not new
    following = (
        None
        if is_over or known >= MOST_PAGES
        else rows.get(known + 1, SearchPage(words=words, page=known + 1))
    )
    return SearchResults(known, _found(lists, list(listed.values())), following, is_over)


def in_order(products: Iterable[FoundProduct], sort: str) -> list[FoundProduct]:
    """Return products sorted by `price` or by what was `sold`, downwards after a '-'; without a
    sort as they are. What is not told comes last."""
    if not sort:
        return list(products)
    sign = -1 if sort.startswith("-") else 1

    def place(found: FoundProduct) -> Any:
        value = found.product.price if sort.endswith("price") else found.product.sales
        return value is None, sign * (value or 0)

    return sorted(products, key=place)


def _found(lists: QuerySet[Watchlist], listed: Sequence[ListedProduct]) -> list[FoundProduct]:
    on_lists = lists_with(lists, [product.num_iid for product in listed])
    return [
        FoundProduct(
            Product(
                num_iid=product.num_iid,
                title=product.title,
                image=product.image or "",
                price=product.price,
                list_price=product.list_price,
                sales=product.sales.at_least if product.sales else None,
                sales_step=product.sales.step if product.sales else None,
            ),
            product.shop_name,
            on_lists[product.num_iid],
        )
        for product in listed
    ]
