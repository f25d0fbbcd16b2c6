"""A history read by column: a tuple for each of 20,000 rows would take longer than all that is done with them.

PostgreSQL packs each column into one value. On SQLite the rows are near, and are read as they are.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import IntegerField, QuerySet
from django.db.models.expressions import Func

#: Stands for NULL in a packed column of numbers.
NOTHING = -(2**63)
_PACKED_NOTHING = struct.pack(">q", NOTHING)


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


class Kind(NamedTuple):
    """What a column holds: the aggregate that packs it, and what makes a sequence of it again."""

    aggregate: str
    unpacked: Callable[[Any], Sequence[Any]]


def _numbers(packed: bytes) -> Sequence[int | None]:
    count = len(packed) // 8
    if packed == packed[:8] * count:
        # Most columns of most histories never change.
        [value] = struct.unpack(">q", packed[:8])
        return [None if value == NOTHING else value] * count
    values: Sequence[int] = struct.unpack(f">{count}q", packed)
    return [None if value == NOTHING else value for value in values] if _PACKED_NOTHING in packed else values


def _words(packed: str) -> Sequence[str | None]:
    words = packed.split(",")
    return [word or None for word in words] if "" in words else words


def _truths(packed: bytes) -> Sequence[bool]:
    return struct.unpack(f"{len(packed)}?", packed)


NUMBERS = Kind(f"string_agg(int8send(coalesce({{}}, {NOTHING})), '')", _numbers)
#: Words without a comma; an empty one is as NULL.
WORDS = Kind("string_agg(coalesce({}, ''), ',')", _words)
#: Never NULL.
TRUTHS = Kind("string_agg(boolsend({}), '')", _truths)


def by_column(rows: QuerySet[Any, Any], kinds: Sequence[Kind]) -> list[Sequence[Any]]:
    """The columns of a `values_list`, in the order of its rows; each empty where there are none. One query."""
    if connection.vendor != "postgresql":
        return list(zip(*rows, strict=True)) or [()] * len(kinds)
    sql, parameters = rows.query.sql_with_params()
    names = [f"c{number}" for number in range(len(kinds))]
    packed = ", ".join(kind.aggregate.format(name) for kind, name in zip(kinds, names, strict=True))
    with connection.cursor() as cursor:
        # Nothing in it was typed by anybody: the parameters are apart.
        cursor.execute(f"SELECT {packed} FROM ({sql}) AS one_by_one ({', '.join(names)})", parameters)  # noqa: S608
        found = cursor.fetchone() or ()
    return [() if value is None else kind.unpacked(value) for kind, value in zip(kinds, found, strict=True)]
