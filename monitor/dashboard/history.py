"""One product's past: what its page and its charts show. Each function says how many queries it makes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby

from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from monitor.dashboard.series import Extremes, Held, Span, State, extremes, held, known, values
from monitor.models import Change, Mute, Outage, Product, Rule, Snapshot, User, Watch, Watchlist

RANGES: dict[str, timedelta | None] = {
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "90d": timedelta(days=90),
    "all": None,
}
DEFAULT_RANGE = "30d"
#: Rows of the table beside the chart, and moments in the list of changes, before one has to ask for more.
TABLE_ROWS = 100
MOMENTS = 25
MOMENT_ROWS = 200
MOST_EVENTS = 120
#: Fields that a chart draws as lines or shades, or that move with one.
DRAWN_FIELDS = ("sales", "price", "list_price", "sku_range", "status")


def product_for(user: User, num_iid: str) -> Product:
    """The product, if one of the user's lists watches it; raises `Product.DoesNotExist`. One query.

    Its `muted_until` says until when the user has muted it, which may be over.
    """
    mine = Watch.objects.for_user(user).filter(product=OuterRef("pk"))
    until = Mute.objects.filter(user=user, product=OuterRef("pk")).values("until")
    products = Product.objects.filter(Exists(mine)).annotate(muted_until=Subquery(until))
    return products.select_related("shop").get(num_iid=num_iid)


# The history in a range


@dataclass(frozen=True, slots=True)
class History:
    """What is known of a product from `start` to `end`, the states in order; the first one may have begun earlier."""

    start: datetime
    end: datetime
    states: list[State]
    outages: list[Outage]
    spans: list[Held[State]]

    def held(self, name: str) -> list[Held[int]]:
        return values(self.spans, name)

    @property
    def price_extremes(self) -> Extremes | None:
        return extremes(self.held("price"))


def history(product: Product, name: str, now: datetime) -> History:
    """Two queries: the snapshots and the outages that a range of `RANGES` touches."""
    length = RANGES[name]
    start = now - length if length else (product.first_data_time or now)
    states = _states(product, start)
    past = Outage.objects.filter(product=product, ended_at__gt=start).order_by("began_at")
    outages = [*past, *_outage_now(product, now)]
    spans = held(states, until=product.data_time or start)
    silent = [Span(outage.began_at, outage.ended_at) for outage in outages]
    return History(start, now, states, outages, list(known(spans, silent, start, now)))


def _states(product: Product, start: datetime) -> list[State]:
    snapshots = Snapshot.objects.filter(product=product)
    before = snapshots.filter(data_time__lte=start).order_by("-data_time").values("data_time")[:1]
    rows = (
        snapshots.filter(data_time__gte=Coalesce(Subquery(before), start))
        .order_by("data_time")
        .values_list("data_time", "last_seen_before", "price", "list_price", "sales", "sales_step", "status")
    )
    return [State(*row) for row in rows]


def _outage_now(product: Product, now: datetime) -> list[Outage]:
    """The outage that goes on is told by the product's own columns."""
    if product.failing_since is None or product.failing_since >= now:
        return []
    return [
        Outage(
            product=product,
            outcome=product.last_outcome,
            code=product.last_code,
            began_at=product.failing_since,
            ended_at=now,
            checks=product.failures,
        )
    ]


# The changes


@dataclass(frozen=True, slots=True)
class Moment:
    """What changed between two looks: the changes first seen at one data time."""

    first_seen_after: datetime
    changes: list[Change]

    @property
    def last_seen_before(self) -> datetime:
        return min(change.last_seen_before for change in self.changes)

    @property
    def request_id(self) -> str:
        return self.changes[0].request_id


@dataclass(frozen=True, slots=True)
class Moments:
    shown: list[Moment]
    #: Where the next page begins, if there is one.
    older_than: datetime | None = None


class About(StrEnum):
    """Which changes a timeline tells of."""

    PRODUCT = "product"
    SALES = "sales"
    SHOP = "shop"


def moments(product: Product, about: About, *, since: datetime, before: datetime | None = None) -> Moments:
    """One query: changes, the newest first, at most `MOMENTS` at a time. Sales, which never rest, stand apart."""
    changes = Change.objects.filter(first_seen_after__gte=since)
    if before is not None:
        changes = changes.filter(first_seen_after__lt=before)
    match about:
        case About.PRODUCT:
            changes = changes.filter(product=product).exclude(field="sales")
        case About.SALES:
            changes = changes.filter(product=product, field="sales")
        case About.SHOP:
            changes = changes.filter(shop=product.shop) if product.shop else changes.none()
    rows = list(changes.order_by("-first_seen_after", "pk")[:MOMENT_ROWS])
    found = [Moment(at, list(group)) for at, group in groupby(rows, key=lambda row: row.first_seen_after)]
    if len(rows) == MOMENT_ROWS and len(found) > 1:
        found.pop()  # Cut off in the middle, perhaps: it opens the next page whole.
    more = len(found) > MOMENTS or len(rows) == MOMENT_ROWS
    shown = found[:MOMENTS]
    return Moments(shown, shown[-1].first_seen_after if more else None)


def events(product: Product, since: datetime) -> list[Change]:
    """One query: what a chart marks beside its lines, in order; of very many the newest."""
    changes = Change.objects.filter(product=product, first_seen_after__gte=since).exclude(field__in=DRAWN_FIELDS)
    return list(changes.order_by("-first_seen_after")[:MOST_EVENTS])[::-1]


# Who watches it


@dataclass(slots=True)
class WatchedBy:
    """One of the user's watches of a product, with the rules that apply to it."""

    watch: Watch
    editable: bool
    rules: list[Rule] = field(default_factory=list)
    own_rules: bool = False


def watched_by(user: User, product: Product) -> list[WatchedBy]:
    """Two queries: the user's watches of a product, and their rules; a watch's own rules replace its list's."""
    watches = (
        Watch.objects.for_user(user)
        .filter(product=product)
        .select_related("watchlist")
        .annotate(editable=Exists(Watchlist.objects.editable_by(user).filter(pk=OuterRef("watchlist"))))
        .order_by("watchlist__name", "pk")
    )
    found = [WatchedBy(watch, editable=watch.editable) for watch in watches]  # type: ignore[attr-defined]
    own, of_list = _rules(one.watch for one in found)
    for one in found:
        one.own_rules = one.watch.pk in own
        one.rules = own.get(one.watch.pk) or of_list[one.watch.watchlist_id]
    return found


def _rules(watches: Iterable[Watch]) -> tuple[dict[int, list[Rule]], dict[int, list[Rule]]]:
    keys: Sequence[Watch] = list(watches)
    rules = Rule.objects.filter(
        Q(watch__in=keys) | Q(watch__isnull=True, watchlist__in=[watch.watchlist_id for watch in keys]), is_active=True
    ).order_by("pk")
    own: dict[int, list[Rule]] = {}
    of_list: dict[int, list[Rule]] = defaultdict(list)
    for rule in rules:
        if rule.watch_id is not None:
            own.setdefault(rule.watch_id, []).append(rule)
        else:
            of_list[rule.watchlist_id].append(rule)
    return own, of_list
