"""Updates many rows in one statement, where Django's own way misses the speed budget.

`bulk_update` writes a CASE with a branch for each row and column: for a batch of 500 products that
costs more than fetching them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import orjson
from django.db import connection, models
from django.utils.duration import duration_string


def update_rows[M: models.Model](rows: Sequence[M], fields: Sequence[str]) -> None:
    """Write `fields` of all `rows` (of one model, with primary keys) in one statement."""
    if not rows:
        return
    meta: Any = rows[0]._meta
    columns = [meta.pk, *(meta.get_field(name) for name in fields)]
    values = [[getattr(row, field.attname) for field in columns] for row in rows]
    source, parameters, names = _value_table(columns, values)
    quote = connection.ops.quote_name

    pairs = zip(columns[1:], names[1:], strict=True)
    assignments = ", ".join(f"{quote(field.column)} = {name}" for field, name in pairs)
    # Names come from the model alone, all values are parameters.
    update = (
        f"UPDATE {quote(meta.db_table)} AS t SET {assignments} FROM {source}"  # noqa: S608
        f" WHERE t.{quote(meta.pk.column)} = {names[0]}"
    )
    with connection.cursor() as cursor:
        cursor.execute(update, parameters)


def _as_text(value: Any) -> str:
    """Return a timedelta, the one type that orjson does not know, as PostgreSQL reads it."""
    if isinstance(value, timedelta):
        return duration_string(value)
    raise TypeError(type(value).__name__)


def _value_table(columns: list[Any], rows: list[list[Any]]) -> tuple[str, list[Any], list[str]]:
    """SQL of a table `v` with the new values, its parameters, and the names of its columns."""
    if connection.vendor == "postgresql":
        # One JSON document: psycopg would quote thousands of single values in Python.
        names = [f"c{number}" for number in range(len(columns))]
        types = [
            field.rel_db_type(connection) if field.primary_key else field.db_type(connection)
            for field in columns
        ]
        typed = ", ".join(map(" ".join, zip(names, types, strict=True)))
        document = orjson.dumps(
            [dict(zip(names, row, strict=True)) for row in rows], default=_as_text
        ).decode()
        return f"json_to_recordset(%s) AS v({typed})", [document], [f"v.{name}" for name in names]
    one_row = f"({', '.join(['%s'] * len(columns))})"
    flat = [
        field.get_db_prep_save(value, connection)
        for row in rows
        for field, value in zip(columns, row, strict=True)
    ]
    names = [f"v.column{number}" for number in range(1, len(columns) + 1)]
    return f"(VALUES {', '.join([one_row] * len(rows))}) AS v", flat, names
