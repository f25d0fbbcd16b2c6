"""The products table's reads. The number of queries does not depend on the number of rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from django.core.paginator import Page, Paginator
from django.db.models import Exists, OuterRef, QuerySet, Value

from monitor.history.caching import cached_count
from monitor.history.trends import Trend, trends
from monitor.models import Product, ProductIndex, Shop, User, Watch, Watchlist
from monitor.models.product_index import order_of
from monitor.pages.shared.product_filters import MOST_WORDS, ProductFilters, index_rows

#: If there are more shops, the user narrows them by name.
MOST_SHOPS = 20


class OnList(NamedTuple):
    """A watch of a product."""

    watchlist: Any
    is_paused: bool
    is_claimed: bool


@dataclass(slots=True)
class ProductRow:
    """A product with its trend of the last days and the user's watches of it."""

    product: Product
    trend: Trend
    watches: list[OnList]

    @property
    def is_claimed(self) -> bool:
        """Whether it is being checked; False if that was not read."""
        return any(watch.is_claimed for watch in self.watches)

    @property
    def is_paused(self) -> bool:
        """Whether all of the user's watches are paused."""
        return all(watch.is_paused or watch.watchlist.is_paused for watch in self.watches)

    @property
    def can_edit(self) -> bool:
        return any(watch.watchlist.editable for watch in self.watches)


class LongPaginator(Paginator):  # type: ignore[type-arg] # It is generic for mypy alone.
    """Counts long tables once in half a minute; `subject` identifies the count.

    An offset costs as much as the rows it skips, 28 ms for 100,000: pages of the second half are read from the end.
    """

    def __init__(self, rows: QuerySet[Any, Any], size: int, *, subject: object) -> None:
        super().__init__(rows, size)
        self._rows, self._subject = rows, subject

    @cached_property
    def count(self) -> int:
        return cached_count("page", self._subject, self._rows.count, int)

    def page(self, number: int | str) -> Page[Any]:
        valid = self.validate_number(number)
        first = (valid - 1) * self.per_page
        last = min(first + self.per_page, self.count)
        if first <= self.count - last:
            return Page(list(self._rows[first:last]), valid, self)
        return Page(list(self._rows.reverse()[self.count - last : self.count - first])[::-1], valid, self)


def product_page(
    user: User,
    lists: Sequence[Watchlist],
    filters: ProductFilters,
    number: int,
    now: datetime,
    *,
    with_claims: bool = False,
) -> Page[ProductRow]:
    """At most six queries: the count, the keys of one page, its products, their watches, past states and changes.

    `lists` are all of the user's lists by name, each with `editable`. `with_claims`: read which products are being
    checked.
    """
    rows = index_rows([watchlist.pk for watchlist in lists], filters, now).order_by(*order_of(filters.sort))
    subject = user.pk, replace(filters, sort="", size=0)
    # The index alone finds the keys, however far down the page is.
    page = LongPaginator(rows.values_list("pk", flat=True), filters.size, subject=subject).get_page(number)
    keys = page.object_list
    by_key = ProductIndex.objects.select_related("product__shop").in_bulk(keys)
    indexed = [by_key[key] for key in keys if key in by_key]
    shown = [watchlist for watchlist in lists if filters.watchlist in (None, watchlist.pk)]
    claims = Exists(Product.objects.claimed(now).filter(pk=OuterRef("product"))) if with_claims else Value(False)
    trend_of, watches = trends(indexed, now), _watches(shown, [row.product for row in indexed], claims)
    page.object_list = [ProductRow(row.product, trend_of[row.pk], watches[row.pk]) for row in indexed]
    return page


def shop_of(user: User, key: int) -> Shop | None:
    """One query: a shop that sells something the user watches."""
    watched = Product.objects.filter(pk__in=Watch.objects.for_user(user).values("product"))
    return Shop.objects.filter(pk=key, products__in=watched).first()


def shops_of(lists: Collection[int], name: str) -> list[Shop]:
    """One query: shops with a product on these lists and every word of `name` in their names, ordered by name.

    At most `MOST_SHOPS`, and one more if there are more.
    """
    shops = Shop.objects.filter(pk__in=ProductIndex.objects.on_lists(lists).values("shop_key"))
    for word in name.split()[:MOST_WORDS]:
        shops = shops.filter(name__icontains=word)
    return list(shops.order_by("name", "pk")[: MOST_SHOPS + 1])


def _watches(
    lists: Sequence[Watchlist], products: Sequence[Product], claims: Exists | Value
) -> Mapping[int, list[OnList]]:
    """By product, in the order of `lists`. `claims`: whether a product is being checked."""
    places = {watchlist.pk: place for place, watchlist in enumerate(lists)}
    # Filtered by keys: given instances, Django would query the key of each again.
    rows = Watch.objects.filter(product__in=[product.pk for product in products], watchlist__in=list(places))
    values = rows.values_list("watchlist_id", "product_id", "is_paused", claims)
    watches: dict[int, list[OnList]] = defaultdict(list)
    for watchlist, product, is_paused, is_claimed in sorted(values, key=lambda row: places[row[0]]):
        watches[product].append(OnList(lists[places[watchlist]], is_paused, is_claimed))
    return watches
