"""Counts with a limit, for pages that show '99+'."""

from typing import Any

from django.db.models import Count, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce


def count_up_to(rows: QuerySet[Any], most: int, column: str = "pk") -> Coalesce:
    """The number of different values of a column among the first `most` rows, for use within another query."""
    limited = rows.model._default_manager.filter(pk__in=rows.order_by().values("pk")[:most]).order_by()
    counts = limited.annotate(all=Value(1)).values("all").annotate(n=Count(column, distinct=True))
    return Coalesce(Subquery(counts.values("n")), 0)
