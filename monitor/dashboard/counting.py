"""Counts that stop where nobody needs to know more exactly."""

from typing import Any

from django.db.models import F, FloatField, IntegerField, QuerySet, Subquery
from django.db.models.functions import Coalesce


class CountUpTo(Subquery):
    """How many different values a column has in a query's rows, within another query; it reads at most `most` rows."""

    template = "(SELECT COUNT(DISTINCT one) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()

    def __init__(self, rows: QuerySet[Any], most: int, column: str = "pk") -> None:
        super().__init__(rows.order_by().values(one=F(column))[:most])


#: How many of the hours of a day are among those of `hours`, which has a bit for each.
_HOURS = "(" + " + ".join(f"((hours >> {hour}) & 1)" for hour in range(24)) + ")"


class CallsADay(Subquery):
    """Calls a day at the intervals of a query's products, within another query, as `forecast.calls_a_day` reckons them;
    null from `most` rows on, the most read. `column` has the intervals, and `interval` where it has none."""

    template = (
        # Put together from what stands in this file.
        "(SELECT CASE WHEN COUNT(*) < %(most)s THEN SUM(CASE WHEN hours IS NULL THEN rate"  # noqa: S608
        f" WHEN rate * {_HOURS} / 24 > 1 THEN rate * {_HOURS} / 24 WHEN rate > 1 THEN 1 ELSE rate END) END"
        " FROM (SELECT hours, 86400.0 / %(seconds)s AS rate FROM (%(subquery)s) AS asked) AS scheduled)"
    )
    output_field = FloatField()

    def __init__(self, rows: QuerySet[Any], most: int, column: str = "interval") -> None:
        found = rows.order_by().values("hours", one=Coalesce(column, "interval"))[:most]
        super().__init__(found, most=most, seconds="DATE_PART('epoch', one)")

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, seconds="(one / 1000000.0)", **context)
