"""Page reads. Each function says how many queries it makes; none makes more when there are more rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import (
    Count,
    Exists,
    ExpressionWrapper,
    F,
    FloatField,
    Max,
    Min,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Value,
    Window,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, NullIf, RowNumber, TruncDay

from monitor.dashboard.moves import Move, move
from monitor.dashboard.series import Point
from monitor.models import (
    Alert,
    AlertRead,
    Change,
    Product,
    ProviderAccount,
    Snapshot,
    Usage,
    UsageDay,
    User,
    Watch,
    Watchlist,
)
from monitor.models.usage import provider_day

PAGE = 50
#: A healthy worker takes what is due with the next tick, ten seconds later. What waits longer waits for a reason.
LATE = timedelta(minutes=2)
DAY, WEEK = timedelta(days=1), timedelta(days=7)
SPARKLINE = timedelta(days=30)
#: Of a price that never rests, a sparkline shows the last few changes of each day.
SPARKLINE_CHANGES_A_DAY = 4
FAILING, PAUSED = "failing", "paused"


@dataclass(frozen=True, slots=True)
class Shell:
    """What the frame of every page shows: unread alerts, the day's calls and whether polling goes on."""

    unread: int
    calls: int
    provider_calls: int | None
    budget: int
    circuit_code: str
    circuit_opened_at: datetime | None
    paused_until: datetime | None
    pause_code: str
    late_since: datetime | None

    @property
    def calls_left(self) -> int:
        return max(0, self.budget - self.calls)


def shell(user: User, now: datetime) -> Shell:
    """One query. The larger of the two counts of calls governs, and the smaller of the two caps."""
    day = provider_day(now)
    unread = Alert.objects.for_user(user).unread_by(user).order_by().values(one=Value(1)).annotate(n=Count("pk"))
    told = Usage.objects.filter(day=day).order_by().values("day")
    account = ProviderAccount.objects.all()
    row = (
        User.objects.filter(pk=user.pk)
        .values(
            unread=Coalesce(Subquery(unread.values("n")), 0),
            reserved=Coalesce(Subquery(UsageDay.objects.filter(day=day).values("reserved")), 0),
            used=Subquery(told.annotate(most=Max("provider_used")).values("most")),
            cap=Subquery(told.annotate(least=Min("provider_cap")).values("least")),
            code=Subquery(account.values("circuit_code")[:1]),
            opened=Subquery(account.values("circuit_opened_at")[:1]),
            until=Subquery(account.values("paused_until")[:1]),
            pause=Subquery(account.values("pause_code")[:1]),
            late=Subquery(Product.objects.due(now - LATE).values("next_check_at")[:1]),
        )
        .get()
    )
    rests = row["until"] is not None and row["until"] > now
    ours = settings.PROVIDER_DAILY_CALLS
    return Shell(
        unread=row["unread"],
        calls=max(row["reserved"], row["used"] or 0),
        provider_calls=row["used"],
        budget=min(ours, row["cap"] or ours),
        circuit_code=(row["code"] or "") if row["opened"] else "",
        circuit_opened_at=row["opened"],
        paused_until=row["until"] if rests else None,
        pause_code=(row["pause"] or "") if rests else "",
        late_since=row["late"],
    )


# The products table


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
    prices = _sparklines(products, now)
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
        .annotate(editable=_editable(user, "watchlist"))
        .order_by("watchlist__name", "pk")
    )


def _editable(user: User, watchlist: str) -> Exists:
    return Exists(Watchlist.objects.editable_by(user).filter(pk=OuterRef(watchlist)))


def _sparklines(products: Iterable[Product], now: datetime) -> dict[int, list[Point]]:
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


# Alerts


@dataclass(frozen=True, slots=True)
class AlertFilters:
    """What the inbox is asked for. `kind` is a kind of rule or ''."""

    unread_only: bool = True
    watchlist: int | None = None
    kind: str = ""


def alert_page(user: User, filters: AlertFilters, number: int) -> Page[Alert]:
    """Two queries: the count and one page, the newest first. Each alert has `is_read` for this user."""
    alerts = Alert.objects.for_user(user).annotate(
        is_read=Exists(AlertRead.objects.filter(alert=OuterRef("pk"), user_id=user.pk))
    )
    if filters.unread_only:
        alerts = alerts.filter(is_read=False)
    if filters.watchlist is not None:
        alerts = alerts.filter(watchlist_id=filters.watchlist)
    if filters.kind:
        alerts = alerts.filter(rule_as_it_was__kind=filters.kind)
    alerts = alerts.select_related("watchlist", "product__shop", "shop", "change").order_by("-created_at", "-pk")
    return Paginator(alerts, PAGE).get_page(number)


# Watchlists


@dataclass(frozen=True, slots=True)
class WatchlistCard:
    """A list as one user sees it, and what its checks cost."""

    watchlist: Watchlist
    product_count: int
    calls_a_day: int
    editable: bool


def watchlists(user: User) -> list[WatchlistCard]:
    """Three queries: the user's lists by name with their owners, the members, the watches with a pace of their own."""
    own_pace = Watch.objects.filter(is_paused=False, interval__isnull=False).only("watchlist_id", "interval")
    lists = (
        Watchlist.objects.for_user(user)
        .select_related("owner")
        .annotate(
            product_count=Count("watches"),
            active_count=Count("watches", filter=Q(watches__is_paused=False)),
            editable=_editable(user, "pk"),
        )
        .prefetch_related("memberships__user", Prefetch("watches", own_pace, to_attr="own_pace"))
        .order_by("name", "pk")
    )
    return [_card(one) for one in lists]


def _card(annotated: Any) -> WatchlistCard:
    """A product that two lists watch counts on each: its calls are the price of either."""
    usual = annotated.active_count - len(annotated.own_pace)
    calls = usual * (DAY / annotated.interval) + sum(DAY / watch.interval for watch in annotated.own_pace)
    cost = 0 if annotated.is_paused else round(calls)
    return WatchlistCard(annotated, annotated.product_count, cost, annotated.editable)


def watchlist_choices(user: User) -> list[Watchlist]:
    """One query: the user's lists by name, each with `editable` and `product_count`."""
    lists = Watchlist.objects.for_user(user).annotate(editable=_editable(user, "pk"), product_count=Count("watches"))
    return list(lists.order_by("name", "pk"))
