"""What conditions read besides the change: the product's past, and the user's own product that they compare with."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from monitor.changes import ProductState
from monitor.models import Change, Product, Rule, Watch
from monitor.rules.conditions import Condition
from monitor.rules.judging import KnownValue, RuleCase

#: A reply may be older than the moment at which it is judged.
_SLACK = timedelta(days=2)

#: A change: before, after, and when it was first seen.
type _Row = tuple[object, object, datetime]


def is_compared_with() -> Exists:
    """Return whether an active rule compares other products with this one."""
    return Exists(Rule.objects.filter(own=OuterRef("pk"), is_active=True))


def lock_comparing_rules(products: Collection[int]) -> list[int]:
    """Lock the rules that compare a price with the user's own product and have one of `products` on either side.

    When two workers record one side each, the later one sees what the earlier one wrote. Products are locked before
    rules, both in the order of their keys: no deadlock.
    """
    watching = Watch.objects.filter(product__in=products).values("watchlist")
    comparing = Rule.objects.filter(Q(own__in=products) | Q(watchlist__in=watching), own__isnull=False, is_active=True)
    return list(comparing.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))


def rule_cases(
    products: Mapping[int, Product], asked: Iterable[tuple[int, Condition]], now: datetime
) -> dict[int, RuleCase]:
    """Return the cases of `products` by key, with as much of the past as their conditions look back on. `asked` are
    pairs of product and condition. One statement, or none."""
    looking = [(key, condition) for key, condition in asked if condition.looks_back and key in products]
    changes = _changes(looking, now) if looking else {}
    return {key: _case(product, changes) for key, product in products.items()}


def _changes(looking: Iterable[tuple[int, Condition]], now: datetime) -> Mapping[tuple[int | None, str], list[_Row]]:
    """Return changes by product and field. Sales change every hour: they are read only if a condition needs them."""
    keys, conditions = {key for key, _ in looking}, {condition for _, condition in looking}
    fields = frozenset[str]().union(*(condition.fields_back for condition in conditions))
    changes = Change.objects.filter(product__in=keys, field__in=fields)
    days = [condition.days_back for condition in conditions]
    if None not in days:
        changes = changes.filter(first_seen_after__gt=now - timedelta(days=max(filter(None, days))) - _SLACK)
    rows: dict[tuple[int | None, str], list[_Row]] = defaultdict(list)
    columns = ("product_id", "field", "before", "after", "first_seen_after")
    for key, field, before, after, at in changes.order_by("product", "first_seen_after").values_list(*columns):
        rows[key, field].append((before, after, at))
    return rows


def _case(product: Product, changes: Mapping[tuple[int | None, str], list[_Row]]) -> RuleCase:
    prices, sales = (_steps(product, field, changes.get((product.pk, field), [])) for field in ("price", "sales"))
    return RuleCase(state_of(product), (), product.data_time, prices, sales)


def state_of(product: Product) -> ProductState:
    """Return the part of a product's state that conditions read. Contents are judged by their changes alone."""
    return ProductState(price=product.price, sales=product.sales, status=product.status)


def _steps(product: Product, field: str, rows: list[_Row]) -> list[KnownValue]:
    """Return the values in order of time, from the one before the first of `rows` to the present one."""
    begins = product.first_data_time
    first = rows[0][0] if rows else getattr(product, field)
    values = [(begins, first), *((at, after) for _, after, at in rows)]
    return [KnownValue(at, value) for at, value in values if at is not None and isinstance(value, int)]
