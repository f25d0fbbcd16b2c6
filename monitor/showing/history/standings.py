"""Where a product stands among its rivals: the figures of the market, by the market's definitions.
All in fen.

Rivals are the pairings of a watch, as far as the user sees them. A product counts while it is on
sale, with a price that is not stale: see `monitor.judging.rules.offers`."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from operator import itemgetter
from statistics import fmean
from typing import Any, NamedTuple

from monitor.judging.changes import FieldChange
from monitor.judging.rules.offers import is_known_at, price_on_sale, values_held
from monitor.models import Change, Pairing, Product, User
from monitor.showing.history.moves import Move, move
from monitor.showing.history.series import IndexPoint
from monitor.showing.history.trends import SPARKLINE, past_prices

#: An offer this near to my price, in percent of it, is level with it.
LEVEL_PERCENT = 1
#: So many changes tell since when rivals have been below.
MOST_STEPS = 500
#: The columns of a product from which `counted_price` is computed.
OFFER = ("price", "status", "answered_at", "interval")


@dataclass(frozen=True, slots=True)
class PriceStanding:
    """My price, or None if it does not count, and those of the rivals that count, in order."""

    price: int | None
    rivals: tuple[int, ...]

    @classmethod
    def of(cls, price: int | None, rivals: Iterable[int | None]) -> "PriceStanding":
        """Leave out prices that are not known, or 0."""
        return cls(price or None, tuple(sorted(rival for rival in rivals if rival)))

    @property
    def lowest(self) -> int | None:
        return self.rivals[0] if self.rivals else None

    @property
    def highest(self) -> int | None:
        return self.rivals[-1] if self.rivals else None

    @property
    def mean(self) -> int | None:
        """The mean of the rivals' prices, rounded half up."""
        n = len(self.rivals)
        return (2 * sum(self.rivals) + n) // (2 * n) if n else None

    @property
    def index(self) -> float | None:
        """My price in percent of the rivals' mean: 100 is the market."""
        if self.price is None or not self.rivals:
            return None
        return self.price * 100 * len(self.rivals) / sum(self.rivals)

    @property
    def position(self) -> int | None:
        """My place by price, from the cheapest; with the same price as the cheapest I am first
        too."""
        if self.price is None or not self.rivals:
            return None
        return 1 + bisect_left(self.rivals, self.price)

    @property
    def places(self) -> int:
        """How many offers count, mine among them if it does."""
        return len(self.rivals) + (self.price is not None)

    @property
    def offers(self) -> tuple[int, int, int]:
        """How many offers are below, level with, and above my price."""
        if self.price is None:
            return 0, 0, 0
        below = bisect_left(self.rivals, -(self.price * (LEVEL_PERCENT - 100) // 100))
        above = bisect_right(self.rivals, self.price * (100 + LEVEL_PERCENT) // 100)
        return below, above - below, len(self.rivals) - above

    @property
    def gap(self) -> Move | None:
        """From the cheapest rival's price to mine: a rise if I am dearer."""
        return move(self.lowest, self.price)


def counted_price(
    price: int | None,
    status: str | None,
    answered_at: datetime | None,
    interval: timedelta | None,
    *,
    at: datetime,
) -> int | None:
    """Return the price with which a product, with these columns of `OFFER`, is compared at a time,
    or None."""
    return price_on_sale(price, status) if is_known_at(at, answered_at, interval) else None


def rivals_of(user: User, now: datetime, **watches: Any) -> dict[int, dict[int, int | None]]:
    """Return the rivals that `user` sees, by watch, each with the price that counts or None. One
    query.

    `watches` are conditions on pairings.
    """
    rivals: dict[int, dict[int, int | None]] = defaultdict(dict)
    columns = (f"rival__{name}" for name in OFFER)
    for watch, rival, *offer in (
        Pairing.objects.seen_by(user).filter(**watches).values_list("watch", "rival", *columns)
    ):
        rivals[watch][rival] = counted_price(*offer, at=now)
    return rivals


def is_below(mine: int | None, rival: int | None) -> bool:
    """Return whether a rival's price that counts is below mine, by more than the level."""
    return PriceStanding.of(mine, [rival]).offers[0] > 0


class BelowSince(NamedTuple):
    """`at_least`: what is known begins with `at`; before, it may have been so too."""

    at: datetime
    at_least: bool


def below_since(pairings: Iterable[Pairing], now: datetime) -> list[BelowSince]:
    """Return since when each rival, which is below the product now, has been below it without a
    break. At most 30 days and the newest `MOST_STEPS` changes of them all are read. One query."""
    pairs = [(pairing.product, pairing.rival) for pairing in pairings]
    changes = Change.objects.filter(
        product__in={product for pair in pairs for product in pair},
        field__in=("price", "status"),
        first_seen_after__gt=now - SPARKLINE,
    ).order_by("-first_seen_after")
    rows = list(
        changes.values_list("product_id", "first_seen_after", "field", "before", "after")[
            :MOST_STEPS
        ]
    )
    begin = rows[-1][1] if len(rows) == MOST_STEPS else now - SPARKLINE
    past: dict[int, list[tuple[datetime, FieldChange]]] = defaultdict(list)
    for key, at, *change in reversed(rows):
        past[key].append((at, FieldChange(*change)))
    return [_last_break([(each, past[each.pk]) for each in pair], begin) for pair in pairs]


def _last_break(
    pair: Iterable[tuple[Product, list[tuple[datetime, FieldChange]]]], begin: datetime
) -> BelowSince:
    """Return since when the second product of the pair has been below the first one."""
    mine, rival = (
        [
            (at, price_on_sale(held["price"], held["status"]))
            for at, held in values_held(
                past, begin, {"price": product.price, "status": product.status}
            )
        ]
        for product, past in pair
    )
    times = sorted({at for at, _price in (*mine, *rival)}, reverse=True)
    below = list(takewhile(lambda at: is_below(_value_at(mine, at), _value_at(rival, at)), times))
    since = below[-1] if below else times[0]
    return BelowSince(since, at_least=since == begin)


def index_of_list(standings: Iterable[PriceStanding]) -> float | None:
    """Return the mean of the products' indexes; None without any."""
    indexes = [standing.index for standing in standings if standing.index is not None]
    return fmean(indexes) if indexes else None


def index_line(pairings: Sequence[tuple[int, Collection[int]]], now: datetime) -> list[IndexPoint]:
    """Return the index of products with their rivals at the end of each of 30 days: of each day, by
    the offers that counted then. Three queries."""
    keys = {key for product, rivals in pairings for key in (product, *rivals)}
    products = Product.objects.filter(pk__in=keys).only(*OFFER, "first_data_time").in_bulk()
    prices, statuses = past_prices(list(products.values()), now), _past_statuses(products, now)
    line: list[IndexPoint] = []
    for at in (now - SPARKLINE + timedelta(days=day) for day in range(SPARKLINE.days + 1)):
        offers = {}
        for key, product in products.items():
            status = _value_at(statuses[key], at) if key in statuses else product.status
            offers[key] = counted_price(
                _value_at(prices[key], at), status, product.answered_at, product.interval, at=at
            )
        standings = (
            PriceStanding.of(offers.get(mine), map(offers.get, rivals)) for mine, rivals in pairings
        )
        line.append((at, index_of_list(standings)))
    return line


def _past_statuses(
    products: Collection[int], now: datetime
) -> dict[int, list[tuple[datetime, Any]]]:
    """Return the statuses of 30 days, each with the time from which it holds, of products whose
    status changed. One query."""
    changes = Change.objects.filter(
        product__in=products, field="status", first_seen_after__gt=now - SPARKLINE
    )
    steps: dict[int, list[tuple[datetime, Any]]] = {}
    for key, at, before, after in changes.order_by("first_seen_after").values_list(
        "product_id", "first_seen_after", "before", "after"
    ):
        steps.setdefault(key, [(now - SPARKLINE, before)]).append((at, after))
    return steps


def _value_at[Value](steps: Sequence[tuple[datetime, Value]], at: datetime) -> Value | None:
    place = bisect_right(steps, at, key=itemgetter(0)) - 1
    return steps[place][1] if place >= 0 else None
