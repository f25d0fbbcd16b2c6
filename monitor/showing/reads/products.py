"""The filters of the products table."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from monitor.models import Pairing, Product, User, Watch, Watchlist, WatchTag
from monitor.models.catalog import DOUYIN, is_never_found
from monitor.models.figures import PRICE_NOW, REALLY_CHANGED_AT
from monitor.models.watchlists import products_on
from monitor.provider.links import find_num_iid
from monitor.provider.observation import GONE, Status

FAILING, PAUSED = "failing", "paused"
#: Within what time a product changed; or it is cheaper than seven days ago.
CHANGED = {"24h": timedelta(days=1), "7d": timedelta(days=7)}
CHEAPER, RIVALS = "cheaper", "rivals"
MOST_TAGS_OFFERED = 200
#: Further words of a search are ignored.
MOST_WORDS = 8
#: A product can be compared with this many others: more lines could not be distinguished.
MOST_OTHERS = 5


@dataclass(frozen=True, slots=True)
class ProductFilters:
    """`status` is a status word, `failing`, `paused` or ''; `changed` is of `CHANGED` or `CHEAPER`;
    `whose` may be `RIVALS`; prices are in fen."""

    search: str = ""
    num_iid: str = ""
    watchlist: int | None = None
    shop: int | None = None
    tag: str = ""
    status: str = ""
    changed: str = ""
    whose: str = ""
    lowest: int | None = None
    highest: int | None = None
    sort: str = "-changed"
    size: int = 50


def linked_num_iid(search: str) -> str:
    """Return the product ID of a link that was pasted into the search box, else ''."""
    return (find_num_iid(search)[0] if "://" in search else None) or ""


def matching(user: User, filters: ProductFilters, now: datetime) -> QuerySet[Product]:
    """Return the products that `user` watches and that pass the filters, unordered. Reads the
    user's lists at once."""
    lists = Watchlist.objects.for_user(user).values_list("pk", flat=True)
    return on_lists(list(lists), filters, now)


def on_lists(lists: Collection[int], filters: ProductFilters, now: datetime) -> QuerySet[Product]:
    """Return the products that pass the filters. `lists` are all lists that the user may see: as
    keys and not as a query, because the planner needs to know how many products they hold."""
    rivals = Pairing.objects.filter(watch__watchlist__in=lists).values("rival")
    lists = [key for key in lists if filters.watchlist in (None, key)]
    rows = products_on(lists)
    if filters.whose == RIVALS:
        rows = rows.filter(pk__in=rivals)
    if filters.num_iid:
        rows = rows.filter(num_iid=filters.num_iid, platform=DOUYIN)
    else:
        for word in filters.search.split()[:MOST_WORDS]:
            rows = rows.with_word(word)
    if filters.shop is not None:
        rows = rows.filter(shop=filters.shop)
    if filters.tag:
        tagged = WatchTag.objects.filter(name=filters.tag, watch__watchlist__in=lists)
        rows = rows.filter(pk__in=tagged.values("watch__product"))
    if filters.changed == CHEAPER:
        rows = rows.alias(price_now=PRICE_NOW).filter(price_now__lt=F("price_a_week_ago"))
    elif filters.changed:
        rows = rows.alias(moved_at=REALLY_CHANGED_AT).filter(
            moved_at__gt=now - CHANGED[filters.changed]
        )
    return _of_status(rows.between(filters.lowest, filters.highest), filters.status)


def own_watches(user: User, lists: Collection[int]) -> QuerySet[Watch]:
    """Return the watches on `lists` of the user's own products: those with a cost that they see or
    with rivals."""
    paired = Pairing.objects.filter(watch=OuterRef("pk"))
    is_own = Q(shown_cost__isnull=False) | Exists(paired)
    return Watch.objects.with_shown_costs(user).filter(is_own, watchlist__in=lists)


def has_own(user: User, watchlist: int, lists: Collection[int]) -> bool:
    """Return whether a watchlist holds a product of the user's own, as `own_watches` decides it.
    One query."""
    return own_watches(user, lists).filter(watchlist=watchlist).exists()


def tags_on(lists: Iterable[int]) -> list[str]:
    """Return the tags on these lists, by name. Filters offer no more than `MOST_TAGS_OFFERED`. One
    query."""
    tags = WatchTag.objects.filter(watch__watchlist__in=list(lists)).order_by("name").distinct()
    return list(tags.values_list("name", flat=True)[:MOST_TAGS_OFFERED])


def _of_status(rows: QuerySet[Product], status: str) -> QuerySet[Product]:
    if not status:
        return rows
    if status == FAILING:
        return rows.filter(failing_since__isnull=False, next_check_at__isnull=False)
    if status == PAUSED:
        return rows.filter(next_check_at=None)
    # As in `Product.displayed_status`, a product that was found once
    # counts as deleted.
    if status == Status.DELETED:
        return rows.filter(status__in=GONE).exclude(is_never_found())
    if status == Status.NOT_FOUND:
        rows = rows.filter(is_never_found())
    return rows.filter(status=status)
