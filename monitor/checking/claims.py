"""Claiming: who may check which product until when. A claim is one short statement.

A claim gives products a lease and moves their due time to the moment at which it runs out. A worker that dies
thereby leaves its products due again; one that comes back late finds another lease on them and records nothing.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from monitor.models import Product
from monitor.models.raw import raw_instant, raw_uuid

#: How long a claimed batch may wait for a worker before it counts as lost.
QUEUE_LEASE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Claim:
    lease: uuid.UUID
    product_ids: tuple[int, ...]


def claim_due(now: datetime, limit: int, *, asked: bool = False) -> Claim:
    """Claim up to `limit` products that are due, the longest waiting first, for a worker to take.

    With `asked` only those that somebody asked for.
    """
    lease = uuid.uuid4()
    if limit <= 0:
        return Claim(lease, ())
    sql, parameters = _claim(lease, now, QUEUE_LEASE, limit, "asked_at IS NOT NULL AND " if asked else "")
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} RETURNING id", parameters)
        return Claim(lease, tuple(row[0] for row in cursor.fetchall()))


def take_due(now: datetime, limit: int, *, lasts: timedelta) -> list[Product]:
    """Claim and take at once up to `limit` products that are due: who checks them now needs no claim that waits."""
    if limit <= 0:
        return []
    sql, parameters = _claim(uuid.uuid4(), now, lasts, limit)
    return list(Product.objects.raw(f"{sql} RETURNING {_columns()}", parameters))


def _claim(lease: uuid.UUID, now: datetime, lasts: timedelta, limit: int, only: str = "") -> tuple[str, list[Any]]:
    table = connection.ops.quote_name(Product._meta.db_table)
    # Workers step around each other's rows on PostgreSQL; SQLite has one writer at a time anyway. The keys stay as they
    # are: rows that somebody refers to in a transaction that is not over are claimed all the same.
    skip = " FOR NO KEY UPDATE SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""
    return (  # The table's name is the model's, all values are parameters.
        # A table of its own: a plan that ran the inner query again for each row would step around the rows that it has
        # locked itself, and take more than the limit. Joined in the order of the keys, as the indexes have them that
        # get an entry for each row.
        f"WITH due AS MATERIALIZED (SELECT id AS key FROM {table} WHERE {only}next_check_at <= %s{_soon()}"  # noqa: S608
        f" ORDER BY next_check_at LIMIT %s{skip})"
        f" UPDATE {table} SET lease = %s, next_check_at = %s FROM (SELECT key FROM due ORDER BY key) AS taken"
        f" WHERE id = taken.key",
        [raw_instant(now), limit, raw_uuid(lease), raw_instant(now + lasts)],
    )


def _columns() -> str:
    """The product's own: the joined table's would be returned too."""
    return ", ".join(connection.ops.quote_name(field.column or "") for field in Product._meta.concrete_fields)


def _soon() -> str:
    """A condition that always holds, with which PostgreSQL does not wait for the disk at the statement's end.

    A claim that a crash of the server takes back leaves its products due, as a killed worker does. Calls are reserved
    after it, and what is reserved is on the disk, with all that was written before.
    """
    if connection.vendor != "postgresql" or connection.in_atomic_block:
        return ""
    return " AND (SELECT set_config('synchronous_commit', 'off', true)) IS NOT NULL"


def take(claim: Claim, now: datetime, *, lasts: timedelta) -> list[Product]:
    """Turn a waiting claim into a running one of `lasts`, and read the products that are still its own.

    A message that is delivered twice, or after its claim ran out, takes nothing the second time: the lease is
    renamed on the way.
    """
    return _take(
        "lease = %s AND next_check_at > %s", [raw_uuid(claim.lease), raw_instant(now)], claim.product_ids, now, lasts
    )


def seize(product_ids: Sequence[int], now: datetime, *, lasts: timedelta) -> list[Product]:
    """Claim and read these very products, due or not, whoever has them."""
    return _take("TRUE", [], product_ids, now, lasts)


def release(products: Iterable[Product], now: datetime) -> None:
    """Give claimed products back unchecked: they are due again."""
    rows = list(products)
    leases = {row.lease for row in rows}
    Product.objects.filter(pk__in=[row.pk for row in rows], lease__in=leases).exclude(next_check_at=None).update(
        lease=None, next_check_at=now
    )


def waiting_or_running(now: datetime) -> int:
    """How many products are claimed at the moment. Served by `product_leased`."""
    return Product.objects.filter(lease__isnull=False, next_check_at__gt=now).count()


def _take(
    condition: str, parameters: list[object], product_ids: Sequence[int], now: datetime, lasts: timedelta
) -> list[Product]:
    if not product_ids:
        return []
    table = connection.ops.quote_name(Product._meta.db_table)
    holders = ", ".join(["%s"] * len(product_ids))
    renamed = uuid.uuid4()
    taken = Product.objects.raw(
        f"UPDATE {table} SET lease = %s,"  # noqa: S608
        " next_check_at = CASE WHEN next_check_at IS NULL THEN NULL ELSE %s END"
        f" WHERE {condition}{_soon()} AND id IN ({holders}) RETURNING *",
        [raw_uuid(renamed), raw_instant(now + lasts), *parameters, *product_ids],
    )
    return list(taken)
