"""The sandbox's world: what every product and shop is like at any moment, computed from the moment alone."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import NamedTuple

from monitor.sandbox.catalogue import Product, build
from monitor.sandbox.chance import Chance
from monitor.sandbox.pages import Page, PageEdits, Presale
from monitor.sandbox.prices import PriceCurve, Prices
from monitor.sandbox.sales import SalesCurve
from monitor.sandbox.scores import Score, ShopScores
from monitor.sandbox.shelf import Place, Shelf

SEED = 20260401


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductState:
    """A product at one moment, `at` (Unix seconds). Prices are in fen; `sold` is the figure as the record shows it."""

    product: Product
    at: int
    prices: Prices
    units: int
    sold: str | int
    sales_hidden: bool
    stock: int
    place: Place
    page: Page
    scores: dict[str, Score]


class _Life(NamedTuple):
    product: Product
    prices: PriceCurve
    sales: SalesCurve
    shelf: Shelf
    page: PageEdits
    scores: ShopScores


class World:
    """A few hundred products in a dozen shops. Two worlds of one seed agree about every moment."""

    def __init__(self, seed: int = SEED) -> None:
        self.chance = Chance(seed)
        self.shops, products = build(self.chance)
        scores = {shop.shop_id: ShopScores(self.chance, shop) for shop in self.shops}
        self._lives = {product.num_iid: self._life(product, scores[product.shop.shop_id]) for product in products}

    def products(self) -> list[str]:
        """Every num_iid there ever is, the demo merchant's own shop first."""
        return list(self._lives)

    def product(self, num_iid: str) -> Product | None:
        """What never changes about a product, or None for an identifier the world does not know."""
        life = self._lives.get(num_iid)
        return life.product if life else None

    def products_of(self, slug: str) -> list[Product]:
        """The products of the seller called `slug` in the vocabulary."""
        return [life.product for life in self._lives.values() if life.product.shop.seller.slug == slug]

    def state(self, num_iid: str, when: datetime) -> ProductState | None:
        """The product at `when`; None if it does not exist, or the provider cannot find it at that moment."""
        life = self._lives.get(num_iid)
        now = int(when.timestamp())
        if life is None:
            return None
        place = life.shelf.at(now)
        if not place.found:
            return None
        units = life.sales.units(now)
        return ProductState(
            product=life.product,
            at=now,
            prices=life.prices.at(now),
            units=units,
            sold=life.sales.shown(now),
            sales_hidden=life.sales.hidden,
            stock=800 - units % 700,
            place=place,
            page=life.page.at(now),
            scores=life.scores.at(now),
        )

    def tracked(self, num_iid: str, second: int) -> Hashable | None:
        """What is tracked of the product itself at Unix `second`, but for its sales: equal as long as none of it moved.

        None while the provider cannot find it. Raises KeyError for a product the world does not know.
        """
        life = self._lives[num_iid]
        place = life.shelf.at(second)
        if not place.found:
            return None
        page = life.page.at(second)
        # When a presale ends is told, and not tracked.
        return life.prices.at(second), place, page._replace(presale=Presale(page.presale.kind))

    def lasting_changes(self, num_iid: str, start: datetime, end: datetime) -> Iterator[int]:
        """Unix seconds in (start, end] at which something may change for a good while: in no order, some twice.

        Raises KeyError for a product the world does not know, as `restless_changes` does.
        """
        life = self._lives[num_iid]
        span = int(start.timestamp()), int(end.timestamp())
        for part in (life.prices, life.shelf, life.page, life.scores):
            yield from part.lasting(*span)

    def restless_prices(self, num_iid: str, start: datetime, end: datetime) -> Iterator[int]:
        """Unix seconds in (start, end] at which a price that never rests steps."""
        yield from self._lives[num_iid].prices.restless(int(start.timestamp()), int(end.timestamp()))

    def restless_changes(self, num_iid: str, start: datetime, end: datetime, step: int) -> Iterator[int]:
        """Unix seconds in (start, end] at which a restless price steps, or sales moved since `step` seconds before."""
        yield from self.restless_prices(num_iid, start, end)
        life = self._lives[num_iid]
        first, last = int(start.timestamp()), int(end.timestamp())
        sold = life.sales.shown(first)
        for now in range(first + step, last + 1, step):
            if (figure := life.sales.shown(now)) != sold:
                sold = figure
                yield now

    def _life(self, product: Product, scores: ShopScores) -> _Life:
        return _Life(
            product,
            PriceCurve(self.chance, product),
            SalesCurve(self.chance, product),
            Shelf(self.chance, product),
            PageEdits(self.chance, product),
            scores,
        )


@cache
def shared_world() -> World:
    """The one world of this process, which every page of the sandbox and the demo speak of."""
    return World()
