"""The products table's reads. The number of queries does not depend on the number of rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, QuerySet
from django.utils.translation import pgettext

from monitor.judging.margins import Margin, margin
from monitor.models import Alert, Product, Shop, User, Watch, Watchlist
from monitor.models.figures import order_of
from monitor.models.watchlists import products_on
from monitor.provider.observation import Status
from monitor.showing.history.trends import Trend, trends
from monitor.showing.reads.products import MOST_WORDS, ProductFilters, on_lists
from monitor.text import formatting
from monitor.watching.own_values import OwnValues

#: If there are more shops, the user narrows them by name.
MOST_SHOPS = 20


@dataclass(slots=True)
class ProductRow:
    """A product with its trend of the last days, the user's watches of it, and how many of its
    alerts are unread.

    A file also has what is written about the watches, by their keys, and the IDs of the user's
    products whose rival it is."""

    product: Product
    trend: Trend
    watches: list[Any]
    unread: int
    values: Mapping[int, OwnValues] = field(default_factory=dict)
    rival_of: Sequence[str] = ()

    @property
    def is_paused(self) -> bool:
        """Whether all of the user's watches are paused."""
        return all(watch.is_paused or watch.watchlist.is_paused for watch in self.watches)

    @property
    def is_usual(self) -> bool:
        """Whether there is nothing to say of its checks and its status."""
        product = self.product
        is_well = (
            product.data_time is not None and product.failing_since is None and not self.is_paused
        )
        return is_well and product.status == Status.ON_SALE

    @property
    def margin(self) -> Margin | None:
        """At the current price; None if the lists shown have no cost, or different ones."""
        costs = {watch.shown_cost for watch in self.watches}
        return margin(self.product.current_price, costs.pop()) if len(costs) == 1 else None

    @property
    def can_edit(self) -> bool:
        return any(watch.watchlist.editable for watch in self.watches)

    @property
    def list_price(self) -> int | None:
        """None if the product is gone."""
        return None if self.product.is_gone else self.product.list_price

    @property
    def list_names(self) -> str:
        """The lists that watch the product."""
        names = [formatting.one_line(watch.watchlist.name) for watch in self.watches]
        return pgettext("between the items of a list", ", ").join(names)


@dataclass(frozen=True, slots=True)
class ProductTable:
    """The products that pass the filters, in their order. `lists` are all of the user's lists by
    name, each with `editable`."""

    user: User
    lists: Sequence[Watchlist]
    filters: ProductFilters
    now: datetime

    @property
    def products(self) -> QuerySet[Product]:
        lists = [watchlist.pk for watchlist in self.lists]
        products = on_lists(lists, self.filters, self.now)
        return products.select_related("shop").order_by(*order_of(self.filters.sort))

    def page(self, number: int, count: int | None = None) -> Page[ProductRow]:
        """Return a page of rows. Five queries, or four with the `count` of all of them."""
        paginator = Paginator(self.products, self.filters.size)
        if count is not None:
            paginator.count = count
        page: Page[Any] = paginator.get_page(number)
        page.object_list = self.rows(list(page.object_list))
        return page

    def rows(self, products: Sequence[Product]) -> list[ProductRow]:
        """Return the rows of these products. Three queries."""
        shown = [
            watchlist for watchlist in self.lists if self.filters.watchlist in (None, watchlist.pk)
        ]
        keys = [product.pk for product in products]
        trend_of, watches = trends(products, self.now), _watches(self.user, shown, keys)
        unread = _unread(self.user, self.lists, keys)
        return [
            ProductRow(
                product, trend_of[product.pk], watches[product.pk], unread.get(product.pk, 0)
            )
            for product in products
        ]


def shop_of(user: User, key: int) -> Shop | None:
    """Return a shop if the user watches one of its products. One query."""
    watched = Product.objects.filter(pk__in=Watch.objects.for_user(user).values("product"))
    return Shop.objects.filter(pk=key, products__in=watched).first()


def shops_of(lists: Collection[int], name: str) -> list[Shop]:
    """Return shops with a product on these lists and with every word of `name` in their names,
    ordered by name.

    Of more than `MOST_SHOPS`, return one more than these. One query.
    """
    shops = Shop.objects.filter(pk__in=products_on(lists).values("shop"))
    for word in name.split()[:MOST_WORDS]:
        shops = shops.filter(name__icontains=word)
    return list(shops.order_by("name", "pk")[: MOST_SHOPS + 1])


def _watches(user: User, lists: Sequence[Any], products: Sequence[int]) -> Mapping[int, list[Any]]:
    """Return the watches by product, in the order of `lists`."""
    places = {watchlist.pk: place for place, watchlist in enumerate(lists)}
    watches: dict[int, list[Any]] = defaultdict(list)
    rows = Watch.objects.with_shown_costs(user).filter(
        product__in=products, watchlist__in=list(places)
    )
    for watch in sorted(rows, key=lambda watch: places[watch.watchlist_id]):
        watch.watchlist = lists[places[watch.watchlist_id]]
        watches[watch.product_id].append(watch)
    return watches


def _unread(user: User, lists: Sequence[Watchlist], products: Sequence[int]) -> dict[int, int]:
    """Count the unread alerts by product, for products that have any."""
    keys = [watchlist.pk for watchlist in lists]
    alerts = Alert.objects.unread_by(user).filter(product__in=products, watchlist__in=keys)
    return dict(alerts.order_by().values_list("product").annotate(Count("pk")))
