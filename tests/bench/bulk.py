"""Bulk inserts with given primary keys, for seeding databases to measure on."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models


def write_rows(
    model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Insert `rows`, with values in the order of the columns `names`; all other columns get their
    defaults."""
    fields: dict[str, Any] = {field.attname: field for field in model._meta.concrete_fields}
    default_fields = [
        field for name, field in fields.items() if name not in names and not field.primary_key
    ]
    columns = [*(fields[name] for name in names), *default_fields]
    defaults = [field.get_default() for field in default_fields]
    prepared = (
        [
            field.get_db_prep_save(value, connection)
            for field, value in zip(columns, (*row, *defaults), strict=True)
        ]
        for row in rows
    )
    quote = connection.ops.quote_name
    into = f"{quote(model._meta.db_table)} ({', '.join(quote(field.column) for field in columns)})"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {into} FROM STDIN") as copy:
                for row in prepared:
                    copy.write_row(row)
        else:
            values = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {into} VALUES ({values})", list(prepared))


def next_key(model: type[models.Model]) -> int:
    """Return the first free primary key, for rows whose keys must be known before they are
    written."""
    return (model._default_manager.aggregate(last=models.Max("pk"))["last"] or 0) + 1


def analyze() -> None:
    """Update the database planner's statistics; on PostgreSQL also the visibility map."""
    can_vacuum = connection.vendor == "postgresql" and not connection.in_atomic_block
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)" if can_vacuum else "ANALYZE")
