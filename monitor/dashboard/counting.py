"""Counts that stop where nobody needs to know more exactly."""

from typing import Any

from django.db.models import F, IntegerField, QuerySet, Subquery


class CountUpTo(Subquery):
    """How many different values a column has in a query's rows, within another query; it reads at most `most` rows."""

    template = "(SELECT COUNT(DISTINCT one) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()

    def __init__(self, rows: QuerySet[Any], most: int, column: str = "pk") -> None:
        super().__init__(rows.order_by().values(one=F(column))[:most])
