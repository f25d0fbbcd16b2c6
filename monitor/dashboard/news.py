"""What changed for somebody since a moment: prices, shelves, shop scores. A fixed number of queries.

The changes are read newest first and at most `MOST_CHANGES` of each sort, served by `change_newest`, so that a page
costs the same whatever happened.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, cast

from django.db import connection
from django.db.models import BigIntegerField, DateTimeField, F, Q, QuerySet

from monitor.changes import SCORE_FIELDS, Json
from monitor.dashboard.moves import Move, move
from monitor.dashboard.prepared import Given, Prepared, Reader, columns_of
from monitor.dashboard.series import Point
from monitor.dashboard.trends import sparklines
from monitor.models import Change, MailChoice, Product, Shop, User, Watch, Watchlist
from monitor.provider.observation import GONE, Status
from monitor.timing import How

MOST_CHANGES = 1000
#: Entries of each part that a page shows.
SHOWN = 5
#: How alerts are mailed, and whether those of most lists are: for which nothing else is chosen. None: of all lists.
type Way = tuple[How, bool] | None
#: A product's key, a field, and its values before and after.
type Happening = tuple[int | None, str, Json, Json]
NAME_OF_SHOP = ("shop__name", "shop__shop_id")


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
    """Four queries: price changes, changes of status and scores, the products to be shown, their sparklines.

    `mailed`: only of lists whose alerts are mailed to the user in this way, only until `now`, at which the next mail
    goes on, and no sparklines, for which a mail has no room. What is `told` elsewhere is counted and not shown. Of what
    is gone by now no price has moved.
    """
    way = None if mailed is None else (mailed, user.mail_how == mailed)
    span = {"since": since, "until": now}
    prices, cut = _prices(user, span, way)
    shelf, scores = _rare(user, span, way)
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


def _mine(user: User, way: Way) -> Any:
    """The products of the user's lists, or of those whose alerts are mailed to him in one way."""
    watches = Watch.objects.looked_up_for(user)
    if way is None:
        return watches.values("product")
    how, is_of_most = way
    chosen = MailChoice.objects.filter(user=user.pk)
    if is_of_most:
        others = chosen.filter(Q(is_off=True) | ~Q(how=how.value))
        watches = watches.exclude(watchlist__in=others.values("watchlist"))
    else:
        same = chosen.filter(how=how.value, is_off=False)
        watches = watches.filter(watchlist__in=same.values("watchlist"))
    return watches.values("product")


def _changes(way: Way) -> QuerySet[Change]:
    """Those of a mail's span, or all since."""
    recent = Change.objects.filter(first_seen_after__gt=_SINCE)
    return recent if way is None else recent.filter(first_seen_after__lte=_UNTIL)


def _prices(user: User, span: Mapping[str, datetime], way: Way) -> tuple[dict[int, Story], bool]:
    rows = _PRICES[way].tuples(user=user.pk, **span)
    return _stories((product, was, told) for product, was, told in rows), len(rows) == MOST_CHANGES


def _changed_prices(way: Way) -> QuerySet[Any, Any]:
    changes = _changes(way).filter(field="price", product__in=_mine(_READER, way))
    return changes.order_by("-first_seen_after").values_list("product_id", "before", "after")[:MOST_CHANGES]


def _rare(
    user: User, span: Mapping[str, datetime], way: Way
) -> tuple[dict[int, Story], dict[tuple[int, str, str], Story]]:
    """Changes of status by product, and of scores by shop, its name and field, the latest first."""
    rows = _RARE[way].tuples(user=user.pk, **span)
    shelf: list[tuple[int, Any, Any]] = []
    scores: list[tuple[tuple[int, str, str], Any, Any]] = []
    for product, shop, name, shop_id, field_, was, told, _ in rows:
        if product is not None:
            shelf.append((product, was, told))
        else:
            scores.append(((shop, name or shop_id, field_), was, told))
    return _stories(shelf), _stories(scores)


def _changed_rarely(way: Way) -> QuerySet[Any, Any]:
    columns = ("product_id", "shop_id", *NAME_OF_SHOP, "field", "before", "after", "first_seen_after")
    recent = _changes(way)
    mine = _mine(_READER, way)
    shops = Product.objects.filter(pk__in=mine).values("shop")
    of_status = recent.filter(field="status", product__in=mine).values_list(*columns)
    of_scores = recent.filter(field__in=SCORE_FIELDS, shop__in=shops).values_list(*columns)
    arms = [of_status, of_scores]
    if connection.features.supports_slicing_ordering_in_compound:
        # Else all would be read, to put them in order.
        arms = [one.order_by("-first_seen_after")[:MOST_CHANGES] for one in arms]
    return arms[0].union(arms[1], all=True).order_by("-first_seen_after")[:MOST_CHANGES]


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
    given = dict.fromkeys(_KEYS, 0) | dict(zip(_KEYS, wanted, strict=False))
    found: dict[int, tuple[Product, list[str]]] = {}
    for product in _DETAILS.instances(Product, user=user.pk, **given):
        found.setdefault(product.pk, (product, []))[1].append(product.on_list)  # type: ignore[attr-defined]
    return found


def _detailed() -> QuerySet[Any, Any]:
    keys: list[Any] = [Given(name, BigIntegerField()) for name in _KEYS]
    his = Product.objects.filter(pk__in=keys, watches__watchlist__in=Watchlist.objects.for_user(_READER))
    columns = (*columns_of(Product), *columns_of(Shop, "shop"))
    of_lists: QuerySet[Any, Any] = his.values(*columns, on_list=F("watches__watchlist__name"))
    return of_lists.order_by("watches__watchlist__name", "watches")


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


#: As many products as all parts show.
_KEYS = [f"key_{number}" for number in range(4 * SHOWN)]
_EITHER = (False, True)
_READER = cast("User", Reader())
_SINCE, _UNTIL = Given("since", DateTimeField()), Given("until", DateTimeField())
_PRICES, _RARE = (
    {
        way: Prepared(partial(build, way))
        for way in (None, *((how, is_of_most) for how in How for is_of_most in _EITHER))
    }
    for build in (_changed_prices, _changed_rarely)
)
_DETAILS = Prepared(_detailed)
