"""Who may check which products, until when, and how far into what is due the claims have come.

Rows of products stay as they are while they are claimed. PostgreSQL would write each of them anew, with an entry in
every index, for what is over some seconds later.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, Self

import orjson
from django.db import connection, models
from django.db.models import Sum
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce


def _keys(stored: str | Sequence[int]) -> tuple[int, ...]:
    return tuple(orjson.loads(stored) if isinstance(stored, str) else stored)


class KeysField(models.Field):  # type: ignore[type-arg]
    """Primary keys in their order: an array on PostgreSQL, elsewhere JSON."""

    def db_type(self, connection: Any) -> str:
        return "bigint[]" if connection.vendor == "postgresql" else "text"

    def from_db_value(self, value: Any, _expression: Any, _connection: Any) -> tuple[int, ...] | None:
        return None if value is None else _keys(value)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is None:
            return None
        brackets = "{}" if connection.vendor == "postgresql" else "[]"
        return f"{brackets[0]}{','.join(map(str, value))}{brackets[1]}"


class LeaseQuerySet(models.QuerySet["Lease"]):
    def products(self) -> Any:
        """The keys of the products that these leases are for, as a subquery."""
        sql, parameters = self.values("products").query.sql_with_params()
        if connection.vendor == "postgresql":
            return RawSQL(f"SELECT unnest(held.products) FROM ({sql}) AS held", parameters)  # noqa: S608, S611
        return RawSQL(  # noqa: S611
            f"SELECT value FROM ({sql}) AS held, json_each(held.products)",  # noqa: S608
            parameters,
        )

    def holding(self, product: Any) -> Self:
        """Those that are for this product, which may be an expression of the query around this one."""
        return self.filter(_Among(product, models.F("products")))

    def size(self) -> int:
        """How many products these leases are for."""
        return int(self.aggregate(size=products_of())["size"])


class _Among(models.Func):
    """Whether a key is one of those in a column."""

    template = "%(expressions)s)"
    arg_joiner = " = ANY("
    output_field = models.BooleanField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(
            compiler,
            connection,
            template="%(expressions)s))",
            arg_joiner=" IN (SELECT value FROM json_each(",
            **context,
        )


class _Length(models.Func):
    function = "cardinality"
    output_field = models.IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function="json_array_length", **context)


def products_of(leases: models.Q | None = None) -> Any:
    """How many products leases are for, as an aggregate."""
    return Coalesce(Sum(_Length("products"), filter=leases), 0)


class Lease(models.Model):
    """Some products that nobody else is to check before `until`. Its worker deletes it in the transaction that records
    them; one that comes back late finds it gone, as whoever claims next takes away what has run out."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    until = models.DateTimeField()
    products = KeysField()

    objects = LeaseQuerySet.as_manager()

    #: The keys as a driver returns them.
    keys = staticmethod(_keys)

    def __str__(self) -> str:
        return f"{len(self.products)} until {self.until:%H:%M:%S}"


class ClaimMark(models.Model):
    """How far the claims have come, one row: where the next one begins, since all before it is claimed already.

    An index keeps what was checked since a backup began: who begins at its start walks over all of that. So claims do
    only now and then, for what was given back or came late. Claims take turns by this row: each moves it on.
    """

    SINGLETON = 1

    id = models.PositiveSmallIntegerField(default=SINGLETON, editable=False, primary_key=True)
    turn = models.PositiveBigIntegerField(default=0)
    #: When all that is due was last looked at from its start.
    looked_at = models.DateTimeField(null=True)
    #: By queue the due time and the key of the last product that was claimed, and how many the last claim took of it.
    heads = models.JSONField(default=dict)

    def __str__(self) -> str:
        return str(self.turn)

    @classmethod
    def take_turn(cls, *, again: bool = False) -> None:
        """Within a transaction: let no claim be made beside it. `again`: the next one looks from the start."""
        moved: dict[str, Any] = {"turn": models.F("turn") + 1, **({"looked_at": None} if again else {})}
        if not cls.objects.filter(pk=cls.SINGLETON).update(**moved):
            cls.objects.get_or_create(pk=cls.SINGLETON)
            cls.objects.filter(pk=cls.SINGLETON).update(**moved)
