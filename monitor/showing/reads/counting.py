"""Counts with a limit, for pages that show '99+'."""

from typing import Any

from django.db.models import F, IntegerField, QuerySet, Subquery


class DistinctCount(Subquery):
    """The number of different values in the column `counted` of a query, as a part of another
    query.

    Django itself writes such a count only with the rows' keys as one more subquery. Counting 5,000
    products and 200 alerts then takes 10 ms instead of 3, and Today misses its budget as it is."""

    template = "(SELECT COUNT(DISTINCT counted) FROM (%(subquery)s) AS limited)"
    output_field = IntegerField()


def count_up_to(rows: QuerySet[Any], most: int, column: str = "pk") -> DistinctCount:
    """Return the number of different values of a column among the first `most` rows, as a part of
    another query."""
    return DistinctCount(rows.order_by().values(counted=F(column))[:most])
