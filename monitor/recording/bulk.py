"""One UPDATE that gives many rows their own values.

Django's `bulk_update` writes a CASE with a branch for each row and column, which for a batch of 500 products
costs more time than fetching them. Joining the table with the new values costs next to nothing.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models


def update_rows[M: models.Model](rows: Sequence[M], fields: Sequence[str], keep_when_null: Iterable[str] = ()) -> None:
    """Write `fields` of all `rows` (of one model, with primary keys) in one statement.

    A field in `keep_when_null` keeps its stored value where the new one is `None`.
    """
    if not rows:
        return
    meta: Any = rows[0]._meta
    columns = [meta.pk, *(meta.get_field(name) for name in fields)]
    values = [[_prepared(field, getattr(row, field.attname)) for row in rows] for field in columns]
    source, parameters, names = _value_table(columns, values)
    keep = set(keep_when_null)
    quote = connection.ops.quote_name

    def assignment(field: Any, name: str) -> str:
        column = quote(field.column)
        return f"{column} = COALESCE({name}, t.{column})" if field.name in keep else f"{column} = {name}"

    assignments = ", ".join(map(assignment, columns[1:], names[1:]))
    with connection.cursor() as cursor:
        cursor.execute(  # Names come from the model alone, all values are parameters.
            f"UPDATE {quote(meta.db_table)} AS t SET {assignments} FROM {source}"  # noqa: S608
            f" WHERE t.{quote(meta.pk.column)} = {names[0]}",
            parameters,
        )


def _prepared(field: Any, value: Any) -> Any:
    return None if value is None else field.get_db_prep_save(value, connection)


def _value_table(columns: list[Any], values: list[list[Any]]) -> tuple[str, list[Any], list[str]]:
    """A table `v` of the new values as SQL, its parameters, and the names of its columns."""
    if connection.vendor == "postgresql":
        types = [field.rel_db_type(connection) if field.primary_key else field.db_type(connection) for field in columns]
        arrays = ", ".join(f"%s::{kind}[]" for kind in types)
        names = [f"c{index}" for index in range(len(columns))]
        return f"unnest({arrays}) AS v({', '.join(names)})", list(values), [f"v.{name}" for name in names]
    one_row = f"({', '.join(['%s'] * len(columns))})"
    rows = ", ".join([one_row] * len(values[0]))
    flat = [value for row in zip(*values, strict=True) for value in row]
    return f"(VALUES {rows}) AS v", flat, [f"v.column{index + 1}" for index in range(len(columns))]
