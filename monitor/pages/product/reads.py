"""A product on the user's lists: what it earns there, and the cheapest others beside it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Value

from monitor.history.reads import WatchedBy
from monitor.margins import Margin, floor_price, margin
from monitor.models import Product, ProductIndex, Watch
from monitor.models.product_index import STANDINGS, order_of
from monitor.pages.product.forms import OwnValuesForm
from monitor.provider.observation import Status

#: Of each list only the cheapest others are shown, and of no more lists than these.
MOST_RIVALS, MOST_LISTS = 3, 20


class Rival(NamedTuple):
    """Another product on the same list, by its key, with its price in fen."""

    watchlist: int
    num_iid: str
    title: str | None
    price: int


@dataclass(slots=True)
class OnList:
    """A product on one of the user's lists. `form` is None for a viewer."""

    watched: WatchedBy
    rivals: list[Rival]
    form: OwnValuesForm | None
    #: Whether the form was saved just now.
    is_saved: bool = False

    @property
    def price(self) -> int | None:
        return self.watched.watch.product.current_price

    @property
    def margin(self) -> Margin | None:
        return margin(self.price, self.watched.watch.cost)

    @property
    def rival_margin(self) -> Margin | None:
        """The margin at the price of the cheapest rival."""
        return margin(self.rivals[0].price, self.watched.watch.cost) if self.rivals else None

    @property
    def floor_price(self) -> int | None:
        return floor_price(self.watched.watch.cost, self.watched.watch.profit)


def rivals_of(product: Product, lists: Iterable[int]) -> Mapping[int, list[Rival]]:
    """Return the cheapest others that are on sale, by list. One query, with a part for each list."""
    parts = []
    for watchlist in list(lists)[:MOST_LISTS]:
        is_there = Exists(Watch.objects.filter(watchlist=watchlist, product=OuterRef("pk")))
        others = ProductIndex.objects.filter(is_there, price__isnull=False).exclude(pk=product.pk)
        on_sale = others.filter(standing=STANDINGS[Status.ON_SALE]).order_by(*order_of("price"))
        cheapest = ProductIndex.objects.filter(pk__in=on_sale.values("pk")[:MOST_RIVALS])
        parts.append(cheapest.annotate(on=Value(watchlist)).values_list("on", "product__num_iid", "title", "price"))
    rivals: dict[int, list[Rival]] = defaultdict(list)
    rows: Any = parts[0].union(*parts[1:], all=True).order_by("price", "product__num_iid") if parts else ()
    for rival in map(Rival._make, rows):
        rivals[rival.watchlist].append(rival)
    return rivals
