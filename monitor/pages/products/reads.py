"""The products table's reads. Each says how many queries it makes; none makes more when there are more rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from django.core.paginator import Page
from django.db.models import Exists, OuterRef, Value

from monitor.history.trends import Trend, trends
from monitor.models import Product, ProductIndex, Shop, User, Watch, Watchlist
from monitor.models.product_index import order_of
from monitor.pages.shared.paging import LongPaginator
from monitor.pages.shared.product_filters import MOST_WORDS, ProductFilters, found

#: Shops that are offered at once: of more, a part of the name says which.
MOST_SHOPS = 20


class OnList(NamedTuple):
    """A watch of a product."""

    watchlist: Watchlist
    is_paused: bool
    is_claimed: bool


@dataclass(slots=True)
class ProductRow:
    """A product as one user sees it: what its last days tell, and the lists of his that watch it."""

    product: Product
    trend: Trend
    watches: list[OnList]
    #: It is being checked; not told where nobody asks.
    is_claimed: bool = False

    @property
    def is_paused(self) -> bool:
        """None of this user's watches asks for checks."""
        return all(watch.is_paused or watch.watchlist.is_paused for watch in self.watches)

    @property
    def can_edit(self) -> bool:
        return any(watch.watchlist.editable for watch in self.watches)  # type: ignore[attr-defined]


def product_page(
    user: User,
    lists: Sequence[Watchlist],
    filters: ProductFilters,
    number: int,
    now: datetime,
    *,
    with_claims: bool = False,
) -> Page[ProductRow]:
    """Six queries at most: the count, the keys of one page, its products, their watches, past states and changes.

    `lists` are all of the user's lists by name, each with `editable`. `with_claims`: rows tell whether their products
    are being checked.
    """
    rows = found([one.pk for one in lists], filters, now).order_by(*order_of(filters.sort))
    subject = user.pk, replace(filters, sort="", size=0)
    # The index alone tells the keys, however far down the page is.
    page = LongPaginator(rows.values_list("pk", flat=True), filters.size, subject=subject).get_page(number)
    keys = page.object_list
    by_key = ProductIndex.objects.select_related("product__shop").in_bulk(keys)
    shown = [one for one in lists if filters.watchlist in (None, one.pk)]
    return _with_rows(page, _rows(shown, [by_key[key] for key in keys if key in by_key], now, with_claims=with_claims))


def shop_of(user: User, key: int) -> Shop | None:
    """One query: a shop that sells something the user watches."""
    watched = Product.objects.filter(pk__in=Watch.objects.for_user(user).values("product"))
    return Shop.objects.filter(pk=key, products__in=watched).first()


def shops_of(lists: Collection[int], name: str) -> list[Shop]:
    """One query: shops with a product on one of these lists and every word of `name` in their names, in their order.

    At most `MOST_SHOPS`, and one more where there are more.
    """
    found = Shop.objects.filter(pk__in=ProductIndex.objects.on_lists(lists).values("shop_key"))
    for word in name.split()[:MOST_WORDS]:
        found = found.filter(name__icontains=word)
    return list(found.order_by("name", "pk")[: MOST_SHOPS + 1])


def _rows(
    lists: Sequence[Watchlist], found: list[ProductIndex], now: datetime, *, with_claims: bool
) -> list[ProductRow]:
    claims = Exists(Product.objects.claimed(now).filter(pk=OuterRef("product"))) if with_claims else Value(False)
    told, watches = trends(found, now), _watches(lists, [row.product for row in found], claims)
    return [
        ProductRow(row.product, told[row.pk], watches[row.pk], any(one.is_claimed for one in watches[row.pk]))
        for row in found
    ]


def _with_rows[Row](page: Page[Any], rows: list[Row]) -> Page[Row]:
    page.object_list = rows
    return page


def _watches(
    lists: Sequence[Watchlist], products: Sequence[Product], claims: Exists | Value
) -> Mapping[int, list[OnList]]:
    """By product, in the order of `lists`, which they come with. `claims`: whether a product is being checked."""
    places = {one.pk: place for place, one in enumerate(lists)}
    watches: dict[int, list[OnList]] = defaultdict(list)
    # By keys: of instances Django would look up each one's again.
    found = Watch.objects.filter(product__in=[one.pk for one in products], watchlist__in=list(places))
    asked = found.values_list("watchlist_id", "product_id", "is_paused", claims)
    for watchlist, product, *told in sorted(asked, key=lambda row: places[row[0]]):
        watches[product].append(OnList(lists[places[watchlist]], *told))
    return watches
