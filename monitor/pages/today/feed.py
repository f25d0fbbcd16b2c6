"""The feed: what happened to each product or shop since the last visit, joined in one row.

What is worth most comes first: the units sold a day times the move in yuan. What left the shelf, or
came back, is worth its revenue a day. Where the units are not known,
the size of a move counts: its share of the larger of two values, so that a price that halves weighs
as much as one that doubles. Prices that only swing come last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from monitor.models import Alert, Change, Product, User, Watch
from monitor.showing.history.moves import Move, excursion
from monitor.showing.history.news import Happenings, Trade, happenings, watches_of
from monitor.showing.history.series import Point
from monitor.showing.history.standings import Undercut, went_below
from monitor.showing.history.trends import sparklines

#: Rows on the page.
SHOWN = 10
#: A score moves in hundredths: a fall by 2 % counts as much as a price's by 20 %.
SCORE_WEIGHT = 10
LAST_CHANGED = ("monitor:products", "sort=-changed")


@dataclass(frozen=True, slots=True)
class NewsKind:
    """What can have happened. `more` is the address of the rest, by a URL name and a query
    string."""

    key: str
    label: Any
    more: tuple[str, str] = LAST_CHANGED


KINDS = (
    NewsKind("below", _("Rivals below my price"), ("monitor:rivals", "show=below")),
    NewsKind("drops", _("Price drops"), ("monitor:products", "sort=day")),
    NewsKind("dips", _("Short sales")),
    NewsKind("rises", _("Price rises"), ("monitor:products", "sort=-day")),
    NewsKind("left", _("Off shelf"), ("monitor:products", "sort=-status")),
    NewsKind("back", _("Back on sale")),
    NewsKind("scores", _("Lower scores"), ("monitor:alerts", "show=all")),
    NewsKind("swings", _("Swings")),
)
#: The kinds that are found among the newest changes of prices.
OF_PRICES = ("drops", "dips", "rises", "swings")


class Worth(NamedTuple):
    """What happened to `units` a day, times what it means for each, in fen."""

    units: float
    fen: int

    @property
    def yuan(self) -> float:
        return self.units * self.fen / 100


@dataclass(frozen=True)
class FeedRow:
    """What happened to a product, or to a shop with lower `scores`.

    `dip` is the move to the lowest price, if it was far below both the first and the last one.
    `swing` is the lowest and the highest price of a product whose price only swings: then there is
    no move. `below` is the user's own product that a rival went below."""

    move: Move | None = None
    dip: Move | None = None
    swing: tuple[int, int] | None = None
    trade: Trade = field(default_factory=Trade)
    below: Undercut | None = None
    has_left: bool = False
    is_back: bool = False
    scores: tuple[Change, ...] = ()
    #: A product that is shown, with the user's watches of it.
    product: Product | None = None
    watches: Sequence[Any] = ()
    prices: list[Point] = field(default_factory=list)
    #: The key and the name of the shop.
    shop: tuple[int, str] | None = None

    @cached_property
    def kinds(self) -> set[str]:
        direction = self.move.direction if self.move else "level"
        is_of = {
            "below": self.below is not None,
            "drops": direction == "fall",
            "dips": self.dip is not None and direction == "level",
            "rises": direction == "rise",
            "left": self.has_left,
            "back": self.is_back,
            "scores": bool(self.scores),
            "swings": self.swing is not None,
        }
        return {kind for kind, is_so in is_of.items() if is_so}

    @property
    def worth(self) -> Worth | None:
        """The largest that is known."""
        units, price = self.trade
        if units is None:
            return None
        fen = [move.difference for move in (self.move, self.dip) if move]
        if price is not None and (self.has_left or self.is_back):
            fen.append(price)
        return Worth(units, max(fen)) if fen else None

    @property
    def place(self) -> tuple[bool, bool, float]:
        """Rows of a smaller place come first: swings alone last, and before them what is worth an
        unknown amount."""
        worth = self.worth
        return self.kinds == {"swings"}, worth is None, -worth.yuan if worth else -self.weight

    @property
    def weight(self) -> float:
        """What left the shelf weighs 2, what came back 1, anything else less."""
        sizes = [2.0 * self.has_left, float(self.is_back)]
        sizes += [share(move.before, move.after) for move in (self.move, self.dip) if move]
        sizes += [share(*self.swing)] if self.swing else []
        sizes += [SCORE_WEIGHT * share(score.before, score.after) for score in self.scores]
        return max(sizes)

    @property
    def has_unread(self) -> bool:
        return any(watch.has_unread for watch in self.watches)


@dataclass(frozen=True, slots=True)
class Feed:
    """`shown` are the first rows, of one `kind` or of all; `counts` are the numbers of rows of each
    kind."""

    shown: list[FeedRow]
    counts: list[dict[str, Any]]
    hidden: int
    or_more: bool
    kind: NewsKind | None = None

    def __bool__(self) -> bool:
        return bool(self.counts)

    @property
    def more(self) -> tuple[str, str]:
        """Where the hidden rows are."""
        return self.kind.more if self.kind else LAST_CHANGED


def feed(user: User, since: datetime, now: datetime, kind: str) -> Feed:
    """Return what happened on the user's lists since a time; `kind` is the key of one of `KINDS`,
    else all are shown.

    At most six queries: changes of prices and statuses, of scores, usual prices, rivals, the
    products to show and their sparklines."""
    watches = Watch.objects.looked_up_for(user)
    changed = happenings(watches, since, now)
    below = went_below(user, watches, changed.moves, changed.back, now)
    rows = [*product_rows(changed, below).items(), *shop_rows(changed).items()]
    numbers = Counter(name for _key, row in rows for name in row.kinds)
    kind = kind if numbers[kind] else ""
    # Of equal rows the newest comes first.
    wanted = sorted(
        (each for each in rows if not kind or kind in each[1].kinds), key=lambda each: each[1].place
    )
    return Feed(
        shown=_with_products(user, wanted[:SHOWN], now),
        counts=[
            {"kind": each, "number": number, "or_more": changed.or_more and each.key in OF_PRICES}
            for each in KINDS
            if (number := numbers[each.key])
        ],
        hidden=max(0, len(wanted) - SHOWN),
        or_more=changed.or_more and (not kind or kind in OF_PRICES),
        kind=next((each for each in KINDS if each.key == kind), None),
    )


def _with_products(user: User, rows: Sequence[tuple[int, FeedRow]], now: datetime) -> list[FeedRow]:
    """Return the rows with their products, the user's watches and prices. Two queries, or none
    without products."""
    unread = Alert.objects.for_user(user).unread_by(user).filter(product=OuterRef("product"))
    mine = Watch.objects.for_user(user).annotate(has_unread=Exists(unread))
    watches = watches_of(mine, [key for key, row in rows if row.shop is None])
    products = {key: of_product[0].product for key, of_product in watches.items()}
    lines = sparklines(list(products.values()), now) if products else {}
    return [
        replace(row, product=products[key], watches=watches[key], prices=lines[key])
        if row.shop is None
        else row
        for key, row in rows
        if row.shop is not None or key in products
    ]


def product_rows(changed: Happenings, below: Mapping[int, Undercut]) -> dict[int, FeedRow]:
    """Return the rows by product, the newest first. A price that came back counts only if it fell
    far in between."""
    moves, swings, left, back = changed.moves, changed.swings, set(changed.left), set(changed.back)
    rows = {
        key: FeedRow(
            move=moves.get(key),
            dip=dip(moves[key], changed.prices[key].lowest) if key in moves else None,
            swing=swings.get(key),
            trade=changed.trades.get(key, Trade()),
            below=below.get(key),
            has_left=key in left,
            is_back=key in back,
        )
        for key in dict.fromkeys([*changed.prices, *changed.statuses])
    }
    return {key: row for key, row in rows.items() if row.kinds}


def shop_rows(changed: Happenings) -> dict[int, FeedRow]:
    """Return the rows by shop."""
    rows: dict[int, FeedRow] = {}
    for (key, name, score), fall in changed.falls.items():
        row = rows.get(key, FeedRow(shop=(key, name)))
        rows[key] = replace(
            row, scores=(*row.scores, Change(field=score, before=fall.before, after=fall.after))
        )
    return rows


def dip(move: Move, lowest: int | None) -> Move | None:
    """Return the move to the lowest price if it was far below both ends of the `move`, otherwise
    None."""
    way = excursion(move, [lowest]) if lowest is not None else None
    return Move(move.before, way.after) if way and way.direction == "fall" else None


def share(first: int, second: int) -> float:
    """Return the difference of two values as a share of the larger one."""
    return abs(first - second) / max(first, second, 1)
