"""Which products the products table shows, and in what order."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Case, F, Q, QuerySet, SmallIntegerField, Value, When
from django.db.models.functions import NullIf

from monitor.models import Product, ProductIndex, User, Watchlist
from monitor.models.catalog import DOUYIN, is_never_found
from monitor.provider.observation import GONE, Status

FAILING, PAUSED = "failing", "paused"
CHECKED = "checked"
#: More words than these narrow nothing any more.
MOST_WORDS = 8
_FROM_GOOD_TO_BAD = (
    *(Status.ON_SALE, Status.APPROVED_WAITING, Status.UNDER_REVIEW, Status.OFF_SHELF, Status.REJECTED),
    *(Status.ABNORMAL, Status.BANNED, Status.DELETED, Status.NOT_FOUND),
)
STANDINGS = {status.value: standing for standing, status in enumerate(_FROM_GOOD_TO_BAD)}
#: Both as PostgreSQL's indexes have them, word for word (migration 0020): otherwise those would be of no use.
STANDING = Case(
    *(When(status=status, then=Value(standing)) for status, standing in STANDINGS.items()),
    output_field=SmallIntegerField(),
)
REALLY_CHANGED = NullIf(F("changed_at"), F("first_data_time"))
SORTS: Mapping[str, F | Case] = {
    "changed": F("changed_at"),
    "title": F("title"),
    "shop": F("shop_name"),
    "price": F("price"),
    "day": F("day_share"),
    "week": F("week_share"),
    "sales": F("sales"),
    "status": STANDING,
    "interval": F("interval"),
    CHECKED: F("product__checked_at"),
}


@dataclass(frozen=True, slots=True)
class ProductFilters:
    """What the products table is asked for. `status` is a status word, `failing`, `paused` or ''; prices are fen."""

    search: str = ""
    num_iid: str = ""
    watchlist: int | None = None
    shop: int | None = None
    status: str = ""
    changed_within: timedelta | None = None
    lowest: int | None = None
    highest: int | None = None
    sort: str = "-changed"
    size: int = 50


def matching(user: User, filters: ProductFilters, now: datetime) -> QuerySet[Product]:
    """The products that `user` watches and that pass the filters, in no order. One query at once, for his lists."""
    lists = Watchlist.objects.for_user(user).values_list("pk", flat=True)
    return Product.objects.filter(pk__in=found(list(lists), filters, now).values("pk"))


def found(lists: Collection[int], filters: ProductFilters, now: datetime) -> QuerySet[ProductIndex]:
    """The index's rows of products on `lists` that pass the filters. `lists` are all that somebody may see.

    They come as keys and not as a query, so that the planner knows how many products they hold.
    """
    rows = ProductIndex.objects.on_lists([key for key in lists if filters.watchlist in (None, key)])
    if filters.num_iid:
        rows = rows.filter(product__num_iid=filters.num_iid, product__platform=DOUYIN)
    else:
        for word in filters.search.split()[:MOST_WORDS]:
            rows = rows.with_word(word)
    if filters.shop is not None:
        rows = rows.filter(shop_key=filters.shop)
    if filters.changed_within is not None:
        rows = rows.filter(changed(now - filters.changed_within))
    if filters.lowest is not None:
        rows = rows.filter(price__gte=filters.lowest)
    if filters.highest is not None:
        rows = rows.filter(price__lte=filters.highest)
    return _of_status(rows, filters.status)


def ordered(rows: QuerySet[ProductIndex], sort: str) -> QuerySet[ProductIndex]:
    """By one of `SORTS`, backwards with a '-' before it; what is not known comes last, and is looked at first.

    What has only been seen for the first time has not changed: the newest first, it follows the latest changes.
    """
    name = sort.removeprefix("-")
    column = SORTS[name]
    if sort == "-changed":
        return rows.order_by(REALLY_CHANGED.desc(nulls_last=True), column.desc(nulls_last=True), "pk")
    if sort.startswith("-"):
        return rows.order_by(column.desc(nulls_last=True), "pk")
    if name == CHECKED:
        # The other way round in every respect: each further index on a product's own row costs every check.
        return rows.order_by(column.asc(nulls_first=True), "-pk")
    return rows.order_by(column.asc(nulls_last=True), "pk")


def changed(since: datetime) -> Q:
    """Something changed after `since`; the first sight of a product is no change."""
    return Q(changed_at__gt=since) & ~Q(changed_at=F("first_data_time"))


def _of_status(rows: QuerySet[ProductIndex], status: str) -> QuerySet[ProductIndex]:
    if not status:
        return rows
    if status == FAILING:
        return rows.filter(failing_since__isnull=False, is_paused=False)
    if status == PAUSED:
        return rows.filter(is_paused=True)
    # By the order's own index: one more, of the words, would cost every row that is written.
    rows = rows.alias(standing=STANDING)
    # As `Product.displayed_status`: what was found once and is not found any more counts as deleted.
    if status == Status.DELETED:
        gone = rows.filter(standing__in=[STANDINGS[each] for each in GONE])
        return gone.exclude(is_never_found("product__"))
    if status == Status.NOT_FOUND:
        rows = rows.filter(is_never_found("product__"))
    return rows.filter(standing=STANDINGS[status])
