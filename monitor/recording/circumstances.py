"""What conditions ask besides the change at hand: the past that they look back on, and products of one's own."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from django.db.models import Exists, OuterRef, Q

from monitor.models import Change, Product, Rule, Watch
from monitor.rules import Condition, History, Step

_FIELDS = ("price", "sales")
#: A reply may be older than the moment at which it is judged.
_SLACK = timedelta(days=2)


class Asking(Protocol):
    """A condition, and a product that it is asked of."""

    @property
    def product_id(self) -> int: ...

    @property
    def condition(self) -> Condition: ...


def is_compared_with() -> Exists:
    """Of a product, whether a rule compares others with it."""
    return Exists(Rule.objects.filter(own=OuterRef("pk"), is_active=True))


def lock_comparing_rules(products: Collection[int]) -> list[int]:
    """Lock the rules that compare prices with one's own product and concern one of `products` on either side.

    Of two workers who each record one side, the later one so sees what the earlier one wrote. Products are locked
    before rules, and each in the order of keys, so that nobody waits in a circle.
    """
    watching = Watch.objects.filter(product__in=products).values("watchlist")
    comparing = Rule.objects.filter(Q(own__in=products) | Q(watchlist__in=watching), own__isnull=False, is_active=True)
    return list(comparing.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))


def histories(pairs: Iterable[Asking], products: Mapping[int, Product], now: datetime) -> dict[int, History]:
    """The past of those of `products` that a condition looks back on, of what is asked for. One statement, or none."""
    looking = [pair for pair in pairs if pair.condition.looks_back]
    keys = {pair.product_id for pair in looking} & products.keys()
    if not keys:
        return {}
    changes = Change.objects.filter(product__in=keys, field__in=_asked_for(looking))
    backs = [pair.condition.days_back for pair in looking]
    if None not in backs:
        days = max(one for one in backs if one is not None)
        changes = changes.filter(first_seen_after__gt=now - timedelta(days=days) - _SLACK)
    rows: dict[tuple[int | None, str], list[tuple[object, object, datetime]]] = defaultdict(list)
    columns = ("product_id", "field", "before", "after", "first_seen_after")
    for key, field, before, after, at in changes.order_by("product", "first_seen_after").values_list(*columns):
        rows[key, field].append((before, after, at))
    return {key: _history(products[key], *(rows[key, name] for name in _FIELDS)) for key in keys}


def _asked_for(looking: Iterable[Asking]) -> list[str]:
    """Of what the conditions ask the past: sales move by the hour, and few rules look back on them."""
    asked = frozenset[str]().union(*(pair.condition.fields_back for pair in looking))
    return [name for name in _FIELDS if name in asked]


def _history(
    product: Product, prices: list[tuple[object, object, datetime]], sales: list[tuple[object, object, datetime]]
) -> History:
    return History(product.data_time, _steps(product, "price", prices), _steps(product, "sales", sales))


def _steps(product: Product, field: str, rows: list[tuple[object, object, datetime]]) -> list[Step]:
    """The values in order of time, from before the first of the changes that were read to the present one."""
    begins = product.first_data_time
    first = rows[0][0] if rows else getattr(product, field)
    values = [(begins, first), *((at, after) for _, after, at in rows)]
    return [Step(at, value) for at, value in values if at is not None and isinstance(value, int)]
