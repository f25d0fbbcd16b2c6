"""Very many rows of any model: through COPY on PostgreSQL, through Django elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import orjson
from django.core.management.color import no_style
from django.db import connection, models

BATCH = 2000


def write_rows(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert `rows`, whose values stand in the order of the columns `names`; all other columns get their defaults."""
    if connection.vendor == "postgresql":
        _copy(model, names, rows)
    else:
        made = [model(**dict(zip(names, row, strict=True))) for row in rows]
        model._default_manager.bulk_create(made, batch_size=BATCH)


def _copy(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    columns = {str(field.attname): field for field in model._meta.concrete_fields}
    rest = [field for name, field in columns.items() if name not in names and not field.primary_key]
    defaults = tuple(_stored(field)(field.get_default()) for field in rest)
    converted = [(place, _stored(columns[name])) for place, name in enumerate(names) if _is_json(columns[name])]
    quote = connection.ops.quote_name
    listed = ", ".join(quote(field.column or "") for field in [*(columns[name] for name in names), *rest])
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {quote(model._meta.db_table)} ({listed}) FROM STDIN") as copy,
    ):
        for row in rows:
            if converted:
                values = list(row)
                for place, store in converted:
                    values[place] = store(values[place])
                copy.write_row((*values, *defaults))
            else:
                copy.write_row((*row, *defaults))


def _is_json(field: models.Field[Any, Any]) -> bool:
    return isinstance(field, models.JSONField)


def _stored(field: models.Field[Any, Any]) -> Callable[[Any], Any]:
    """How COPY takes a value of this column: JSON as text, everything else as it is."""
    return (lambda value: None if value is None else orjson.dumps(value).decode()) if _is_json(field) else _as_it_is


def _as_it_is(value: Any) -> Any:
    return value


def next_key(model: type[models.Model]) -> int:
    """The first primary key that is free, for rows that have to know their keys before they are written."""
    return (model._default_manager.aggregate(last=models.Max("pk"))["last"] or 0) + 1


def keys_were_given(*written: type[models.Model]) -> None:
    """Move the sequences past keys that were written with the rows."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(written)):
            cursor.execute(statement)


def analyze() -> None:
    """Tell the database's planner what the tables hold now; on PostgreSQL also which of their pages all may see."""
    can_vacuum = connection.vendor == "postgresql" and not connection.in_atomic_block
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)" if can_vacuum else "ANALYZE")
