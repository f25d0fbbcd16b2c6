"""What conditions read besides the change: the product's past, and the products that they compare
with."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from monitor.changes import FieldChange, ProductState
from monitor.history.sales_pace import SalesPace
from monitor.models import Change, Pairing, Product, ProductIndex, Rule
from monitor.models.watchlists import all_see
from monitor.rules.backtest import PastChange
from monitor.rules.conditions import Condition
from monitor.rules.judging import KnownValue, Offer, RuleCase
from monitor.rules.kinds import RIVAL_KINDS, UNITS_KINDS, Kind
from monitor.rules.offers import is_known_at, prices_held

#: A reply may be older than the moment at which it is judged.
_SLACK = timedelta(days=2)


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


def rule_cases(
    asked: Sequence[tuple[Product, Condition, Sequence[Product]]], now: datetime
) -> list[RuleCase]:
    """Return the case of each product for a condition, with its rivals if it compares, and as much
    of the past as it looks back on. Two statements at most."""
    known = {each.pk: each for *_, others in asked for each in others} | {
        each.pk: each for each, *_ in asked
    }
    needs = [
        (key.pk, condition) for product, condition, others in asked for key in (product, *others)
    ]
    pasts = _pasts([(key, condition) for key, condition in needs if condition.looks_back], now)
    selling = {key for key, condition in needs if condition.kind in UNITS_KINDS}
    indexes = ProductIndex.objects.in_bulk(selling) if selling else {}
    states = {key: _case(product, pasts.get(key, ())) for key, product in known.items()}
    offers = {
        key: offers_of(known[key], pasts.get(key, ()), units_of(indexes.get(key)))
        for key, condition in needs
        if condition.spec.among_rivals and _is_known(known[key], now)
    }
    cases = []
    for product, condition, others in asked:
        case = states[product.pk]
        if condition.spec.among_rivals:
            at = max(filter(None, (each.data_time for each in (product, *others))), default=None)
            seen = {other.pk: offers.get(other.pk, ()) for other in others}
            # Like a rival, it is not compared by a price that is too old.
            state = (
                state_of(product)
                if product.pk in offers
                else replace(state_of(product), price=None)
            )
            case = replace(case, state=state, at=at, offers=offers.get(product.pk, ()), others=seen)
        cases.append(case)
    return cases


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


def _pasts(
    looking: Collection[tuple[int, Condition]], now: datetime
) -> Mapping[int, list[PastChange]]:
    """Return changes by product. Sales change every hour: they are read only if a condition needs
    them."""
    if not looking:
        return {}
    keys, conditions = zip(*looking, strict=True)
    fields = frozenset[str]().union(*(condition.fields_back for condition in set(conditions)))
    changes = Change.objects.filter(product__in=keys, field__in=fields).order_by(
        "product", "first_seen_after"
    )
    days = [condition.days_back for condition in conditions]
    if None not in days:
        changes = changes.filter(
            first_seen_after__gt=now - timedelta(days=max(filter(None, days))) - _SLACK
        )
    return pasts_of(changes)


def pasts_of(
    changes: QuerySet[Change], subject: str = "product", values: Sequence[str] = ("before", "after")
) -> dict[int, list[PastChange]]:
    """Return changes, which are in order of time, by product or shop; without `values` both are
    None."""
    pasts: dict[int, list[PastChange]] = defaultdict(list)
    for key, at, field, *change in changes.values_list(
        f"{subject}_id", "first_seen_after", "field", *values
    ):
        before, after = change or (None, None)
        pasts[key].append(PastChange(at, FieldChange(field, before, after)))
    return pasts


def _case(product: Product, past: Sequence[PastChange]) -> RuleCase:
    since = product.first_data_time
    prices = prices_held(past, since, product.price, product.status) if since else []
    sales = _sales(product, past)
    return RuleCase(
        state_of(product), (), product.data_time, [KnownValue(*step) for step in prices], sales
    )


def offers_of(
    product: Product, past: Iterable[PastChange], units: tuple[int, int] | None = None
) -> list[Offer]:
    """Return the product as others are compared with it, with `units` from `units_of`, since it was
    first known."""
    at = product.first_data_time or product.data_time
    values: dict[str, Any] = {
        "at": at,
        "price": product.price,
        "status": product.status,
        "units": units,
    }
    steps = sorted((step for step in past if step.change.field in values), key=attrgetter("at"))
    for _at, change in reversed(steps):
        values[change.field] = change.before
    offers = [Offer(**values)] if at else []
    for at, change in steps:
        values |= {"at": at, change.field: change.after}
        offers.append(Offer(**values))
    return offers


def units_of(pace: ProductIndex | SalesPace | None) -> tuple[int, int] | None:
    """Return whole units that are certainly sold a day: at least the first number, and less than
    the second."""
    return (
        None
        if pace is None or pace.units_high is None
        else (int(pace.units_low or 0), int(pace.units_high) + 1)
    )


def state_of(product: Product) -> ProductState:
    """Return the part of a product's state that conditions read. Contents are judged by their
    changes alone."""
    return ProductState(price=product.price, sales=product.sales, status=product.status)


def _sales(product: Product, past: Sequence[PastChange]) -> list[KnownValue]:
    """Return the values in order of time, from the one before the first change to the present
    one."""
    changes = [step for step in past if step.change.field == "sales"]
    first = changes[0].change.before if changes else product.sales
    values = [(product.first_data_time, first), *((at, change.after) for at, change in changes)]
    return [
        KnownValue(at, value) for at, value in values if at is not None and isinstance(value, int)
    ]
