"""The user's own products among their rivals, and what a pairing may be made of."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from django.db.models import OuterRef, Q, Subquery
from django.urls import reverse

from monitor.judging.likeness import PRICE_FACTOR, Likeness, Traits, most_alike
from monitor.judging.margins import Margin, margin
from monitor.models import Change, Product, User, Watch
from monitor.provider.observation import Status
from monitor.showing.history.series import IndexPoint
from monitor.showing.history.standings import (
    OFFER,
    PriceStanding,
    counted_price,
    index_line,
    rivals_of,
)
from monitor.showing.reads.products import MOST_OTHERS, own_watches
from monitor.showing.reads.watchlists import editable

#: Of more own products the first are shown, and of these with rivals the first are in the line.
MOST_OWN, MOST_DRAWN = 5000, 50
#: Of so many products the most alike are suggested. The first of these that are likely are ticked
#: for a product without rivals.
MOST_COMPARED, MOST_SUGGESTED, MOST_TICKED = 10_000, 12, 3
_COLUMNS = (
    *("pk", "product", "product__title", "product__num_iid", "shown_cost", "product__units"),
    *(f"product__{name}" for name in OFFER),
)
#: What the table shows of products, their rivals and their changes: they are many, and other
#: columns are long.
_OF_RIVALS = ("num_iid", "units_low", "units", "units_high")
_OF_CHANGES = ("field", "before", "after", "first_seen_after", "product__num_iid", "product__title")


@dataclass(frozen=True, slots=True)
class OwnProduct:
    """A product of the user's own on one list, with its standing among the rivals that they see."""

    watch: int
    product: int
    title: str
    cost: int | None
    units: float | None
    standing: PriceStanding
    #: The rivals' keys, each with the price that counts, or None.
    paired: Mapping[int, int | None]

    @property
    def gap(self) -> int | None:
        """In fen: above 0 if it is dearer than the cheapest."""
        gap = self.standing.gap
        return gap.after - gap.before if gap else None

    @property
    def margin(self) -> Margin | None:
        return margin(self.standing.price, self.cost)


#: The value of each order; products without it come last.
SORTS: Mapping[str, Callable[[OwnProduct], Any]] = {
    "title": lambda own: own.title,
    "price": lambda own: own.standing.price,
    "market": lambda own: own.standing.lowest,
    "index": lambda own: own.standing.index,
    "gap": lambda own: own.gap,
    "units": lambda own: own.units,
    "margin": lambda own: own.margin and own.margin.share,
}
#: What a figure above the table stands for.
SHOWS: Mapping[str, Callable[[OwnProduct], object]] = {
    "dearer": lambda own: own.gap is not None and own.gap > 0,
    "first": lambda own: own.standing.position == 1,
    "below": lambda own: own.standing.offers[0],
    "level": lambda own: own.standing.offers[1],
    "above": lambda own: own.standing.offers[2],
    "compared": lambda own: own.standing.index is not None,
    "unpaired": lambda own: not own.paired,
}


def own_products(user: User, lists: Collection[int], now: datetime) -> list[OwnProduct]:
    """Return the user's own products on these lists that they see. Two queries."""
    rivals = rivals_of(user, now, watch__watchlist__in=lists)
    rows: Any = own_watches(user, lists).order_by("pk").values_list(*_COLUMNS)[:MOST_OWN]
    owns = []
    for watch, product, title, num_iid, cost, units, *offer in rows:
        paired = rivals.get(watch, {})
        standing = PriceStanding.of(counted_price(*offer, at=now), paired.values())
        owns.append(OwnProduct(watch, product, title or num_iid, cost, units, standing, paired))
    return owns


def line_of(owns: Collection[OwnProduct], now: datetime) -> list[IndexPoint]:
    """Return the index of `MOST_DRAWN` products together over 30 days."""
    drawn = [own for own in owns if own.paired][:MOST_DRAWN]
    return index_line([(own.product, own.paired) for own in drawn], now)


def in_order(products: Iterable[OwnProduct], sort: str) -> list[OwnProduct]:
    """Sort by a key of `SORTS`, downwards after a '-'."""
    value = SORTS[sort.removeprefix("-")]
    known = sorted((own for own in products if value(own) is not None), key=lambda own: own.title)
    known.sort(key=value, reverse=sort.startswith("-"))
    rest = (own for own in products if value(own) is None)
    return [*known, *sorted(rest, key=lambda own: (not own.paired, own.title))]


@dataclass(slots=True)
class RivalsRow:
    """An own product with its rivals, the cheapest first, and the last change of a price among them
    all."""

    own: OwnProduct
    watch: Any
    rivals: list[Product]
    on_sale: list[Product]
    moved: Change | None

    @property
    def best_seller(self) -> Product | None:
        """The rival that sells most a day."""
        return max(self.rivals, key=lambda rival: rival.units or 0, default=None)

    @property
    def rival_margin(self) -> Margin | None:
        """The margin at the price of the cheapest rival."""
        return margin(self.own.standing.lowest, self.own.cost)

    @property
    def compare(self) -> str:
        """The address at which the product is compared with its cheapest rivals."""
        others = [rival.num_iid for rival in (self.on_sale or self.rivals)[:MOST_OTHERS]]
        return reverse("monitor:compare", args=[self.watch.product.num_iid], query={"with": others})


def rows_of(user: User, owns: Sequence[OwnProduct]) -> list[RivalsRow]:
    """Return the rows of a page. Four queries."""
    keys = [own.watch for own in owns]
    watches = Watch.objects.annotate(editable=editable(user, "watchlist"))
    by_key = watches.select_related("watchlist", "product").in_bulk(keys)
    paired = {key for own in owns for key in own.paired}
    products = Product.objects.only(*_OF_RIVALS).in_bulk(paired)
    moves = _last_moves(owns)
    rows = []
    for own in owns:
        cheapest = sorted(
            own.paired, key=lambda key: (own.paired[key] is None, own.paired[key], key)
        )
        rivals = [products[key] for key in cheapest if key in products]
        if watch := by_key.get(own.watch):
            on_sale = [rival for rival in rivals if own.paired[rival.pk]]
            rows.append(RivalsRow(own, watch, rivals, on_sale, moves.get(own.watch)))
    return rows


def _last_moves(owns: Iterable[OwnProduct]) -> dict[int, Change]:
    """Return by watch the last change of a price among each product with rivals and these. Two
    queries."""
    prices = Change.objects.filter(product=OuterRef("pk"), field="price").order_by(
        "-first_seen_after"
    )
    last = {name: Subquery(prices.values(name)[:1]) for name in ("first_seen_after", "pk")}
    compared = {own.watch: {own.product, *own.paired} for own in owns if own.paired}
    rows = Product.objects.filter(pk__in=set().union(*compared.values())).values_list(
        "pk", *last.values()
    )
    moves = {key: move for key, *move in rows if move[0]}
    known = {watch: [moves[key] for key in keys & moves.keys()] for watch, keys in compared.items()}
    latest = {watch: max(found)[1] for watch, found in known.items() if found}
    changes = Change.objects.select_related("product").only(*_OF_CHANGES).in_bulk(latest.values())
    return {watch: changes[key] for watch, key in latest.items() if key in changes}


class Suggestion(NamedTuple):
    """A product that may be a rival, and why; `likeness` is None for one that was searched or is a
    rival already."""

    product: Product
    likeness: Likeness | None = None


def proposed(likely: Sequence[Suggestion]) -> list[Product]:
    """Return the suggestions that are chosen for a product without rivals, unless the user chooses
    others."""
    return [
        each.product for each in likely[:MOST_TICKED] if each.likeness and each.likeness.is_likely
    ]


def suggested(product: Product, lists: Collection[int], but: Collection[int]) -> list[Suggestion]:
    """Return watched products of other shops that are like this one, the most alike first. Two
    queries."""
    pool = Product.objects.filter(watches__watchlist__in=lists, status=Status.ON_SALE, price__gt=0)
    pool = pool.exclude(pk__in=[product.pk, *but])
    if product.shop_id is not None:
        pool = pool.exclude(shop=product.shop_id)
    if product.category is not None:
        pool = pool.filter(Q(category=product.category) | Q(category=None))
    if mine := product.current_price:
        pool = pool.filter(price__range=(mine // PRICE_FACTOR, mine * PRICE_FACTOR))
    rows = pool.distinct().values_list("pk", "title", "price", "category")
    others = {
        key: Traits(title or "", price, category)
        for key, title, price, category in rows[:MOST_COMPARED]
    }
    mine_traits = Traits(product.title or "", mine, product.category)
    alike = dict(islice(most_alike(mine_traits, others).items(), MOST_SUGGESTED))
    products = Product.objects.select_related("shop").in_bulk(alike)
    return [Suggestion(products[key], alike[key]) for key in alike if key in products]
