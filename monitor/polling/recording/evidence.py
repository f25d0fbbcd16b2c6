"""What rules read besides a change: the past of products and shops, what they sell a day, and the
rivals that they compare with. Recording, the trial of a rule and its form all judge by it."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from operator import attrgetter

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import RowNumber

from monitor.judging.changes import FieldChange, ProductState
from monitor.judging.rules.conditions import Condition
from monitor.judging.rules.judging import RuleCase
from monitor.judging.rules.kinds import RIVAL_KINDS, UNITS_KINDS, Kind
from monitor.judging.rules.offers import PastChange, is_known_at
from monitor.judging.sales_pace import (
    LOOKS_BACK,
    SalesChange,
    SalesCount,
    SalesEstimate,
    estimate,
)
from monitor.models import Change, Pairing, Product, Rule, Snapshot
from monitor.models.clock import DAY_SECONDS, UnixSeconds, seconds
from monitor.models.watchlists import all_see
from monitor.provider.observation import GONE

#: A reply may be this many days older than the moment at which it is judged.
_SLACK_DAYS = 2


@dataclass(frozen=True, slots=True)
class Evidence:
    """The present case of a product, and the changes that led to it, in order of time."""

    case: RuleCase
    past: Sequence[PastChange]


def evidence_of(
    products: Collection[Product], conditions: Collection[Condition], until: datetime, days: int = 0
) -> dict[int, Evidence]:
    """Return what `conditions` read of products, as far back as they look at `until` or, for a
    trial, on each of the `days` before it. One statement, and two more where they read what is sold
    a day; none if they look at the present alone."""
    keys = [product.pk for product in products]
    pasts = pasts_of("product", keys, conditions, until, days)
    units: dict[int, list[tuple[datetime, tuple[int, int] | None]]] = defaultdict(list)
    if any(condition.kind in UNITS_KINDS for condition in conditions):
        times = [until - timedelta(days=days - day) for day in range(days + 1)]
        for key, at, pace in paces_at(keys, times, until):
            units[key].append((at, _whole_units(pace)))
    return {
        product.pk: _evidence(product, pasts.get(product.pk, []), units.get(product.pk, []))
        for product in products
    }


def _evidence(
    product: Product,
    past: list[PastChange],
    units: Sequence[tuple[datetime, tuple[int, int] | None]],
) -> Evidence:
    for (_, before), (at, after) in pairwise(units):
        past.append(PastChange(at, FieldChange("units", before, after)))  # type: ignore[arg-type]
    past.sort(key=attrgetter("at"))
    begins = product.first_data_time or product.data_time
    sold = units[-1][1] if units else None
    case = RuleCase.of(state_of(product), past, begins, product.data_time, sold)
    return Evidence(case, past)


def _whole_units(pace: SalesEstimate | None) -> tuple[int, int] | None:
    """Return whole units that are certainly sold a day: at least the first number, and less than
    the second."""
    if pace is None or pace.units_high is None:
        return None
    return int(pace.units_low or 0), int(pace.units_high) + 1


def pasts_of(
    subject: str,
    keys: Collection[int],
    conditions: Collection[Condition],
    until: datetime,
    days: int = 0,
) -> dict[int, list[PastChange]]:
    """Return the changes that `conditions` read, by product or shop. One statement, or none."""
    read = (condition.fields_read if days else condition.fields_back for condition in conditions)
    if not (fields := frozenset[str]().union(*read)):
        return {}
    changes = Change.objects.filter(**{f"{subject}__in": keys}, field__in=fields)
    days_back = [condition.days_back for condition in conditions]
    if None not in days_back:
        reach = timedelta(days=max(filter(None, days_back), default=0) + (days or _SLACK_DAYS))
        changes = changes.filter(first_seen_after__gt=until - reach)
    pasts: dict[int, list[PastChange]] = defaultdict(list)
    for key, at, *change in changes.order_by("first_seen_after").values_list(
        f"{subject}_id", "first_seen_after", "field", "before", "after"
    ):
        pasts[key].append(PastChange(at, FieldChange(*change)))
    return pasts


def state_of(product: Product) -> ProductState:
    """Return the part of a product's state that conditions read. Contents are judged by their
    changes alone."""
    return ProductState(price=product.price, sales=product.sales, status=product.status)


def rule_cases(
    asked: Sequence[tuple[Product, Condition, Sequence[Product]]], now: datetime
) -> list[RuleCase]:
    """Return the present case of each product for a condition, with its rivals if it compares.
    Three statements at most."""
    known = {each.pk: each for *_, others in asked for each in others}
    known |= {product.pk: product for product, *_ in asked}
    conditions: dict[int, set[Condition]] = defaultdict(set)
    for product, condition, others in asked:
        if condition.looks_back or condition.kind in UNITS_KINDS:
            for each in (product, *others):
                conditions[each.pk].add(condition)
    reading = [known[key] for key in conditions]
    present = [product for key, product in known.items() if key not in conditions]
    evidence = evidence_of(reading, set().union(*conditions.values()), now)
    evidence |= evidence_of(present, (), now)
    cases = {key: each.case for key, each in evidence.items()}
    return [
        _compared(cases, product, others, now) if condition.spec.among_rivals else cases[product.pk]
        for product, condition, others in asked
    ]


def _compared(
    cases: Mapping[int, RuleCase], product: Product, others: Sequence[Product], now: datetime
) -> RuleCase:
    """Return the case of a product with its rivals. A price that is too old is not compared,
    neither its own nor a rival's."""
    case = cases[product.pk]
    at = max(filter(None, (each.data_time for each in (product, *others))), default=None)
    seen = {each.pk: cases[each.pk].offers if _is_known(each, now) else () for each in others}
    if not _is_known(product, now):
        case = replace(case, state=replace(state_of(product), price=None), offers=())
    return replace(case, at=at, others=seen)


def _is_known(product: Product, now: datetime) -> bool:
    """Return whether the product's offer is known: of one whose checks fail only that it is
    gone."""
    is_gone = product.current_price is None and product.interval is not None
    return is_gone or is_known_at(now, product.answered_at, product.interval)


def rivals_of(
    watchlists: Collection[int], products: Collection[int]
) -> dict[tuple[int, int], list[Product]]:
    """Return the rivals of products, by list and product, that all users of the list see. One
    statement."""
    seen = Pairing.objects.filter(all_see("rival", "watch__watchlist", "watch__watchlist__owner"))
    rows = seen.filter(watch__watchlist__in=watchlists, product__in=products).select_related(
        "watch", "rival"
    )
    rivals: dict[tuple[int, int], list[Product]] = defaultdict(list)
    for row in rows.order_by("pk"):
        rivals[row.watch.watchlist_id, row.product_id].append(row.rival)
    return rivals


def is_compared(rules: QuerySet[Rule] | None = None) -> Q:
    """Return whether an active rule, of `rules`, compares this product with its rivals, or others
    with it."""
    rules = (Rule.objects.all() if rules is None else rules).filter(is_active=True)
    among = Pairing.objects.filter(
        watch__watchlist__in=rules.filter(kind__in=RIVAL_KINDS).values("watchlist")
    )
    paired = Q(rival=OuterRef("pk")) | Q(product=OuterRef("pk"))
    return Q(Exists(among.filter(paired)))


def comparing_rules(products: Collection[int], kinds: Collection[Kind], *, lock: bool) -> list[int]:
    """Return the rules of `kinds` of rivals that have one of `products` on either side.

    With `lock`, when two workers record one side each, the later one sees what the earlier one
    wrote. Products are locked before rules, both in the order of their keys: no deadlock."""
    pairing = Pairing.objects.filter(Q(product__in=products) | Q(rival__in=products)).values(
        "watch__watchlist"
    )
    comparing = Rule.objects.filter(watchlist__in=pairing, is_active=True, kind__in=kinds)
    comparing = comparing.select_for_update(no_key=True) if lock else comparing
    return list(comparing.order_by("pk").values_list("pk", flat=True))


def paces_at(
    keys: Collection[int], times: Sequence[datetime], now: datetime
) -> Iterator[tuple[int, datetime, SalesEstimate | None]]:
    """Yield what each product sold a day, as it was estimated at these times, oldest first. Two
    queries."""
    changes = _changes_of_sales(keys, times[0] - LOOKS_BACK, now)
    with_sales = Snapshot.objects.filter(product=OuterRef("pk"), sales__isnull=False).order_by(
        "data_time"
    )
    products = Product.objects.filter(pk__in=keys).annotate(
        sales_since=Subquery(with_sales.values("data_time")[:1])
    )
    rows = products.values_list("pk", "sales_since", "data_time", "sales", "sales_step", "status")
    for key, sales_since, at, sales, step, status in rows:
        for time in times:
            pace, since = None, time - LOOKS_BACK
            if (
                sales_since
                and sales_since <= time
                and at
                and sales is not None
                and status not in GONE
            ):
                known = [change for change in changes[key] if since < change.until <= time]
                last = SalesCount(min(at, time), known[-1].units if known else sales, step or 1)
                pace = estimate(known, last, max(sales_since, since))
            yield key, time, pace


def _changes_of_sales(
    keys: Collection[int], since: datetime, now: datetime
) -> dict[int, list[SalesChange]]:
    """Return the last change of each of the past days, by product, in order of time. One query."""
    recent = Change.objects.filter(product__in=keys, field="sales", first_seen_after__gt=since)
    days_ago = (seconds(now) - UnixSeconds("first_seen_after")) / DAY_SECONDS
    newest_first = Window(RowNumber(), [F("product"), days_ago], F("first_seen_after").desc())
    rows = recent.annotate(place=newest_first).filter(place=1)
    changes: dict[int, list[SalesChange]] = defaultdict(list)
    columns = rows.values_list(
        "product_id", "before", "after", "last_seen_before", "first_seen_after"
    )
    for product, *change in sorted(columns, key=lambda row: row[-1]):
        changes[product].append(SalesChange(*change))
    return changes
