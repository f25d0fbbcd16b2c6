"""What changed for a user since a time: prices, statuses, shop scores.

At most `MOST_CHANGES` of each kind are read, the newest first, with the index `change_newest`: the costs of a page do
not depend on what happened.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from monitor.changes import SCORE_FIELDS, Json
from monitor.history.moves import Move, move
from monitor.history.series import Point
from monitor.history.trends import sparklines
from monitor.mail_times import How
from monitor.models import Change, MailChoice, Product, User, Watch
from monitor.provider.observation import GONE, Status

MOST_CHANGES = 1000
#: Products or shops of each part on a page.
SHOWN = 5
#: The key of a product or shop, a field, and its values before and after.
type Happening = tuple[int | None, str, Json, Json]


class Story(NamedTuple):
    """The value of a field before the first change since, and after the last."""

    before: Json
    after: Json


@dataclass(frozen=True, slots=True)
class ProductNews:
    """A product, the names of the user's lists that it is on, and either its `move` or its statuses."""

    product: Product
    lists: list[str]
    move: Move | None = None
    before: Json = None
    after: Json = None
    prices: list[Point] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ScoreNews:
    """A shop's score that fell. `pk` and `name` are the shop's; `change` has the field and the values."""

    pk: int
    name: str
    change: Change


@dataclass(frozen=True, slots=True)
class Part[Item]:
    """The first items of a kind, and the count of all; `or_more` if counting stopped.

    `reported` is how many of the first items are left out, because they were reported.
    """

    shown: list[Item] = field(default_factory=list)
    count: int = 0
    or_more: bool = False
    reported: int = 0

    @property
    def hidden(self) -> int:
        return self.count - self.reported - len(self.shown)


@dataclass(frozen=True, slots=True)
class News:
    drops: Part[ProductNews]
    rises: Part[ProductNews]
    left: Part[ProductNews]
    back: Part[ProductNews]
    fallen: Part[ScoreNews]

    def __bool__(self) -> bool:
        return any(part.count for part in (self.drops, self.rises, self.left, self.back, self.fallen))


def news(
    user: User, since: datetime, now: datetime, *, mailed: How | None = None, reported: Collection[Happening] = ()
) -> News:
    """Five queries: changes of prices, of statuses and of scores, the products to show, their sparklines.

    `mailed`: only lists whose alerts are mailed to the user in this way, only until `now`, when the next mail begins,
    and without sparklines. Happenings in `reported` are counted but not shown. Moves of products that are gone now are
    left out.
    """
    recent = Change.objects.filter(first_seen_after__gt=since)
    if mailed is not None:
        recent = recent.filter(first_seen_after__lte=now)
    mine = _watches(user, mailed).values("product")
    price_rows = _rows(recent, "price", mine)
    prices, shelf = _stories(price_rows), _stories(_rows(recent, "status", mine))
    gone = {key for key, story in shelf.items() if story.after in GONE}
    moves = {key: price_move for key, story in prices.items() if key not in gone and (price_move := move(*story))}
    by_share = sorted(moves, key=lambda key: _share(moves[key]))
    drops = [key for key in by_share if moves[key].direction == "fall"]
    rises = [key for key in reversed(by_share) if moves[key].direction == "rise"]
    left = [key for key, story in shelf.items() if _on_sale(story.before) and not _on_sale(story.after)]
    back = [key for key, story in shelf.items() if not _on_sale(story.before) and _on_sale(story.after)]

    reported_moves = {key for key, story in prices.items() if (key, "price", *story) in reported}
    reported_places = {key for key, story in shelf.items() if (key, "status", *story) in reported}
    wanted = [key for part in (drops, rises) for key in part[:SHOWN] if key not in reported_moves]
    drawn = set() if mailed else set(wanted)
    wanted += [key for part in (left, back) for key in part[:SHOWN] if key not in reported_places]
    details = _details(user, wanted)
    lines = sparklines([details[key][0] for key in drawn if key in details], now) if drawn else {}

    def moved(keys: list[int]) -> Part[ProductNews]:
        first = [key for key in keys[:SHOWN] if key not in reported_moves]
        shown = [ProductNews(*details[key], moves[key], prices=lines.get(key, [])) for key in first if key in details]
        return Part(shown, len(keys), len(price_rows) == MOST_CHANGES, len(keys[:SHOWN]) - len(first))

    def placed(keys: list[int]) -> Part[ProductNews]:
        first = [key for key in keys[:SHOWN] if key not in reported_places]
        shown = [ProductNews(*details[key], None, *shelf[key]) for key in first if key in details]
        return Part(shown, len(keys), reported=len(keys[:SHOWN]) - len(first))

    return News(moved(drops), moved(rises), placed(left), placed(back), _fallen(_of_shops(recent, mine), reported))


def _watches(user: User, mailed: How | None) -> QuerySet[Watch]:
    """The user's watches, or those on lists whose alerts are mailed in one way."""
    watches = Watch.objects.looked_up_for(user)
    if mailed is None:
        return watches
    choices = MailChoice.objects.filter(user=user)
    if user.mail_how == mailed:
        others = choices.filter(Q(is_off=True) | ~Q(how=mailed.value))
        return watches.exclude(watchlist__in=others.values("watchlist"))
    same = choices.filter(how=mailed.value, is_off=False)
    return watches.filter(watchlist__in=same.values("watchlist"))


def _rows(recent: QuerySet[Change], name: str, mine: QuerySet[Any, Any]) -> list[tuple[int, Json, Json]]:
    """The newest changes of one field of the products `mine`."""
    changes = recent.filter(field=name, product__in=mine).order_by("-first_seen_after")
    return list(changes.values_list("product_id", "before", "after")[:MOST_CHANGES])


def _of_shops(recent: QuerySet[Change], mine: QuerySet[Any, Any]) -> dict[tuple[int, str, str], Story]:
    """Stories of the scores of those products' shops, by the shop, its name and the field."""
    shops = Product.objects.filter(pk__in=mine).values("shop")
    changes = recent.filter(field__in=SCORE_FIELDS, shop__in=shops).order_by("-first_seen_after")
    rows = changes.values_list("shop_id", "shop__name", "shop__shop_id", "field", "before", "after")[:MOST_CHANGES]
    return _stories(((key, name or shop_id, score), before, after) for key, name, shop_id, score, before, after in rows)


def _stories[Key](newest_first: Iterable[tuple[Key, Json, Json]]) -> dict[Key, Story]:
    stories: dict[Key, Story] = {}
    for key, before, after in newest_first:
        stories[key] = Story(before, stories[key].after if key in stories else after)
    return stories


def _share(move: Move) -> float:
    return (move.after - move.before) / move.before if move.before > 0 else 0.0


def _on_sale(status: Json) -> bool:
    return status == Status.ON_SALE.value


def _details(user: User, keys: Collection[int]) -> dict[int, tuple[Product, list[str]]]:
    """The products, each with the names of the user's lists that it is on. One query, or none for no products."""
    if not keys:
        return {}
    watches = Watch.objects.for_user(user).filter(product__in=set(keys)).select_related("watchlist", "product__shop")
    details: dict[int, tuple[Product, list[str]]] = {}
    for watch in watches.order_by("watchlist__name", "pk"):
        details.setdefault(watch.product_id, (watch.product, []))[1].append(watch.watchlist.name)
    return details


def _fallen(scores: dict[tuple[int, str, str], Story], reported: Collection[Happening]) -> Part[ScoreNews]:
    moves = {key: moved for key, story in scores.items() if (moved := move(*story)) and moved.direction == "fall"}
    # By shares, because scales end at 5 or at 100.
    fallen = sorted(moves.items(), key=lambda item: _share(item[1]))
    shown = [
        ScoreNews(pk, name, Change(field=score, before=moved.before, after=moved.after))
        for (pk, name, score), moved in fallen[:SHOWN]
        if (pk, score, moved.before, moved.after) not in reported
    ]
    return Part(shown, len(fallen), reported=min(len(fallen), SHOWN) - len(shown))
