"""The products table's reads. Each says how many queries it makes; none makes more when there are more rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.paginator import Page
from django.db.models import QuerySet

from monitor.dashboard.paging import NearPaginator, count_of
from monitor.dashboard.product_filters import ProductFilters, found, ordered
from monitor.dashboard.trends import Trend, trends
from monitor.dashboard.watchlists import editable
from monitor.models import Product, ProductIndex, Shop, User, Watch


@dataclass(slots=True)
class ProductRow:
    """A product as one user sees it: what its last days tell, and the lists of his that watch it."""

    product: Product
    trend: Trend
    watches: list[Watch] = field(default_factory=list)
    can_edit: bool = False

    @property
    def is_paused(self) -> bool:
        """None of this user's watches asks for checks."""
        return all(watch.is_paused or watch.watchlist.is_paused for watch in self.watches)


def product_page(
    user: User, lists: Collection[int], filters: ProductFilters, number: int, now: datetime
) -> Page[ProductRow]:
    """Five queries: the count, the products of one page, their watches, past states and changes.

    `lists` are the keys of all of the user's lists.
    """
    rows = ordered(found(lists, filters, now), filters.sort)
    page: Page[ProductIndex] = NearPaginator(
        rows, filters.size, counted=count_of(rows, user), related=("product__shop",)
    ).get_page(number)
    return _with_rows(page, _rows(user, filters, [row.product for row in page.object_list], now))


def shop_of(user: User, key: int) -> Shop | None:
    """One query: a shop that sells something the user watches."""
    watched = Product.objects.filter(pk__in=Watch.objects.for_user(user).values("product"))
    return Shop.objects.filter(pk=key, products__in=watched).first()


def _rows(user: User, filters: ProductFilters, products: list[Product], now: datetime) -> list[ProductRow]:
    told = trends(products, now)
    rows = {product.pk: ProductRow(product, told[product.pk]) for product in products}
    for watch in _watches(user, filters, products):
        row = rows[watch.product_id]
        row.watches.append(watch)
        row.can_edit = row.can_edit or watch.editable  # type: ignore[attr-defined]
    return list(rows.values())


def _with_rows[Row](page: Page[Any], rows: list[Row]) -> Page[Row]:
    page.object_list = rows
    return page


def _watches(user: User, filters: ProductFilters, products: Iterable[Product]) -> QuerySet[Watch]:
    watches = Watch.objects.for_user(user).filter(product__in=products)
    if filters.watchlist is not None:
        watches = watches.filter(watchlist_id=filters.watchlist)
    return (
        watches.select_related("watchlist")
        .annotate(editable=editable(user, "watchlist"))
        .order_by("watchlist__name", "pk")
    )
