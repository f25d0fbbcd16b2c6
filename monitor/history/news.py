"""What changed for somebody since a moment: prices, shelves, shop scores. A fixed number of queries.

The changes are read newest first and at most `MOST_CHANGES` of each sort, served by `change_newest`, so that a page
costs the same whatever happened.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from monitor.changes import SCORE_FIELDS, Json
from monitor.history.moves import Move, move
from monitor.history.series import Point
from monitor.history.trends import sparklines
from monitor.mail_times import How
from monitor.models import Change, MailChoice, Product, User, Watch
from monitor.provider.observation import GONE, Status

MOST_CHANGES = 1000
#: Entries of each part that a page shows.
SHOWN = 5
#: A product's key, a field, and its values before and after.
type Happening = tuple[int | None, str, Json, Json]


@dataclass(slots=True)
class Story:
    """What became of one value since: how it was before the first change and is after the last one."""

    before: Json
    after: Json
    changes: int = 1


@dataclass(frozen=True, slots=True)
class ProductNews:
    """A product with what happened to it, and the names of the user's lists that it is on."""

    product: Product
    lists: list[str]
    move: Move | None = None
    before: Json = None
    after: Json = None
    prices: list[Point] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ScoreNews:
    """A shop's score that fell. `pk` and `name` are the shop's, `change` has the field's words and the values."""

    pk: int
    name: str
    change: Change


@dataclass(frozen=True, slots=True)
class Part[Item]:
    """The first few of something, and how many there are in all; `or_more` where counting stopped.

    `told`: so many of the first few are told elsewhere.
    """

    shown: list[Item] = field(default_factory=list)
    count: int = 0
    or_more: bool = False
    told: int = 0

    @property
    def hidden(self) -> int:
        return self.count - self.told - len(self.shown)


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
    user: User, since: datetime, now: datetime, *, mailed: How | None = None, told: Collection[Happening] = ()
) -> News:
    """Five queries: changes of prices, of statuses and of scores, the products to be shown, their sparklines.

    `mailed`: only of lists whose alerts are mailed to the user in this way, only until `now`, at which the next mail
    goes on, and no sparklines, for which a mail has no room. What is `told` elsewhere is counted and not shown. Of what
    is gone by now no price has moved.
    """
    recent = Change.objects.filter(first_seen_after__gt=since)
    if mailed is not None:
        recent = recent.filter(first_seen_after__lte=now)
    mine = _watches(user, mailed).values("product")
    prices, cut = _of_products(recent, "price", mine)
    shelf, _ = _of_products(recent, "status", mine)
    scores = _of_shops(recent, mine)
    gone = {key for key, story in shelf.items() if story.after in GONE}
    there = ((key, story) for key, story in prices.items() if key not in gone)
    moved = sorted(((key, found) for key, story in there if (found := _move(story))), key=_share)
    drops = [(key, found) for key, found in moved if found.direction == "fall"]
    rises = [(key, found) for key, found in reversed(moved) if found.direction == "rise"]
    left = [key for key, story in shelf.items() if _on_sale(story.before) and not _on_sale(story.after)]
    back = [key for key, story in shelf.items() if not _on_sale(story.before) and _on_sale(story.after)]
    moved_elsewhere, placed_elsewhere = _among(told, "price", prices), _among(told, "status", shelf)
    wanted = [key for part in (drops, rises) for key, _ in part[:SHOWN] if key not in moved_elsewhere]
    wanted += [key for part in (left, back) for key in part[:SHOWN] if key not in placed_elsewhere]
    details = _details(user, wanted)
    drawn = [] if mailed else [details[key][0] for key, _ in (*drops[:SHOWN], *rises[:SHOWN]) if key in details]
    lines = sparklines(drawn, now) if drawn else {}

    def moves(part: list[tuple[int, Move]]) -> Part[ProductNews]:
        first = [(key, found) for key, found in part[:SHOWN] if key in details and key not in moved_elsewhere]
        shown = [ProductNews(*details[key], move=found, prices=lines.get(key, [])) for key, found in first]
        return Part(shown, len(part), cut, sum(key in moved_elsewhere for key, _ in part[:SHOWN]))

    def places(part: list[int]) -> Part[ProductNews]:
        first = [(key, shelf[key]) for key in part[:SHOWN] if key in details and key not in placed_elsewhere]
        shown = [ProductNews(*details[key], before=story.before, after=story.after) for key, story in first]
        return Part(shown, len(part), told=sum(key in placed_elsewhere for key in part[:SHOWN]))

    return News(moves(drops), moves(rises), places(left), places(back), _fallen(scores))


def _among(told: Collection[Happening], field: str, stories: Mapping[int, Story]) -> set[int]:
    """Those of `stories` that are told elsewhere as they are."""
    return {key for key, story in stories.items() if (key, field, story.before, story.after) in told}


def _watches(user: User, mailed: How | None) -> QuerySet[Watch]:
    """The watches of the user's lists, or of those whose alerts are mailed to the user in one way."""
    watches = Watch.objects.looked_up_for(user)
    if mailed is None:
        return watches
    choices = MailChoice.objects.filter(user=user)
    if user.mail_how == mailed:
        others = choices.filter(Q(is_off=True) | ~Q(how=mailed.value))
        return watches.exclude(watchlist__in=others.values("watchlist"))
    same = choices.filter(how=mailed.value, is_off=False)
    return watches.filter(watchlist__in=same.values("watchlist"))


def _of_products(recent: QuerySet[Change], name: str, mine: QuerySet[Any, Any]) -> tuple[dict[int, Story], bool]:
    """What became of one field of the products `mine`, by product, and whether there may be more."""
    changes = recent.filter(field=name, product__in=mine).order_by("-first_seen_after")
    rows = changes.values_list("product_id", "before", "after")[:MOST_CHANGES]
    return _stories(rows), len(rows) == MOST_CHANGES


def _of_shops(recent: QuerySet[Change], mine: QuerySet[Any, Any]) -> dict[tuple[int, str, str], Story]:
    """What became of the scores of those products' shops, by shop, its name and field."""
    shops = Product.objects.filter(pk__in=mine).values("shop")
    changes = recent.filter(field__in=SCORE_FIELDS, shop__in=shops).order_by("-first_seen_after")
    rows = changes.values_list("shop_id", "shop__name", "shop__shop_id", "field", "before", "after")[:MOST_CHANGES]
    return _stories(((key, name or shop_id, score), was, told) for key, name, shop_id, score, was, told in rows)


def _stories[Key](newest_first: Iterable[tuple[Key, Json, Json]]) -> dict[Key, Story]:
    stories: dict[Key, Story] = {}
    for key, before, after in newest_first:
        if key in stories:
            stories[key].before = before
            stories[key].changes += 1
        else:
            stories[key] = Story(before, after)
    return stories


def _move(story: Story) -> Move | None:
    """The whole move of a price, if it did not come back to where it was."""
    if type(story.before) is not int or type(story.after) is not int or story.before == story.after:
        return None
    return move(story.before, story.after)


def _share(entry: tuple[int, Move]) -> float:
    found = entry[1]
    return (found.after - found.before) / found.before if found.before > 0 else 0.0


def _on_sale(status: Json) -> bool:
    return status == Status.ON_SALE.value


def _details(user: User, keys: Iterable[int]) -> dict[int, tuple[Product, list[str]]]:
    """The products, each with the user's lists that it is on, by name. One query, and none for none."""
    wanted = list(dict.fromkeys(keys))
    if not wanted:
        return {}
    watches = Watch.objects.for_user(user).filter(product__in=wanted).select_related("watchlist", "product__shop")
    found: dict[int, tuple[Product, list[str]]] = {}
    for watch in watches.order_by("watchlist__name", "pk"):
        found.setdefault(watch.product_id, (watch.product, []))[1].append(watch.watchlist.name)
    return found


def _fallen(scores: dict[tuple[int, str, str], Story]) -> Part[ScoreNews]:
    moved = ((key, _move(story)) for key, story in scores.items())
    fallen = [(key, found) for key, found in moved if found and found.after < found.before]
    # By shares: scales end at 5 or at 100.
    fallen.sort(key=lambda entry: entry[1].after / entry[1].before)
    shown = [
        ScoreNews(pk, name, Change(field=score, before=found.before, after=found.after))
        for (pk, name, score), found in fallen[:SHOWN]
    ]
    return Part(shown, len(fallen))
