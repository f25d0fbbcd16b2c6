"""The products table's reads. Each says how many queries it makes; none makes more when there are more rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import (
    Count,
    ExpressionWrapper,
    F,
    FloatField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    Window,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import NullIf, RowNumber, TruncDay

from monitor.dashboard.moves import Move, move
from monitor.dashboard.series import Point
from monitor.dashboard.watchlists import editable
from monitor.models import Change, Product, Snapshot, User, Watch

PAGE = 50
DAY, WEEK = timedelta(days=1), timedelta(days=7)
SPARKLINE = timedelta(days=30)
#: Of a price that never rests, a sparkline shows the last few changes of each day.
SPARKLINE_CHANGES_A_DAY = 4
FAILING, PAUSED = "failing", "paused"


@dataclass(frozen=True, slots=True)
class ProductFilters:
    """What the products table is asked for. `status` is a status word, `failing`, `paused` or ''."""

    search: str = ""
    num_iid: str = ""
    watchlist: int | None = None
    status: str = ""
    sort: str = "-changed"


@dataclass(frozen=True, slots=True)
class ProductTotals:
    watched: int
    paused: int
    failing: int
    changed: int


@dataclass(slots=True)
class ProductRow:
    """A product as one user sees it: moves of its price and the lists of his that watch it."""

    product: Product
    day: Move | None
    week: Move | None
    prices: list[Point]
    watches: list[Watch] = field(default_factory=list)
    can_edit: bool = False

    @property
    def is_paused(self) -> bool:
        """None of this user's watches asks for checks."""
        return all(watch.is_paused or watch.watchlist.is_paused for watch in self.watches)


SORTS = {
    "changed": "changed_at",
    "title": "title",
    "price": "price",
    "day": "day_share",
    "week": "week_share",
    "sales": "sales",
    "status": "status",
    "checked": "checked_at",
}


def product_totals(user: User, now: datetime) -> ProductTotals:
    """One query over everything that the user watches."""
    counts = _watched(user).aggregate(
        watched=Count("pk"),
        paused=Count("pk", filter=Q(next_check_at__isnull=True)),
        failing=Count("pk", filter=_failing()),
        changed=Count("pk", filter=Q(changed_at__gt=now - DAY) & ~Q(changed_at=F("first_data_time"))),
    )
    return ProductTotals(**counts)


def product_page(user: User, filters: ProductFilters, number: int, now: datetime) -> Page[ProductRow]:
    """Four queries: the count, the products of one page, their watches and the price changes of their sparklines."""
    page: Page[Product] = Paginator(_filtered(user, filters, now), PAGE).get_page(number)
    products: Sequence[Product] = list(page.object_list)
    prices = sparklines(products, now)
    rows = {
        product.pk: ProductRow(
            product,
            day=move(product.price_a_day_ago, product.price),  # type: ignore[attr-defined]
            week=move(product.price_a_week_ago, product.price),  # type: ignore[attr-defined]
            prices=prices[product.pk],
        )
        for product in products
    }
    for watch in _watches(user, filters, products):
        row = rows[watch.product_id]
        row.watches.append(watch)
        row.can_edit = row.can_edit or watch.editable  # type: ignore[attr-defined]
    return _with_rows(page, list(rows.values()))


def _with_rows[Row](page: Page[Any], rows: list[Row]) -> Page[Row]:
    page.object_list = rows
    return page


def _watched(user: User, watchlist: int | None = None) -> QuerySet[Product]:
    watches = Watch.objects.for_user(user)
    if watchlist is not None:
        watches = watches.filter(watchlist_id=watchlist)
    return Product.objects.filter(pk__in=watches.values("product"))


def _failing() -> Q:
    return Q(failing_since__isnull=False, next_check_at__isnull=False)


def _filtered(user: User, filters: ProductFilters, now: datetime) -> QuerySet[Product]:
    products = _watched(user, filters.watchlist).select_related("shop")
    if filters.num_iid:
        products = products.filter(num_iid=filters.num_iid)
    elif filters.search:
        products = products.filter(
            Q(title__icontains=filters.search)
            | Q(num_iid__startswith=filters.search)
            | Q(shop__name__icontains=filters.search)
        )
    if filters.status == FAILING:
        products = products.filter(_failing())
    elif filters.status == PAUSED:
        products = products.filter(next_check_at__isnull=True)
    elif filters.status:
        products = products.filter(status=filters.status)
    return _sorted(_with_past_prices(products, now), filters.sort)


def _with_past_prices(products: QuerySet[Product], now: datetime) -> QuerySet[Product]:
    def price_at(when: datetime) -> Subquery:
        past = Snapshot.objects.filter(product=OuterRef("pk"), data_time__lte=when)
        return Subquery(past.order_by("-data_time").values("price")[:1])

    def share(name: str) -> Combinable:
        return ExpressionWrapper(
            (F("price") - F(name)) * Value(1.0) / NullIf(F(name), Value(0)), output_field=FloatField()
        )

    return products.annotate(price_a_day_ago=price_at(now - DAY), price_a_week_ago=price_at(now - WEEK)).annotate(
        day_share=share("price_a_day_ago"), week_share=share("price_a_week_ago")
    )


def _sorted(products: QuerySet[Product], sort: str) -> QuerySet[Product]:
    column = F(SORTS[sort.removeprefix("-")])
    direction = column.desc(nulls_last=True) if sort.startswith("-") else column.asc(nulls_last=True)
    return products.order_by(direction, "pk")


def _watches(user: User, filters: ProductFilters, products: Iterable[Product]) -> QuerySet[Watch]:
    watches = Watch.objects.for_user(user).filter(product__in=products)
    if filters.watchlist is not None:
        watches = watches.filter(watchlist_id=filters.watchlist)
    return (
        watches.select_related("watchlist")
        .annotate(editable=editable(user, "watchlist"))
        .order_by("watchlist__name", "pk")
    )


def sparklines(products: Iterable[Product], now: datetime) -> dict[int, list[Point]]:
    """The prices of the last 30 days, each with the time from which it holds; the first one holds from before."""
    since = now - SPARKLINE
    by_key = {product.pk: product for product in products}
    changes = (
        Change.objects.filter(product__in=by_key, field="price", first_seen_after__gte=since)
        .annotate(
            place=Window(
                RowNumber(),
                partition_by=[F("product"), TruncDay("first_seen_after")],
                order_by=F("first_seen_after").desc(),
            )
        )
        .filter(place__lte=SPARKLINE_CHANGES_A_DAY)
        .order_by("product_id", "first_seen_after")
        .values_list("product_id", "first_seen_after", "before", "after")
    )
    prices: dict[int, list[Point]] = defaultdict(list)
    for product_id, at, before, after in changes:
        first_seen = by_key[product_id].first_data_time or since
        prices[product_id] = prices[product_id] or [(max(since, first_seen), before)]
        prices[product_id].append((at, after))
    for key, product in by_key.items():
        prices[key] = prices[key] or [(max(since, product.first_data_time or since), product.price)]
    return prices
