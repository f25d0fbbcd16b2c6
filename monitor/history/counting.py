"""Counts that stop where nobody needs to know more exactly."""

from typing import Any

from django.db.models import Count, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce


def count_up_to(rows: QuerySet[Any], most: int, column: str = "pk") -> Coalesce:
    """How many different values a column has among the first `most` rows, for use within another query."""
    some = rows.model._default_manager.filter(pk__in=rows.order_by().values("pk")[:most]).order_by()
    counted = some.annotate(all=Value(1)).values("all").annotate(n=Count(column, distinct=True))
    return Coalesce(Subquery(counted.values("n")), 0)
