"""Counts that stop where nobody needs to know more exactly."""

from typing import Any

from django.db.models import F, FloatField, IntegerField, QuerySet, Subquery


class CountUpTo(Subquery):
    """How many different values a column has in a query's rows, within another query; it reads at most `most` rows."""

    template = "(SELECT COUNT(DISTINCT one) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()

    def __init__(self, rows: QuerySet[Any], most: int, column: str = "pk") -> None:
        super().__init__(rows.order_by().values(one=F(column))[:most])


class CallsADay(Subquery):
    """Calls a day at the intervals of a query's rows, within another query; null from `most` rows on, the most read."""

    template = (
        "(SELECT CASE WHEN COUNT(*) < %(most)s THEN SUM(86400.0 / %(seconds)s) END FROM (%(subquery)s) AS scheduled)"
    )
    output_field = FloatField()

    def __init__(self, rows: QuerySet[Any], most: int) -> None:
        super().__init__(rows.order_by().values(one=F("interval"))[:most], most=most, seconds="DATE_PART('epoch', one)")

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, seconds="(one / 1000000.0)", **context)
