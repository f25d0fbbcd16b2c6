"""One product's past: what its page and its charts show. Each function says how many queries it makes."""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, NamedTuple

from django.db.models import BigIntegerField, Exists, Func, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from monitor.history.facts import Facts, facts
from monitor.history.polling import LATE
from monitor.history.series import Held, Span, held, joined, known
from monitor.models import Alert, Change, Mute, Outage, Product, Rule, Snapshot, User, Watch, Watchlist
from monitor.models.changes import DRAWN_FIELDS
from monitor.provider.observation import GONE
from monitor.rules.kinds import Kind

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
#: Of very many events a chart marks the newest.
MOST_EVENTS = 120


def seconds(when: datetime) -> int:
    return int(when.timestamp())


def moment_at(unix_seconds: int) -> datetime:
    return datetime.fromtimestamp(unix_seconds, UTC)


def product_for(user: User, num_iid: str, now: datetime) -> Product:
    """The product, if one of the user's lists watches it; raises `Product.DoesNotExist`. One query.

    Its `muted_until` says until when the user has muted it, which may be over, and `is_claimed` whether it is being
    checked.
    """
    mine = Watch.objects.for_user(user).filter(product=OuterRef("pk"))
    mutes = Mute.objects.filter(user=user, product=OuterRef("pk"))
    return (
        Product.objects.filter(Exists(mine))
        .select_related("shop")
        .annotate(muted_until=Subquery(mutes.values("until")), is_claimed=Q(claimed_until__gt=now))
        .get(num_iid=num_iid)
    )


# The history in a range


class UnixSeconds(Func):
    """A time as whole seconds. Of 20,000 snapshots the database tells them in 30 ms; two `datetime` each take 60 ms."""

    output_field = BigIntegerField()
    template = "FLOOR(DATE_PART('epoch', %(expressions)s))::bigint"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="unixepoch(%(expressions)s)", **context)


class ToldState(NamedTuple):
    """What one snapshot told. Times are Unix seconds, prices fen, sales the lower bound and the step it is rounded to.
    What is gone has no price."""

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

    def without_prices(self) -> ToldState:
        return self._replace(price=None, list_price=None, sku_min_price=None, sku_max_price=None)


PRICE_COLUMNS = ("price", "list_price", "sku_min_price", "sku_max_price")


@dataclass(frozen=True, slots=True)
class ProductHistory:
    """What is known of a product from `start` to `end`: its states, in order, and when they held.

    The first one may have begun earlier.
    """

    start: datetime
    end: datetime
    states: list[ToldState]
    outages: list[Outage]
    spans: list[Held[ToldState]]
    #: Checks go on as planned: what the last one told stands until another one says otherwise.
    goes_on: bool = False

    @property
    def begin(self) -> int:
        return seconds(self.start)

    def held(self, name: str) -> list[Held[int]]:
        """When which value of one field of the states held."""
        read = attrgetter(name)
        return joined((read(state), start, end) for state, start, end in self.spans)

    @property
    def statuses(self) -> list[Held[str]]:
        """When the product was known to be what; '' is a status that was not told."""
        return joined((state.status or "", start, end) for state, start, end in self.spans)

    @property
    def price_facts(self) -> Facts | None:
        prices = self.held("price")
        stands = self.goes_on and bool(prices) and prices[-1].end == self.spans[-1].end
        return facts(prices, seconds(self.end) if stands else None)


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """A line of the table beside a chart: a state that held, checks that failed or, without either, no checks."""

    since: datetime
    until: datetime
    state: ToldState | None = None
    outage: Outage | None = None


def table(past: ProductHistory) -> list[HistoryRow]:
    """The newest `TABLE_ROWS` spans of a history, the newest first, with what kept them apart."""
    shown = past.spans[-TABLE_ROWS:]
    begin = moment_at(shown[0].start) if len(past.spans) > TABLE_ROWS else past.start
    rows = [HistoryRow(moment_at(start), moment_at(end), state=state) for state, start, end in shown]
    rows += [
        HistoryRow(max(outage.began_at, begin), outage.ended_at, outage=outage)
        for outage in past.outages
        if outage.ended_at > begin
    ]
    rows.sort(key=lambda row: row.since)
    silences = [
        HistoryRow(row.until, following.since)
        for row, following in itertools.pairwise(rows)
        # A span ends in whole seconds, an outage begins at any moment.
        if following.since - row.until > timedelta(seconds=1)
    ]
    return sorted([*rows, *silences], key=lambda row: row.since, reverse=True)


def starts_at(product: Product, name: str, now: datetime) -> datetime:
    """When the range called `name` begins: 'all' with the first data."""
    length = RANGES[name]
    return now - length if length else (product.first_data_time or now)


def history(product: Product, name: str, now: datetime) -> ProductHistory:
    """Two queries: the snapshots and the outages that a range of `RANGES` touches."""
    start = starts_at(product, name, now)
    states = _states(product, start)
    past = Outage.objects.filter(product=product, ended_at__gt=start).order_by("began_at")
    outages = [*past, *outage_now(product, now)]
    silent = [Span(seconds(outage.began_at), seconds(outage.ended_at)) for outage in outages]
    spans = known(held(states, until=seconds(product.data_time or start)), silent, seconds(start), seconds(now))
    return ProductHistory(start, now, states, outages, spans, goes_on(product, now))


def goes_on(product: Product, now: datetime) -> bool:
    """The last check was answered, and the next one is not late."""
    return product.failing_since is None and product.next_check_at is not None and product.next_check_at > now - LATE


def _states(product: Product, start: datetime) -> list[ToldState]:
    """The states that a range touches, in order: the one at its start and every later one."""
    snapshots = Snapshot.objects.filter(product=product)
    before = snapshots.filter(data_time__lte=start).order_by("-data_time").values("data_time")[:1]
    rows = snapshots.filter(data_time__gte=Coalesce(Subquery(before), start)).order_by("data_time")
    times = (UnixSeconds("data_time"), UnixSeconds("last_seen_before"))
    states = map(ToldState._make, rows.values_list(*times, *ToldState._fields[2:]))
    return [state.without_prices() if state.status in GONE else state for state in states]


def outage_now(product: Product, now: datetime) -> list[Outage]:
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


# What a chart marks


def events(product: Product, since: datetime) -> list[Change]:
    """One query: what a chart marks beside its lines, in order; of very many the newest."""
    changes = Change.objects.filter(product=product, first_seen_after__gte=since).exclude(field__in=DRAWN_FIELDS)
    return list(changes.order_by("-first_seen_after", "-pk")[:MOST_EVENTS])[::-1]


def alerts(user: User, product: Product, since: datetime) -> list[Alert]:
    """One query: the user's alerts of a product, in order; of very many the newest."""
    found = Alert.objects.for_user(user).filter(product=product, data_time__gte=since)
    return list(found.order_by("-data_time", "-pk")[:MOST_EVENTS])[::-1]


def target_prices(user: User, product: Product) -> list[int]:
    """One query: the prices below which the user is told, the lowest first."""
    mine = Watch.objects.for_user(user).filter(product=product)
    own = Rule.objects.filter(watch=OuterRef("pk"), is_active=True)
    of_lists = Q(watch__isnull=True, watchlist__in=mine.filter(~Exists(own)).values("watchlist"))
    rules = Rule.objects.filter(Q(watch__in=mine) | of_lists, kind=Kind.PRICE_BELOW.value, is_active=True)
    return sorted({threshold for threshold in rules.values_list("threshold", flat=True) if threshold is not None})


# Who watches it


@dataclass(slots=True)
class WatchedBy:
    """One of the user's watches of a product, with the rules that apply to it."""

    watch: Watch
    editable: bool
    rules: list[Rule] = field(default_factory=list)
    own_rules: bool = False


def can_edit(user: User, product: Product) -> bool:
    """One query: whether the user may edit a list that the product is on."""
    return Watch.objects.filter(product=product, watchlist__in=Watchlist.objects.editable_by(user)).exists()


def watches_of(user: User, product: Product) -> list[WatchedBy]:
    """One query: the user's watches of a product, with their lists and without their rules."""
    editable = Exists(Watchlist.objects.editable_by(user).filter(pk=OuterRef("watchlist")))
    watches = Watch.objects.for_user(user).filter(product=product).select_related("watchlist")
    found = watches.annotate(editable=editable).order_by("watchlist__name", "pk")
    return [WatchedBy(watch, watch.editable) for watch in found]  # type: ignore[attr-defined]


def watched_by(user: User, product: Product) -> list[WatchedBy]:
    """Two queries: the user's watches of a product, and their rules; a watch's own rules replace its list's."""
    found = watches_of(user, product)
    own: dict[int, list[Rule]] = defaultdict(list)
    of_list: dict[int, list[Rule]] = defaultdict(list)
    for rule in _rules(user, product):
        if rule.watch_id is not None:
            own[rule.watch_id].append(rule)
        else:
            of_list[rule.watchlist_id].append(rule)
    for one in found:
        one.own_rules = one.watch.pk in own
        one.rules = own[one.watch.pk] if one.own_rules else of_list[one.watch.watchlist_id]
    return found


def _rules(user: User, product: Product) -> QuerySet[Rule]:
    mine = Watch.objects.for_user(user).filter(product=product).order_by()
    of_lists = Q(watch__isnull=True, watchlist__in=mine.values("watchlist"))
    rules = Rule.objects.filter(Q(watch__in=mine.values("pk")) | of_lists, is_active=True)
    return rules.for_reader(user).order_by("pk")
