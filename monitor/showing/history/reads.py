"""The past of one product, for its page and charts. Each function says how many queries it
makes."""

import itertools
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, NamedTuple, Self

from django.db.models import (
    Exists,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)

from monitor.judging.rules.kinds import Kind
from monitor.models import (
    Alert,
    Change,
    Mute,
    Outage,
    Product,
    Rule,
    Snapshot,
    User,
    Watch,
)
from monitor.models.changes import DRAWN_FIELDS
from monitor.models.clock import UnixSeconds, moment_at, seconds
from monitor.models.rules import follows_list
from monitor.provider.observation import GONE
from monitor.showing.history.facts import Facts, facts
from monitor.showing.history.polling import LATE
from monitor.showing.history.series import Held, Span, held, joined, known

RANGES: dict[str, timedelta | None] = {
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "90d": timedelta(days=90),
    "1y": timedelta(days=365),
    "all": None,
}
DEFAULT_RANGE = "30d"
#: Rows of the table beside the chart.
TABLE_ROWS = 100
#: The newest events and alerts that a chart marks.
MOST_EVENTS = 120


def product_for(user: User, num_iid: str, now: datetime) -> Product:
    """Return the product, if the user watches it; raises `Product.DoesNotExist`. One query.

    `muted_until` is the end of the user's mute, which may be over; `is_claimed` says whether it is
    being checked."""
    mine = Watch.objects.for_user(user).filter(product=OuterRef("pk"))
    mutes = Mute.objects.filter(user=user, product=OuterRef("pk"))
    return (
        Product.objects.filter(Exists(mine))
        .select_related("shop", "stored_content")
        .annotate(muted_until=Subquery(mutes.values("until")), is_claimed=Q(claimed_until__gt=now))
        .get(num_iid=num_iid)
    )


# The history in a range


class ToldState(NamedTuple):
    """One snapshot. Times are Unix seconds, prices fen, sales a lower bound and the step of its
    rounding."""

    data_time: int
    last_seen_before: int | None
    price: int | None
    list_price: int | None
    sku_min_price: int | None
    sku_max_price: int | None
    sales: int | None
    sales_step: int | None
    status: str | None
    from_cache: bool


PRICE_COLUMNS = ("price", "list_price", "sku_min_price", "sku_max_price")
#: A product that is gone has none.
NO_PRICES: Mapping[str, Any] = dict.fromkeys(PRICE_COLUMNS)


@dataclass(frozen=True, slots=True)
class StateHistory[State]:
    """States from `start` to `end`, in order, each with the span in which it held."""

    start: datetime
    end: datetime
    spans: list[Held[State]]

    def held(self, name: str) -> list[Held[int]]:
        """Return when each value of one field held."""
        read = attrgetter(name)
        return joined((read(state), start, end) for state, start, end in self.spans)


@dataclass(frozen=True, slots=True)
class ProductHistory(StateHistory[ToldState]):
    """A product's history. The first of its `states` may have begun earlier. Those of `spans` have
    no price while the product is gone."""

    states: list[ToldState]
    outages: list[Outage]
    #: Checks go on as planned, so the last state still holds.
    goes_on: bool

    @property
    def begin(self) -> int:
        return seconds(self.start)

    @property
    def statuses(self) -> list[Held[str]]:
        """When each status held; '' is an unknown status."""
        return joined((state.status or "", start, end) for state, start, end in self.spans)

    @property
    def prices(self) -> list[Held[int]]:
        """When each price held. The first is the price at the begin of the range, even if no
        check in the range confirmed it."""
        prices, earlier = (
            self.held("price"),
            [state for state in self.states[:1] if state.data_time < self.begin],
        )
        if prices and self.begin < prices[0].start:
            told = (None if state.status in GONE else state.price for state in earlier)
            prices[:0] = joined((price, self.begin, self.begin) for price in told)
        return prices

    @property
    def price_facts(self) -> Facts | None:
        prices = self.prices
        still_holds = self.goes_on and bool(prices) and prices[-1].end == self.spans[-1].end
        return facts(prices, seconds(self.end) if still_holds else None)

    def since(self, start: datetime) -> Self:
        """Return the part from `start` on; the whole, if it begins later."""
        if start <= self.start:
            return self
        spans = known(self.spans, [], seconds(start), seconds(self.end))
        first = bisect_right(self.states, seconds(start), key=lambda state: state.data_time) - 1
        outages = [outage for outage in self.outages if outage.ended_at > start]
        return replace(
            self, start=start, spans=spans, states=self.states[max(first, 0) :], outages=outages
        )


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """A row of the table beside a chart: a state that held, checks that failed, or neither if there
    were no checks."""

    since: datetime
    until: datetime
    state: ToldState | None = None
    outage: Outage | None = None


def table(past: ProductHistory) -> list[HistoryRow]:
    """Return the newest `TABLE_ROWS` spans of a history, and the outages and silences between them,
    the newest first."""
    shown = past.spans[-TABLE_ROWS:]
    begin = moment_at(shown[0].start) if len(past.spans) > TABLE_ROWS else past.start
    rows = [
        HistoryRow(moment_at(start), moment_at(end), state=state) for state, start, end in shown
    ]
    rows += [
        HistoryRow(max(outage.began_at, begin), outage.ended_at, outage=outage)
        for outage in past.outages
        if outage.ended_at > begin
    ]
    rows.sort(key=lambda row: row.since)
    silences = [
        HistoryRow(row.until, following.since)
        for row, following in itertools.pairwise(rows)
        # Spans end in whole seconds, outages do not.
        if following.since - row.until > timedelta(seconds=1)
    ]
    return sorted([*rows, *silences], key=lambda row: row.since, reverse=True)


def starts_at(product: Product, name: str, now: datetime) -> datetime:
    """Return when the range `name` begins: 'all' begins with the first data."""
    length = RANGES[name]
    return now - length if length else (product.first_data_time or now)


def history(product: Product, name: str, now: datetime) -> ProductHistory:
    """Return the history of a product in a range of `RANGES`. Two queries."""
    return history_since(product, starts_at(product, name, now), now)


def history_since(product: Product, start: datetime, now: datetime) -> ProductHistory:
    """Return the history of a product since `start`. Two queries."""
    [past] = histories([product], start, now)
    return past


def histories(products: Sequence[Product], start: datetime, now: datetime) -> list[ProductHistory]:
    """Return the histories of these products since `start`, with the states at `start`. Two
    queries: snapshots and outages."""
    of_all = Product.objects.filter(pk__in=[product.pk for product in products])
    first = Snapshot.objects.filter(pk__in=of_all.values(first=Subquery(_last_until(start))))
    # Two index scans; one condition with OR would read all snapshots.
    states = _told(first, Snapshot.objects.filter(product__in=products, data_time__gt=start))
    outages = defaultdict[int, list[Outage]](list)
    for outage in Outage.objects.filter(product__in=products, ended_at__gt=start).order_by(
        "began_at"
    ):
        outages[outage.product_id].append(outage)
    pasts = []
    for product in products:
        failures = [*outages[product.pk], *outage_now(product, now)]
        failed = [Span(seconds(outage.began_at), seconds(outage.ended_at)) for outage in failures]
        shown = [
            state._replace(**NO_PRICES) if state.status in GONE else state
            for state in states[product.pk]
        ]
        spans = known(
            held(shown, until=seconds(product.data_time or start)),
            failed,
            seconds(start),
            seconds(now),
        )
        pasts.append(
            ProductHistory(start, now, spans, states[product.pk], failures, goes_on(product, now))
        )
    return pasts


def goes_on(product: Product, now: datetime) -> bool:
    """Return whether the last check was answered, and the next one is not late."""
    return (
        product.failing_since is None
        and product.next_check_at is not None
        and product.next_check_at > now - LATE
    )


def states_around(
    products: Sequence[Product], moments: Iterable[int]
) -> Mapping[int, list[ToldState]]:
    """Return the states that held at these moments (Unix seconds), and those that followed them, by
    product and in order. Two queries, which read no more with more snapshots."""
    of_all = Product.objects.filter(pk__in=[product.pk for product in products])
    at_moments = of_all.values_list(
        *(Subquery(_last_until(moment_at(moment))) for moment in moments)
    )
    first = Snapshot.objects.filter(pk__in={key for keys in at_moments for key in keys if key})
    later = Snapshot.objects.filter(
        product=OuterRef("product"), data_time__gt=OuterRef("data_time")
    )
    following = first.values(next=Subquery(later.order_by("data_time").values("pk")[:1]))
    return _told(first, Snapshot.objects.filter(pk__in=following))


def _last_until(moment: datetime) -> QuerySet[Snapshot, Any]:
    """Return the key of a product's state at `moment`, for a subquery."""
    earlier = Snapshot.objects.filter(product=OuterRef("pk"), data_time__lte=moment)
    return earlier.order_by("-data_time").values("pk")[:1]


def _told(*parts: QuerySet[Snapshot]) -> Mapping[int, list[ToldState]]:
    """Return what these two parts of the snapshots told, by product and in order. One query."""
    timed = (
        part.annotate(at=UnixSeconds("data_time"), last=UnixSeconds("last_seen_before"))
        for part in parts
    )
    first, later = (
        part.values_list("product", "at", "last", *ToldState._fields[2:]) for part in timed
    )
    states: dict[int, list[ToldState]] = defaultdict(list)
    for key, *columns in first.union(later, all=True).order_by("product", "at"):
        states[key].append(ToldState._make(columns))
    return states


def outage_now(product: Product, now: datetime) -> list[Outage]:
    """Return the current outage, from the product's own columns."""
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


# What a chart marks


def events(product: Product, since: datetime) -> list[Change]:
    """Return changes that a chart marks beside its lines, in order; at most the newest
    `MOST_EVENTS`. One query."""
    changes = Change.objects.filter(product=product, first_seen_after__gte=since).exclude(
        field__in=DRAWN_FIELDS
    )
    return list(changes.order_by("-first_seen_after", "-pk")[:MOST_EVENTS])[::-1]


def alerts(user: User, product: Product, since: datetime) -> list[Alert]:
    """Return the user's alerts of a product, in order; at most the newest `MOST_EVENTS`. One
    query."""
    rows = (
        Alert.objects.for_user(user)
        .filter(product=product, data_time__gte=since)
        .select_related("product")
    )
    return list(rows.order_by("-data_time", "-pk")[:MOST_EVENTS])[::-1]


def target_prices(user: User, product: Product) -> list[int]:
    """Return the thresholds of the user's rules 'price falls below', the lowest first. One
    query."""
    mine = Watch.objects.for_user(user).filter(product=product)
    of_lists = Q(watch__isnull=True, watchlist__in=mine.filter(follows_list()).values("watchlist"))
    rules = Rule.objects.filter(
        Q(watch__in=mine) | of_lists, kind=Kind.PRICE_BELOW.value, is_active=True
    )
    return sorted(
        {
            threshold
            for threshold in rules.values_list("threshold", flat=True)
            if threshold is not None
        }
    )
