"""Writes many rows in one statement, where Django's own way misses the speed budget.

`bulk_update` writes a CASE with a branch for each row and column: for a batch of 500 products that costs more than
fetching them. `bulk_create` makes and prepares an instance of each row: for tens of thousands, one or two seconds.
"""

from collections.abc import Iterable, Sequence
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


def insert_rows(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert `rows` of str, int, float, bool and None values, in the order of the columns `names`."""
    quote, table = connection.ops.quote_name, model._meta.db_table
    into = f"{quote(table)} ({', '.join(map(quote, names))})"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {into} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            values = ", ".join(["%s"] * len(names))
            cursor.executemany(f"INSERT INTO {into} VALUES ({values})", list(rows))  # noqa: S608


def _prepared(field: Any, value: Any) -> Any:
    return None if value is None else field.get_db_prep_save(value, connection)


def _as_text(value: Any) -> str:
    """A timedelta, the one type that orjson does not know, as PostgreSQL reads it."""
    if isinstance(value, timedelta):
        return duration_string(value)
    raise TypeError(type(value).__name__)


def _value_table(columns: list[Any], rows: list[list[Any]]) -> tuple[str, list[Any], list[str]]:
    """SQL of a table `v` with the new values, its parameters, and the names of its columns."""
    if connection.vendor == "postgresql":
        # One JSON document: psycopg would quote thousands of single values in Python.
        names = [f"c{number}" for number in range(len(columns))]
        types = [field.rel_db_type(connection) if field.primary_key else field.db_type(connection) for field in columns]
        typed = ", ".join(map(" ".join, zip(names, types, strict=True)))
        document = orjson.dumps([dict(zip(names, row, strict=True)) for row in rows], default=_as_text).decode()
        return f"json_to_recordset(%s) AS v({typed})", [document], [f"v.{name}" for name in names]
    one_row = f"({', '.join(['%s'] * len(columns))})"
    flat = [_prepared(field, value) for row in rows for field, value in zip(columns, row, strict=True)]
    names = [f"v.column{number}" for number in range(1, len(columns) + 1)]
    return f"(VALUES {', '.join([one_row] * len(rows))}) AS v", flat, names
