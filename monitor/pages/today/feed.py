"""The rest of the news: what happened to each product's price or shop's scores since the last
visit, joined in one row.

What is worth most comes first: the units sold a day times the move in yuan. Where the units are not
known, the size of a move counts: its share of the larger of two values, so that a price that halves
weighs as much as one that doubles. Flash sales that ended, and prices that only swing, are
apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from monitor.models import Change, Product
from monitor.showing.history.moves import Move, excursion
from monitor.showing.history.news import Happenings, Trade

#: Rows on the page, and rows of flash sales and swings.
SHOWN, MINOR_SHOWN = 8, 20
#: A score moves in hundredths: a fall by 2 % counts as much as a price's by 20 %.
SCORE_WEIGHT = 10


class Worth(NamedTuple):
    """What happened to `units` a day, times what it means for each, in fen."""

    units: float
    fen: int

    @property
    def yuan(self) -> float:
        return self.units * self.fen / 100


@dataclass(frozen=True)
class FeedRow:
    """What happened to a product's price, or to a shop with lower `scores`.

    `dip` is the move to the lowest price, if it was far below both the first and the last one.
    `swing` is the lowest and the highest price of a product whose price only swings: then there is
    no move."""

    move: Move | None = None
    dip: Move | None = None
    swing: tuple[int, int] | None = None
    units: float | None = None
    scores: tuple[Change, ...] = ()
    #: A product that is shown, with the user's watches of it.
    product: Product | None = None
    watches: Sequence[Any] = ()
    #: The key and the name of the shop.
    shop: tuple[int, str] | None = None

    @property
    def is_minor(self) -> bool:
        """Whether the price is what it was, or swings as usual."""
        return not self.scores and (self.move is None or self.move.direction == "level")

    @property
    def worth(self) -> Worth | None:
        """The largest that is known."""
        moves = [move.difference for move in (self.move, self.dip) if move]
        return None if self.units is None or not moves else Worth(self.units, max(moves))

    @property
    def place(self) -> tuple[bool, float]:
        """Rows of a smaller place come first: those worth an unknown amount last."""
        worth = self.worth
        return worth is None, -worth.yuan if worth else -self.weight

    @property
    def weight(self) -> float:
        sizes = [_share(move.before, move.after) for move in (self.move, self.dip) if move]
        sizes += [_share(*self.swing)] if self.swing else []
        sizes += [SCORE_WEIGHT * _share(score.before, score.after) for score in self.scores]
        return max(sizes)

    @property
    def has_unread(self) -> bool:
        return any(watch.has_unread for watch in self.watches)


@dataclass(frozen=True, slots=True)
class Feed:
    """The first rows, and of those with little news the first and the count of all."""

    shown: list[FeedRow]
    hidden: int
    or_more: bool
    minor: list[FeedRow]
    minor_count: int

    def __bool__(self) -> bool:
        return bool(self.shown or self.minor)


type Rows = list[tuple[int, FeedRow]]


def rows_of(changed: Happenings) -> tuple[Rows, Rows]:
    """Return the rows with news and those with little, by product or shop; of equal ones the newest
    comes first."""
    rows = [*_product_rows(changed).items(), *_shop_rows(changed).items()]
    rows.sort(key=lambda row: row[1].place)
    news, minor = (
        [row for row in rows if row[1].is_minor == is_minor] for is_minor in (False, True)
    )
    return news, minor


def feed(news: Rows, minor: Rows, watches: Mapping[int, Sequence[Any]], *, or_more: bool) -> Feed:
    """Return the feed of what `rows_of` returned, with the products of the `watches`."""
    return Feed(
        shown=_with_products(news[:SHOWN], watches),
        hidden=max(0, len(news) - SHOWN),
        or_more=or_more,
        minor=_with_products(minor[:MINOR_SHOWN], watches),
        minor_count=len(minor),
    )


def _with_products(rows: Rows, watches: Mapping[int, Sequence[Any]]) -> list[FeedRow]:
    return [
        row if row.shop else replace(row, product=watches[key][0].product, watches=watches[key])
        for key, row in rows
        if row.shop or key in watches
    ]


def _product_rows(changed: Happenings) -> dict[int, FeedRow]:
    """Return the rows by product, the newest first. A price that came back counts only if it fell
    far in between."""
    rows, moves, swings = {}, changed.moves, changed.swings
    for key, prices in changed.prices.items():
        move, swing = moves.get(key), swings.get(key)
        way = _dip(move, prices.lowest) if move else None
        if swing or way or (move and move.direction != "level"):
            units = changed.trades.get(key, Trade()).units
            rows[key] = FeedRow(move=move, dip=way, swing=swing, units=units)
    return rows


def _shop_rows(changed: Happenings) -> dict[int, FeedRow]:
    rows: dict[int, FeedRow] = {}
    for (key, name, score), fall in changed.falls.items():
        row = rows.get(key, FeedRow(shop=(key, name)))
        rows[key] = replace(
            row, scores=(*row.scores, Change(field=score, before=fall.before, after=fall.after))
        )
    return rows


def _dip(move: Move, lowest: int | None) -> Move | None:
    """Return the move to the lowest price if it was far below both ends of the `move`, otherwise
    None."""
    way = excursion(move, [lowest]) if lowest is not None else None
    return Move(move.before, way.after) if way and way.direction == "fall" else None


def _share(first: int, second: int) -> float:
    """Return the difference of two values as a share of the larger one."""
    return abs(first - second) / max(first, second, 1)
