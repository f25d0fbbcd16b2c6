"""The feed: what happened to each product or shop since the last visit, joined in one row.

What left the shelf comes first, then what came back; then the biggest moves. The size of a move is its share of the
larger of two values, so that a price that halves weighs as much as one that doubles.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from monitor.history.moves import Move, excursion
from monitor.history.news import Happenings, happenings, watches_of
from monitor.history.series import Point
from monitor.history.surges import Surge, new_surges
from monitor.history.trends import sparklines
from monitor.models import Alert, Change, Product, User, Watch

#: Rows on the page.
SHOWN = 10
#: A score moves in hundredths: a fall by 2 % counts as much as a price's by 20 %.
SCORE_WEIGHT = 10
LAST_CHANGED = ("monitor:products", "sort=-changed")


@dataclass(frozen=True, slots=True)
class NewsKind:
    """What can have happened. `more` is the address of the rest, by a URL name and a query string."""

    key: str
    label: Any
    more: tuple[str, str] = LAST_CHANGED


KINDS = (
    NewsKind("drops", _("Price drops"), ("monitor:products", "sort=day")),
    NewsKind("dips", _("Brief drops")),
    NewsKind("rises", _("Price rises"), ("monitor:products", "sort=-day")),
    NewsKind("surges", _("Sales surges"), ("monitor:products", "sort=-sales")),
    NewsKind("left", _("Off shelf"), ("monitor:products", "sort=-status")),
    NewsKind("back", _("Back on sale")),
    NewsKind("scores", _("Lower scores"), ("monitor:alerts", "show=all")),
)
#: The kinds that are found among the newest changes of prices.
OF_PRICES = ("drops", "dips", "rises")


@dataclass(frozen=True, slots=True)
class FeedRow:
    """What happened to a product, or to a shop with lower `scores`.

    `dipped_to` is the lowest price, in fen, if it was far below both the first and the last one.
    """

    move: Move | None = None
    dipped_to: int | None = None
    surge: Surge | None = None
    has_left: bool = False
    is_back: bool = False
    scores: tuple[Change, ...] = ()
    #: A product that is shown, with the user's watches of it.
    product: Product | None = None
    watches: Sequence[Any] = ()
    prices: list[Point] = field(default_factory=list)
    #: The key and the name of the shop.
    shop: tuple[int, str] | None = None

    @property
    def kinds(self) -> set[str]:
        direction = self.move.direction if self.move else "level"
        is_of = {
            "drops": direction == "fall",
            "dips": self.dipped_to is not None and direction == "level",
            "rises": direction == "rise",
            "surges": self.surge is not None,
            "left": self.has_left,
            "back": self.is_back,
            "scores": bool(self.scores),
        }
        return {kind for kind, is_so in is_of.items() if is_so}

    @property
    def weight(self) -> float:
        """What left the shelf weighs 2, what came back 1, anything else less."""
        sizes = [2.0 * self.has_left, float(self.is_back)]
        if self.move is not None:
            lowest = self.move.after if self.dipped_to is None else self.dipped_to
            sizes += [share(self.move.before, price) for price in (self.move.after, lowest)]
        if self.surge is not None:
            sizes.append(1 - 1 / self.surge.times if self.surge.times else 1.0)
        sizes += [SCORE_WEIGHT * share(score.before, score.after) for score in self.scores]
        return max(sizes)

    @property
    def has_unread(self) -> bool:
        return any(watch.has_unread for watch in self.watches)


@dataclass(frozen=True, slots=True)
class Feed:
    """`shown` are the first rows, of one `kind` or of all; `counts` are the numbers of rows of each kind."""

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


def feed(user: User, lists: Collection[int], since: datetime, now: datetime, kind: str) -> Feed:
    """Return what happened on the user's `lists` since a time; `kind` is the key of one of `KINDS`, else all are shown.

    At most six queries: changes of prices, statuses and scores, surges, the products to show and their sparklines.
    """
    changed = happenings(Watch.objects.looked_up_for(user), since, now)
    rows = [*product_rows(changed, new_surges(lists, since, now)).items(), *shop_rows(changed).items()]
    numbers = Counter(name for _key, row in rows for name in row.kinds)
    kind = kind if numbers[kind] else ""
    # Of equal rows the newest comes first.
    wanted = sorted((each for each in rows if not kind or kind in each[1].kinds), key=lambda each: -each[1].weight)
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
    """Return the rows with their products, the user's watches and prices. Two queries, or none without products."""
    unread = Alert.objects.for_user(user).unread_by(user).filter(product=OuterRef("product"))
    mine = Watch.objects.for_user(user).annotate(has_unread=Exists(unread))
    watches = watches_of(mine, [key for key, row in rows if row.shop is None])
    products = {key: of_product[0].product for key, of_product in watches.items()}
    lines = sparklines(list(products.values()), now) if products else {}
    return [
        replace(row, product=products[key], watches=watches[key], prices=lines[key]) if row.shop is None else row
        for key, row in rows
        if row.shop is not None or key in products
    ]


def product_rows(changed: Happenings, surges: Mapping[int, Surge]) -> dict[int, FeedRow]:
    """Return the rows by product, the newest first. A price that came back counts only if it fell far in between."""
    moves, left, back = changed.moves, set(changed.left), set(changed.back)
    rows = {
        key: FeedRow(
            move=moves.get(key),
            dipped_to=dip(moves[key], changed.prices[key].lowest) if key in moves else None,
            surge=surges.get(key),
            has_left=key in left,
            is_back=key in back,
        )
        for key in dict.fromkeys([*moves, *changed.statuses, *surges])
    }
    return {key: row for key, row in rows.items() if row.kinds}


def shop_rows(changed: Happenings) -> dict[int, FeedRow]:
    """Return the rows by shop."""
    rows: dict[int, FeedRow] = {}
    for (key, name, score), fall in changed.falls.items():
        row = rows.get(key, FeedRow(shop=(key, name)))
        rows[key] = replace(row, scores=(*row.scores, Change(field=score, before=fall.before, after=fall.after)))
    return rows


def dip(move: Move, lowest: int | None) -> int | None:
    """Return the lowest price if it was far below both ends of the move, otherwise None."""
    way = excursion(move, [lowest]) if lowest is not None else None
    return way.after if way and way.direction == "fall" else None


def share(first: int, second: int) -> float:
    """Return the difference of two values as a share of the larger one."""
    return abs(first - second) / max(first, second, 1)
