"""The prices of several products over the same time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404

from monitor.models import Pairing, Product, User, Watch, Watchlist
from monitor.models.figures import STANDING, order_of
from monitor.showing.history.facts import extremes
from monitor.showing.history.reads import ProductHistory, histories, starts_at
from monitor.showing.history.series import Held
from monitor.showing.reads.products import ProductFilters, on_lists

#: Products that are offered at once.
MOST_OFFERED = 5


@dataclass(frozen=True, slots=True)
class Compared:
    """A compared product with its history and its known prices, in fen."""

    product: Product
    past: ProductHistory
    prices: list[Held[int]]

    @property
    def reference(self) -> int | None:
        """The first known price in the range: percentages are relative to it. None if there is
        none, or it is 0."""
        return (self.prices[0].value or None) if self.prices else None

    @property
    def extremes(self) -> Sequence[int | None]:
        return extremes(price.value for price in self.past.prices)


def products_for(user: User, num_iid: str, others: Sequence[str]) -> list[Product]:
    """Return the product and the others that the user watches, in this order. One query.

    404 if the user does not watch the first one.
    """
    mine = Watch.objects.for_user(user).filter(product=OuterRef("pk"))
    wanted = Product.objects.filter(Exists(mine), num_iid__in=[num_iid, *others]).select_related(
        "shop"
    )
    by_id = {product.num_iid: product for product in wanted}
    if num_iid not in by_id:
        raise Http404
    return [by_id[key] for key in (num_iid, *others) if key in by_id]


def comparison(products: Sequence[Product], name: str, now: datetime) -> list[Compared]:
    """Return the histories of the products in a range of `RANGES`. Two queries.

    'all' begins with the first data of any of them.
    """
    start = min(starts_at(product, name, now) for product in products)
    pasts = zip(products, histories(products, start, now), strict=True)
    return [Compared(product, past, past.held("price")) for product, past in pasts]


def offered(
    user: User, products: Sequence[Product], filters: ProductFilters, now: datetime
) -> list[Product]:
    """Return further products to compare. Three queries at most.

    A search looks at all of the user's products, the latest changed first. Without one, the rivals
    of the first product are offered, the cheapest first, and then products on its lists."""
    lists = Watchlist.objects.for_user(user)
    if filters.search:
        return _first_of(lists, products, filters, now)
    lists = lists.filter(watches__product=products[0])
    paired = Pairing.objects.seen_by(user).filter(product=products[0], watch__watchlist__in=lists)
    rivals = Product.objects.filter(pk__in=paired.values("rival")).exclude(
        pk__in=[product.pk for product in products]
    )
    offers = rivals.select_related("shop").order_by(STANDING, "price", "pk")[:MOST_OFFERED]
    others = _first_of(lists, products, filters, now)
    return list(dict.fromkeys([*offers, *others]))[:MOST_OFFERED]


def _first_of(
    lists: QuerySet[Watchlist], products: Sequence[Product], filters: ProductFilters, now: datetime
) -> list[Product]:
    keys = list(lists.values_list("pk", flat=True))
    others = on_lists(keys, filters, now).exclude(pk__in=[product.pk for product in products])
    return list(others.select_related("shop").order_by(*order_of("-changed"))[:MOST_OFFERED])
