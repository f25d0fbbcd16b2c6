"""Which products the products table shows, and in what order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import ExpressionWrapper, F, FloatField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import NullIf

from monitor.models import Product, Snapshot, User, Watch

DAY, WEEK = timedelta(days=1), timedelta(days=7)
FAILING, PAUSED = "failing", "paused"
#: More words than these narrow nothing any more.
MOST_WORDS = 8
SORTS = {
    "changed": "changed_at",
    "title": "title",
    "shop": "shop__name",
    "price": "price",
    "day": "day_share",
    "week": "week_share",
    "sales": "sales",
    "status": "status",
    "interval": "interval",
    "checked": "checked_at",
}
#: Moves of the price are reckoned when they give the order, and otherwise for one page's rows only.
MOVES = {"day": DAY, "week": WEEK}


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
    """The products that `user` watches and that pass the filters, in no order."""
    products = _watched(user, filters.watchlist)
    if filters.num_iid:
        products = products.filter(num_iid=filters.num_iid)
    else:
        for word in filters.search.split()[:MOST_WORDS]:
            products = products.filter(
                Q(title__icontains=word) | Q(num_iid__startswith=word) | Q(shop__name__icontains=word)
            )
    if filters.shop is not None:
        products = products.filter(shop_id=filters.shop)
    if filters.changed_within is not None:
        products = products.filter(changed(now - filters.changed_within))
    if filters.lowest is not None:
        products = products.filter(price__gte=filters.lowest)
    if filters.highest is not None:
        products = products.filter(price__lte=filters.highest)
    return _of_status(products, filters.status)


def ordered(products: QuerySet[Product], sort: str, now: datetime) -> QuerySet[Product]:
    """By one of `SORTS`, backwards with a '-' before it; what is not known comes last."""
    name = sort.removeprefix("-")
    if name in MOVES:
        products = products.annotate(**{SORTS[name]: _share(now - MOVES[name])})
    column = F(SORTS[name])
    direction = column.desc(nulls_last=True) if sort.startswith("-") else column.asc(nulls_last=True)
    return products.order_by(direction, "pk")


def failing() -> Q:
    return Q(failing_since__isnull=False, next_check_at__isnull=False)


def changed(since: datetime) -> Q:
    """Something changed after `since`; the first sight of a product is no change."""
    return Q(changed_at__gt=since) & ~Q(changed_at=F("first_data_time"))


def _watched(user: User, watchlist: int | None) -> QuerySet[Product]:
    watches = Watch.objects.for_user(user)
    if watchlist is not None:
        watches = watches.filter(watchlist_id=watchlist)
    return Product.objects.filter(pk__in=watches.values("product"))


def _of_status(products: QuerySet[Product], status: str) -> QuerySet[Product]:
    if not status:
        return products
    if status == FAILING:
        return products.filter(failing())
    if status == PAUSED:
        return products.filter(next_check_at__isnull=True)
    return products.filter(status=status)


def _share(when: datetime) -> Combinable:
    """By which part of itself the price has moved since `when`."""
    past = Snapshot.objects.filter(product=OuterRef("pk"), data_time__lte=when)
    price = Subquery(past.order_by("-data_time").values("price")[:1])
    return ExpressionWrapper((F("price") - price) * Value(1.0) / NullIf(price, Value(0)), output_field=FloatField())
