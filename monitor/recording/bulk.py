"""One UPDATE that gives many rows their own values.

Django's `bulk_update` writes a CASE with a branch for each row and column, which for a batch of 500 products
costs more time than fetching them. Joining the table with the new values costs next to nothing.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models


def update_rows[M: models.Model](
    rows: Sequence[M],
    fields: Sequence[str],
    *,
    keep_when_null: Iterable[str] = (),
    stay_null: Iterable[str] = (),
    where: dict[str, Any] | None = None,
) -> set[Any]:
    """Write `fields` of all `rows` (of one model, with primary keys) in one statement; return the keys written.

    A field in `keep_when_null` keeps its stored value where the new one is `None`; one in `stay_null` stays NULL
    where it is stored as NULL. `where` adds equalities on stored columns: rows that fail them are not written.
    """
    if not rows:
        return set()
    meta: Any = rows[0]._meta
    columns = [meta.pk, *(meta.get_field(name) for name in fields)]
    values = [[_prepared(field, getattr(row, field.attname)) for row in rows] for field in columns]
    source, parameters, names = _value_table(columns, values)
    keep, stay = set(keep_when_null), set(stay_null)
    quote = connection.ops.quote_name

    def assignment(field: Any, name: str) -> str:
        column = quote(field.column)
        if field.name in keep:
            return f"{column} = COALESCE({name}, t.{column})"
        if field.name in stay:
            return f"{column} = CASE WHEN t.{column} IS NULL THEN NULL ELSE {name} END"
        return f"{column} = {name}"

    key = quote(meta.pk.column)
    assignments = ", ".join(map(assignment, columns[1:], names[1:]))
    conditions = [f"t.{key} = {names[0]}"]
    for field_name, value in (where or {}).items():
        field = meta.get_field(field_name)
        conditions.append(f"t.{quote(field.column)} = %s")
        parameters.append(_prepared(field, value))
    returned = f"t.{key}" if connection.vendor == "postgresql" else key
    with connection.cursor() as cursor:
        cursor.execute(  # Names come from the model alone, all values are parameters.
            f"UPDATE {quote(meta.db_table)} AS t SET {assignments} FROM {source}"  # noqa: S608
            f" WHERE {' AND '.join(conditions)} RETURNING {returned}",
            parameters,
        )
        return {row[0] for row in cursor.fetchall()}


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
