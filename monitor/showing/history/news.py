"""What changed for a user since a time: prices, statuses, shop scores. A price that only swings as
usual is no move.

At most `MOST_CHANGES` of each kind are read, the newest first, with the index `change_newest`: the
costs of a page do not depend on what happened."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Count, Q, QuerySet, Sum

from monitor.judging.changes import SCORE_FIELDS, Json
from monitor.judging.mail_times import How
from monitor.models import Change, Channel, ChannelChoice, Product, Watch, Watchlist
from monitor.models.clock import UnixSeconds, seconds
from monitor.provider.observation import GONE, Status
from monitor.showing.history.facts import extremes, usual_range
from monitor.showing.history.moves import Move, excursion, move

MOST_CHANGES = 500
#: Products or shops of each part on a page.
SHOWN = 5
WEEK = timedelta(days=7)
#: A price that changed so often in the week before the news swings: it has a usual range that says
#: more than a move.
OFTEN = 7
#: The key of a product or shop, and a field.
type Reported = Collection[tuple[int | None, str]]


class NetChange(NamedTuple):
    """The value of a field before the first change since, after the last, and the lowest and
    highest number of all."""

    before: Json
    after: Json
    lowest: int | None = None
    highest: int | None = None

    def as_change(self, field: str) -> Change:
        return Change(field=field, before=self.before, after=self.after)


class Trade(NamedTuple):
    """The units of a product that are sold a day, and its last price."""

    units: float | None = None
    price: int | None = None


@dataclass(frozen=True, slots=True)
class Happenings:
    """What changed, by product, and for scores by the shop, its name and the field. The newest come
    first.

    `usual`: the usual ranges of prices that swing. `trades`: those of the products whose price or
    status changed. `or_more`: there were more changes of prices than are read."""

    prices: dict[int, NetChange]
    statuses: dict[int, NetChange]
    scores: dict[tuple[int, str, str], NetChange]
    usual: dict[int, tuple[int, int]]
    trades: dict[int, Trade]
    or_more: bool

    @property
    def gone(self) -> set[int]:
        return {key for key, change in self.statuses.items() if change.after in GONE}

    @property
    def swings(self) -> dict[int, tuple[int, int]]:
        """The lowest and highest price of products whose price swung, and stayed in or near its
        usual range."""
        swings, gone = {}, self.gone
        for key, (low, high) in self.usual.items():
            ends = [price for price in self.prices[key][2:] if price is not None]
            if key not in gone and excursion(Move(low, high), ends) is None:
                swings[key] = min(low, *ends), max(high, *ends)
        return swings

    @property
    def moves(self) -> dict[int, Move]:
        """The moves of prices that do not just swing, of products that are not gone now. A price
        that came back is level."""
        left_out = self.gone | self.swings.keys()
        changes = ((key, change) for key, change in self.prices.items() if key not in left_out)
        return {
            key: price_move
            for key, change in changes
            if (price_move := move(change.before, change.after))
        }

    @property
    def left(self) -> list[int]:
        """Products that left the shelf."""
        return [
            key
            for key, change in self.statuses.items()
            if _on_sale(change.before) and not _on_sale(change.after)
        ]

    @property
    def back(self) -> list[int]:
        return [
            key
            for key, change in self.statuses.items()
            if not _on_sale(change.before) and _on_sale(change.after)
        ]

    @property
    def falls(self) -> dict[tuple[int, str, str], Move]:
        """The moves of scores that fell."""
        moves = {
            key: score_move
            for key, change in self.scores.items()
            if (score_move := move(*change[:2]))
        }
        return {
            key: score_move for key, score_move in moves.items() if score_move.direction == "fall"
        }


@dataclass(frozen=True, slots=True)
class ProductNews:
    """The change of a product's price, with the user's watches of it."""

    watches: list[Watch]
    change: Change


@dataclass(frozen=True, slots=True)
class ScoreNews:
    """A shop's score that fell. `pk` and `name` are the shop's; `change` has the field and the
    values."""

    pk: int
    name: str
    change: Change


@dataclass(frozen=True, slots=True)
class Part[Item]:
    """The first items of a kind without those that were reported, and the count of all; `or_more`
    if counting stopped."""

    shown: list[Item] = field(default_factory=list)
    count: int = 0
    or_more: bool = False

    @property
    def hidden(self) -> int:
        return max(self.count - SHOWN, 0)

    @classmethod
    def of(cls, items: Sequence[Item]) -> "Part[Item]":
        return cls(list(items[:SHOWN]), len(items))


@dataclass(frozen=True, slots=True)
class News:
    """`swings` is the number of products whose price only swings as usual."""

    drops: Part[ProductNews]
    rises: Part[ProductNews]
    fallen: Part[ScoreNews]
    swings: int

    def __bool__(self) -> bool:
        return self.swings > 0 or any(part.count for part in (self.drops, self.rises, self.fallen))


def happenings(watches: QuerySet[Watch], since: datetime, until: datetime) -> Happenings:
    """Return what changed on watched products after `since`, not later than `until`. At most four
    queries."""
    recent = Change.objects.filter(first_seen_after__gt=since, first_seen_after__lte=until)
    mine = watches.values("product")
    price_rows, status_rows = (_rows(recent, field, mine) for field in ("price", "status"))
    prices: dict[int, NetChange] = _net_changes(row[:3] for row in price_rows)
    return Happenings(
        prices=prices,
        statuses=_net_changes(row[:3] for row in status_rows),
        scores=_of_shops(recent, mine),
        usual=_usual_ranges(prices, since),
        trades={key: Trade(*trade) for key, _before, _after, *trade in (*price_rows, *status_rows)},
        or_more=len(price_rows) == MOST_CHANGES,
    )


def by_share(changed: Happenings, direction: str) -> list[int]:
    """Return the products whose price moved that way, the largest share first."""
    moves = changed.moves
    keys = [key for key in moves if moves[key].direction == direction]
    return sorted(keys, key=lambda key: -abs(_share(moves[key])))


def news(
    changed: Happenings, watches: Mapping[int, list[Watch]], *, reported: Reported = ()
) -> News:
    """Return what else changed, for a digest. Moves of products that are gone now are left out.

    `watches` are of the first `SHOWN` products `by_share`. What is in `reported` is counted but not
    shown."""

    def part(direction: str) -> Part[ProductNews]:
        keys = by_share(changed, direction)
        shown = [
            ProductNews(watches[key], changed.prices[key].as_change("price"))
            for key in keys[:SHOWN]
            if key in watches and (key, "price") not in reported
        ]
        return Part(shown, len(keys), changed.or_more)

    return News(part("fall"), part("rise"), _fallen(changed.falls, reported), len(changed.swings))


def lists_told_by(channel: Channel, how: How) -> QuerySet[Watchlist]:
    """Return the owner's lists whose alerts come to the channel in one way."""
    lists = Watchlist.objects.for_user(channel.owner)
    choices = ChannelChoice.objects.filter(channel=channel)
    if channel.how == how:
        others = choices.filter(Q(is_off=True) | ~Q(how=how.value))
        return lists.exclude(pk__in=others.values("watchlist"))
    same = choices.filter(how=how.value, is_off=False)
    return lists.filter(pk__in=same.values("watchlist"))


def _rows(recent: QuerySet[Change], field: str, mine: QuerySet[Any, Any]) -> list[Any]:
    """Return the newest changes of a field of the products `mine`, with the fields of `Trade`. One
    query."""
    columns = ("product_id", "before", "after", "product__units", "product__price")
    newest = recent.filter(field=field, product__in=mine).order_by("-first_seen_after")
    return list(newest.values_list(*columns)[:MOST_CHANGES])


def _usual_ranges(products: Collection[int], since: datetime) -> dict[int, tuple[int, int]]:
    """Return the usual ranges of prices in the week before `since`, of products whose price changed
    often then. At most one query.

    How long a price held is the sum of the times at which it ended, less the sum of those at which
    it began. So the database returns a row for each two prices, however often one became the other.
    """
    if not products:
        return {}
    week = Change.objects.filter(
        product__in=products,
        field="price",
        first_seen_after__gt=since - WEEK,
        first_seen_after__lte=since,
    )
    columns = week.order_by().values_list("product", "product__first_data_time", "before", "after")
    held: dict[tuple[int, int], Counter[int]] = defaultdict(Counter)
    changes: Counter[tuple[int, int]] = Counter()
    sums = {"times": Count("pk"), "at": Sum(UnixSeconds("first_seen_after"))}
    for key, first, before, after, times, at in columns.annotate(**sums):
        subject = key, seconds(max(since - WEEK, first or since - WEEK))
        changes[subject] += times
        held[subject][before] += at - times * subject[1]
        held[subject][after] -= at - times * subject[1]
    ranges = {}
    for (key, begin), seconds_held in held.items():
        # The last price has begun once more than it has ended: its sum alone is below zero.
        seconds_held[min(seconds_held, key=seconds_held.__getitem__)] += seconds(since) - begin
        if changes[key, begin] >= OFTEN and (known := +seconds_held):
            ranges[key] = usual_range(known)
    return ranges


def _of_shops(
    recent: QuerySet[Change], mine: QuerySet[Any, Any]
) -> dict[tuple[int, str, str], NetChange]:
    """Return the net changes of the scores of those products' shops, by the shop, its name and the
    field."""
    shops = Product.objects.filter(pk__in=mine).values("shop")
    changes = recent.filter(field__in=SCORE_FIELDS, shop__in=shops).order_by("-first_seen_after")
    rows = changes.values_list(
        "shop_id", "shop__name", "shop__shop_id", "field", "before", "after"
    )[:MOST_CHANGES]
    return _net_changes(
        ((key, name or shop_id, score), before, after)
        for key, name, shop_id, score, before, after in rows
    )


def _net_changes[Key](newest_first: Iterable[tuple[Key, Json, Json]]) -> dict[Key, NetChange]:
    changes: dict[Key, NetChange] = {}
    for key, before, after in newest_first:
        last = changes.get(key)
        known = [
            value for value in (before, after, *(last[2:] if last else ())) if type(value) is int
        ]
        changes[key] = NetChange(before, last.after if last else after, *extremes(known))
    return changes


def _share(move: Move) -> float:
    return (move.after - move.before) / move.before if move.before > 0 else 0.0


def _on_sale(status: Json) -> bool:
    return status == Status.ON_SALE.value


def watches_of(watches: QuerySet[Watch], products: Collection[int]) -> dict[int, list[Watch]]:
    """Return the watches by product, with product, shop and list, ordered by the names of the
    lists. One query."""
    grouped: dict[int, list[Watch]] = {}
    if products:
        rows = watches.filter(product__in=set(products)).select_related(
            "watchlist", "product__shop"
        )
        for watch in rows.order_by("watchlist__name", "pk"):
            grouped.setdefault(watch.product_id, []).append(watch)
    return grouped


def _fallen(falls: dict[tuple[int, str, str], Move], reported: Reported) -> Part[ScoreNews]:
    # By shares, because scales end at 5 or at 100.
    fallen = sorted(falls.items(), key=lambda item: _share(item[1]))
    shown = [
        ScoreNews(pk, name, Change(field=score, before=moved.before, after=moved.after))
        for (pk, name, score), moved in fallen[:SHOWN]
        if (pk, score) not in reported
    ]
    return Part(shown, len(fallen))
