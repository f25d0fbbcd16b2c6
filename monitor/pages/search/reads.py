"""What a search has found so far: the remembered pages as one list, and the page that comes next. Two queries."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.models import Product, SearchPage, User, Watch
from monitor.models.catalog import DOUYIN
from monitor.models.searches import MOST_PAGES
from monitor.provider.listing import ListedProduct


@dataclass(frozen=True, slots=True)
class FoundProduct:
    """A product that a search lists. `product` is not stored: it only carries what the page tells.

    `lists`: the names of the user's lists that have it.
    """

    product: Product
    price: int | None
    list_price: int | None
    shop_name: str
    lists: Sequence[str]


@dataclass(frozen=True, slots=True)
class SearchResults:
    """The products of the first `pages` of a search, each once, and its `next` page: remembered, awaited, failed or
    never asked for. None if there is none."""

    pages: int
    products: Sequence[FoundProduct]
    next: SearchPage | None


def search_results(user: User, words: str, pages: int, now: datetime) -> SearchResults:
    """Return what the first `pages` of a search tell, up to the first one that is not remembered.

    The provider's totals may be wrong: the search ends with the first page without a new product.
    """
    rows = {row.page: row for row in SearchPage.objects.filter(words=words, page__lte=pages + 1)}
    listed: dict[str, ListedProduct] = {}
    known, is_over = 0, False
    while known < pages and not is_over and (row := rows.get(known + 1)) and row.is_known(now):
        new = {product.num_iid: product for product in row.listed if product.num_iid not in listed}
        listed |= new
        known, is_over = known + 1, not new
    following = None if is_over or known >= MOST_PAGES else rows.get(known + 1, SearchPage(words=words, page=known + 1))
    return SearchResults(known, _found(user, list(listed.values())), following)


def _found(user: User, listed: Sequence[ListedProduct]) -> list[FoundProduct]:
    names: dict[str, list[str]] = defaultdict(list)
    ids = [product.num_iid for product in listed]
    watches = Watch.objects.for_user(user).filter(product__platform=DOUYIN, product__num_iid__in=ids)
    for num_iid, name in watches.order_by("watchlist__name").values_list("product__num_iid", "watchlist__name"):
        names[num_iid].append(name)
    return [
        FoundProduct(
            Product(
                num_iid=product.num_iid,
                title=product.title,
                image=product.image or "",
                sales=product.sales.at_least if product.sales else None,
                sales_step=product.sales.step if product.sales else None,
            ),
            product.price,
            product.list_price,
            product.shop_name or "",
            names[product.num_iid],
        )
        for product in listed
    ]
