"""The statements that choose what is checked next, and lease it.

There is a queue for each priority, in the order of the due times. A claim takes from their heads what is latest, where
lateness counts by the square root of what an early finding is worth, as calls are shared out: what matters more
overtakes what matters less, and what matters less is never left for good. What was put off until nearly its greatest
age has a queue of its own, which goes first.
"""

# ruff: noqa: S608 - The names are the models', all values are parameters.

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.db import connection, transaction
from django.db.models import FloatField

from monitor.checking import claim_function
from monitor.checking.candidates import LEASES, PRODUCTS, Wanted, latest, of_each, out_of_turn
from monitor.models import ClaimMark, Lease, Product
from monitor.models.catalog import CANNOT_WAIT, QUEUES
from monitor.models.raw import raw_instant, raw_uuid

#: Claims look at all that is due from its start so often: what came late or behind them waits no longer.
LOOK_AGAIN = timedelta(minutes=1)


def claimed(wanted: Wanted, lease: uuid.UUID, now: datetime, lasts: timedelta, limit: int) -> tuple[int, ...]:
    """Lease up to `limit` products and return their keys. One statement, but for claims that come in between."""
    given: dict[str, Any] = {
        "lease": raw_uuid(lease),
        "now": raw_instant(now),
        "until": raw_instant(now + lasts),
        "again": raw_instant(now - LOOK_AGAIN),
        "limit": limit,
    }
    if connection.vendor != "postgresql":
        return _claimed_alone(wanted, given)
    statement = claim_function.call(wanted)
    given["soon"] = not connection.in_atomic_block
    is_mine, keys = _tried(statement, given)
    if not is_mine:
        # Another claim was made since this one began to look, and may have the same products: now none can be.
        with transaction.atomic():
            ClaimMark.take_turn()
            # It is the same statement, which knew of no transaction: this one does not wait for the disk either.
            _, keys = _tried(statement, given)
    return tuple(keys or ())


def _tried(statement: str, given: dict[str, Any]) -> tuple[bool, list[int] | None]:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        is_mine, keys = cursor.fetchone()
    return is_mine, keys


def taken(lease: uuid.UUID, renamed: uuid.UUID, now: datetime, lasts: timedelta) -> Iterable[Product]:
    """Rename a lease, and read its products if it was there still. One statement."""
    rename = f"UPDATE {LEASES} SET id = %s, until = %s WHERE id = %s AND until > %s"
    given = [raw_uuid(renamed), raw_instant(now + lasts), raw_uuid(lease), raw_instant(now)]
    if connection.vendor != "postgresql":
        return _taken_alone(rename, given)
    read = f"SELECT * FROM {PRODUCTS} WHERE id = ANY((SELECT products FROM taken)::bigint[])"
    soon = "" if connection.in_atomic_block else f" AND {claim_function.SOON}"
    return Product.objects.raw(f"WITH taken AS ({rename}{soon} RETURNING products) {read}", given)


def _taken_alone(rename: str, given: Sequence[Any]) -> list[Product]:
    """SQLite's: what a statement that writes returns is one row for each that it wrote, so the products come in it as
    JSON."""
    fields = Product._meta.concrete_fields
    rows = f"SELECT json_group_array(json_array({', '.join(map(_as_json, fields))})) FROM {PRODUCTS}"
    with connection.cursor() as cursor:
        cursor.execute(f"{rename} RETURNING ({rows} WHERE id IN (SELECT value FROM json_each(products)))", given)
        [told] = cursor.fetchone() or ["[]"]
    compiler: Any = Product.objects.all().query.get_compiler(connection=connection)
    compiler.setup_query()
    converters = compiler.get_converters([column for column, *_ in compiler.select])
    names = [field.attname for field in fields]
    read = compiler.apply_converters(orjson.loads(told), converters)
    return [Product.from_db(connection.alias, names, values) for values in read]


def _as_json(field: Any) -> str:
    """A column as a value for `json_array`, which by itself rounds numbers that are not whole."""
    name = connection.ops.quote_name(field.column)
    return f"json(lower(quote({name})))" if isinstance(field, FloatField) else name


def _claimed_alone(wanted: Wanted, given: dict[str, Any]) -> tuple[int, ...]:
    """SQLite's: there is one writer at a time, and few products."""
    statement = (
        f"WITH held AS (SELECT value AS key FROM {LEASES}, json_each(products) WHERE until > %(now)s),"
        f" found AS ({_found_alone(wanted)}),"
        " due AS (SELECT id FROM found ORDER BY late DESC, due, id LIMIT %(limit)s)"
        f" INSERT INTO {LEASES} (id, until, products) SELECT %(lease)s, %(until)s, keys FROM"
        " (SELECT count(*) AS n, json_group_array(id) AS keys FROM (SELECT id FROM due ORDER BY id)) AS one"
        f" WHERE n > 0 RETURNING products, (SELECT count(*) FROM {LEASES} WHERE until <= %(now)s)"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        keys, ran_out = cursor.fetchone() or ("[]", 0)
        if ran_out:
            cursor.execute(f"DELETE FROM {LEASES} WHERE until <= %(now)s", given)
    return Lease.keys(keys)


def _found_alone(wanted: Wanted) -> str:
    if wanted in (Wanted.ASKED, Wanted.EARLY):
        return out_of_turn(wanted)
    return of_each(latest, QUEUES if wanted is Wanted.DUE else [CANNOT_WAIT])
