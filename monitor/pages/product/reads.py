"""A product on the user's lists: what it earns there, and how it stands among its rivals."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.judging.margins import Margin, floor_price, margin
from monitor.models import Product, User
from monitor.pages.product.forms import OwnValuesForm
from monitor.showing.history.standings import OFFER, PriceStanding, counted_price, rivals_of
from monitor.watching.access import WatchedBy

#: Of the rivals only the cheapest are shown.
MOST_RIVALS = 3


@dataclass(slots=True)
class OnList:
    """A product on one of the user's lists. `form` is None for a viewer. `rivals` are the cheapest
    of the `paired`."""

    watched: WatchedBy
    standing: PriceStanding
    rivals: list[Product]
    paired: int
    form: OwnValuesForm | None = None
    #: Whether the form was saved just now.
    is_saved: bool = False

    @property
    def price(self) -> int | None:
        price: int | None = self.watched.watch.product.current_price
        return price

    @property
    def margin(self) -> Margin | None:
        return margin(self.price, self.watched.watch.shown_cost)

    @property
    def rival_margin(self) -> Margin | None:
        """The margin at the price of the cheapest rival."""
        return margin(self.standing.lowest, self.watched.watch.shown_cost)

    @property
    def floor_price(self) -> int | None:
        return floor_price(self.watched.watch.shown_cost, self.watched.watch.shown_profit)


def on_lists(
    user: User, product: Product, rows: Sequence[WatchedBy], now: datetime
) -> list[OnList]:
    """Return the product on each of the lists, among its rivals there. Two queries."""
    paired = rivals_of(user, now, watch__in=[row.watch.pk for row in rows])
    prices = {key: price for rivals in paired.values() for key, price in rivals.items() if price}
    products = Product.objects.only("num_iid", "title", "price").in_bulk(prices)
    mine = counted_price(*(getattr(product, name) for name in OFFER), at=now)
    lists = []
    for row in rows:
        row.watch.product = product
        rivals = paired.get(row.watch.pk, {})
        cheapest = sorted(rivals.keys() & products.keys(), key=lambda key: (prices[key], key))[
            :MOST_RIVALS
        ]
        standing = PriceStanding.of(mine, rivals.values())
        lists.append(OnList(row, standing, [products[key] for key in cheapest], len(rivals)))
    return lists
