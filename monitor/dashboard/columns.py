"""A history read by column: an object for each of 20,000 rows would take longer than all that is done with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import IntegerField, QuerySet
from django.db.models.expressions import Func


class UnixSeconds(Func):
    """A moment as whole seconds. A history is read as such: a `datetime` each would take longer than all the rest."""

    output_field = IntegerField()
    # `EXTRACT` reckons in decimals, which takes twice as long.
    template = "FLOOR(DATE_PART('epoch', %(expressions)s))::bigint"

    def get_db_converters(self, connection: Any) -> list[Any]:
        """None: the database tells whole numbers."""
        return []

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="unixepoch(%(expressions)s)", **context)


def by_column(rows: QuerySet[Any, Any], width: int) -> list[Sequence[Any]]:
    """The columns of a `values_list`, as the database tells them; each empty where there are no rows. One query."""
    sql, parameters = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(zip(*cursor.fetchall(), strict=True)) or [()] * width
