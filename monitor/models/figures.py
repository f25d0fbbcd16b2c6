"""The orders of lists of products.

Without indexes for an order: a list sorts the products of its user alone, found by their
watches."""

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.db.models import Case, F, FloatField, OrderBy, Value, When
from django.db.models.expressions import Combinable, ExpressionWrapper
from django.db.models.functions import NullIf

from monitor.provider.observation import GONE, Status

_FROM_GOOD_TO_BAD = (
    *(
        Status.ON_SALE,
        Status.APPROVED_WAITING,
        Status.UNDER_REVIEW,
        Status.OFF_SHELF,
        Status.REJECTED,
    ),
    *(Status.ABNORMAL, Status.BANNED, Status.DELETED, Status.NOT_FOUND),
)
STANDINGS = {status.value: standing for standing, status in enumerate(_FROM_GOOD_TO_BAD)}
#: The status as a number, from good to bad.
STANDING = Case(
    *(When(status=status, then=Value(standing)) for status, standing in STANDINGS.items()),
    output_field=models.SmallIntegerField(),
)
#: The price; NULL if the product is gone.
PRICE_NOW = Case(When(status__in=[status.value for status in GONE], then=None), default=F("price"))
#: NULL if nothing has changed since the first reply.
REALLY_CHANGED_AT = NullIf(F("changed_at"), F("first_data_time"))


def _share(before: str) -> Any:
    """Return how far the price has moved since, as a fraction of the price `before`."""
    moved: Combinable = (PRICE_NOW - F(before)) * Value(1.0) / NullIf(F(before), Value(0))
    return ExpressionWrapper(moved, output_field=FloatField())


SORTS: Mapping[str, Any] = {
    "changed": F("changed_at"),
    "title": F("title"),
    "price": PRICE_NOW,
    "day": _share("price_a_day_ago"),
    "week": _share("price_a_week_ago"),
    "sales": F("sales"),
    "units": F("units"),
    "revenue": ExpressionWrapper(PRICE_NOW * F("units"), output_field=FloatField()),
    "status": STANDING,
    "interval": F("interval"),
    "checked": F("checked_at"),
}


def keys_of(sort: str) -> list[Any]:
    """Return what a key of `SORTS`, which may have a '-' in front, sorts by. '-changed' puts
    products that never changed last, ordered by their first reply."""
    if sort == "-changed":
        return [REALLY_CHANGED_AT, F("changed_at")]
    return [SORTS[sort.removeprefix("-")]]


def order_of(sort: str) -> list[OrderBy]:
    """Return the order by a key of `SORTS`, descending after a '-'. Unknown values come last."""
    descends = sort.startswith("-")
    order = [OrderBy(key, descending=descends, nulls_last=True) for key in keys_of(sort)]
    return [*order, OrderBy(F("pk"))]
