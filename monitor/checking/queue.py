"""The statements that choose what is checked next, and lease it.

There is a queue for each priority, in the order of the due times. A claim takes from their heads what is latest, where
lateness counts by the square root of what an early finding is worth, as calls are shared out: what matters more
overtakes what matters less, and what matters less is never left for good. What was put off until nearly its greatest
age has a queue of its own, which goes first.
"""

# ruff: noqa: S608 - The names are the models', all values are parameters.

import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

import orjson
from django.db import connection, transaction
from django.db.models import FloatField

from monitor.models import ClaimMark, Lease, Product
from monitor.models.catalog import CANNOT_WAIT, QUEUES
from monitor.models.raw import raw_instant, raw_uuid
from monitor.models.watchlists import Priority
from monitor.provider.observation import Status

#: Claims look at all that is due from its start so often: what came late or behind them waits no longer.
LOOK_AGAIN = timedelta(minutes=1)
#: So many products of each queue are looked at for those that may be checked early.
LOOK_AHEAD = 2000

_PRODUCTS, _LEASES, _MARKS = (
    f'"{model._meta.db_table}"'  # Both databases quote so.
    for model in (Product, Lease, ClaimMark)
)
_NOT_HELD = "id NOT IN (SELECT key FROM held)"
_GONE = ", ".join(f"'{status.value}'" for status in (Status.NOT_FOUND, Status.DELETED))


class Wanted(Enum):
    """What a claim is to take: what is due, of that what cannot wait or what people asked for, or what may be checked
    before it is due."""

    DUE = "due"
    STRICT = "strict"
    ASKED = "asked"
    EARLY = "early"


#: Where the products that cannot wait do not fill a claim, the other queues.
_OTHERS = f"one <> {CANNOT_WAIT} AND (SELECT count(*) FROM strict) < %(limit)s"
#: The queues that claims in turn look at, and move on.
_LOOKED_AT = {Wanted.DUE: f"one = {CANNOT_WAIT} OR {_OTHERS}", Wanted.STRICT: f"one = {CANNOT_WAIT}"}


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
    statement = _beside_others(wanted)
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
    rename = f"UPDATE {_LEASES} SET id = %s, until = %s WHERE id = %s AND until > %s"
    given = [raw_uuid(renamed), raw_instant(now + lasts), raw_uuid(lease), raw_instant(now)]
    if connection.vendor != "postgresql":
        return _taken_alone(rename, given)
    read = f"SELECT * FROM {_PRODUCTS} WHERE id = ANY((SELECT products FROM taken)::bigint[])"
    return Product.objects.raw(f"WITH taken AS ({rename}{_soon()} RETURNING products) {read}", given)


def _taken_alone(rename: str, given: Sequence[Any]) -> list[Product]:
    """SQLite's: what a statement that writes returns is one row for each that it wrote, so the products come in it as
    JSON."""
    fields = Product._meta.concrete_fields
    rows = f"SELECT json_group_array(json_array({', '.join(map(_as_json, fields))})) FROM {_PRODUCTS}"
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


def _soon() -> str:
    """A condition that always holds, with which PostgreSQL does not wait for the disk at the statement's end.

    A claim that a crash of the server takes back leaves its products due, as a killed worker does. Calls are reserved
    after it, and what is reserved is on the disk, with all that was written before.
    """
    if connection.in_atomic_block:
        return ""
    return " AND (SELECT set_config('synchronous_commit', 'off', true)) IS NOT NULL"


def _beside_others(wanted: Wanted) -> str:
    """PostgreSQL's: begin where the last claim ended, and keep what was found only if no other claim was made since
    this one began to look. That the mark is as it was then tells: whoever moves it waits for who has moved it before.

    The leases that ran out are taken away first, but for those whose late workers are recording at this moment.
    """
    return (
        f"WITH seen AS MATERIALIZED (SELECT * FROM {_MARKS} WHERE id = 1{_soon()}),"
        f" gone AS (DELETE FROM {_LEASES} WHERE id IN"
        f" (SELECT id FROM {_LEASES} WHERE until <= %(now)s FOR UPDATE SKIP LOCKED) RETURNING id),"
        " begins AS MATERIALIZED"
        f" (SELECT looked_at, heads FROM seen WHERE NOT EXISTS (SELECT FROM gone) AND {_goes_on()}),"
        " held AS NOT MATERIALIZED"
        f" (SELECT unnest(products) AS key FROM {_LEASES} WHERE id NOT IN (SELECT id FROM gone)),"
        f" starts AS MATERIALIZED ({_starts()}),"
        f" strict AS MATERIALIZED ({_heads(f'one = {CANNOT_WAIT}')}),"
        f" found AS MATERIALIZED ({_candidates(wanted)}),"
        " due AS MATERIALIZED (SELECT * FROM found ORDER BY late DESC, due, id LIMIT %(limit)s),"
        f" moved AS (INSERT INTO {_MARKS} (id, turn, looked_at, heads) {_mark(wanted)}"
        f" ON CONFLICT (id) DO UPDATE SET turn = {_MARKS}.turn + 1, looked_at = excluded.looked_at,"
        f" heads = excluded.heads WHERE {_MARKS}.turn = (SELECT turn FROM seen) RETURNING turn),"
        f" leased AS (INSERT INTO {_LEASES} (id, until, products)"
        " SELECT %(lease)s, %(until)s, array_agg(id ORDER BY id) FROM due WHERE EXISTS (SELECT FROM moved)"
        " HAVING count(*) > 0 RETURNING products)"
        " SELECT EXISTS (SELECT FROM moved), (SELECT products FROM leased)"
    )


def _goes_on() -> str:
    """Whether a claim begins where the last one ended: it was not long since one looked from the start, or another does
    so at this moment. The first to do so walks over all that was checked since: the others need not do it beside it."""
    return (
        "CASE WHEN looked_at > %(again)s AND looked_at <= %(now)s THEN true"
        f" ELSE NOT pg_try_advisory_xact_lock('{_MARKS}'::regclass::oid::bigint) END"
    )


def _starts() -> str:
    """Where in each queue a claim begins: behind all that was claimed before, where that is known."""
    return (
        "SELECT one, COALESCE((heads -> one::text ->> 0)::timestamptz, '-infinity') AS due,"
        " COALESCE((heads -> one::text ->> 1)::bigint, 0) AS id"
        f" FROM unnest(ARRAY{list(QUEUES)}::smallint[]) AS one LEFT JOIN begins ON true"
    )


def _heads(which: str) -> str:
    """The heads of these queues: one select for all of them, so that what is held is gathered once."""
    head = _latest("one", "AND (next_check_at, id) > (starts.due, starts.id)")
    return f"SELECT head.* FROM starts CROSS JOIN LATERAL ({head}) AS head WHERE {which}"


def _mark(wanted: Wanted) -> str:
    """Where the next claim is to begin: behind what this one takes of each queue, or behind all that is due by now
    where it has looked and found nothing."""
    if wanted not in _LOOKED_AT:
        # These are taken out of turn: they move no queue on.
        looked_at = "(SELECT looked_at FROM seen WHERE NOT EXISTS (SELECT FROM gone))"
        return f"SELECT 1, 1, {looked_at}, COALESCE((SELECT heads FROM seen), '{{}}')"
    moved = (
        "SELECT jsonb_object_agg(queue, head) FROM ("
        "SELECT queue, jsonb_build_array(due, id) AS head FROM"
        " (SELECT DISTINCT ON (queue) * FROM due ORDER BY queue, due DESC, id DESC) AS last UNION ALL"
        " SELECT one, jsonb_build_array(%(now)s::timestamptz, 0)"
        f" FROM starts WHERE ({_LOOKED_AT[wanted]}) AND NOT EXISTS (SELECT FROM found WHERE queue = one)) AS heads"
    )
    return (
        "SELECT 1, 1, CASE WHEN EXISTS (SELECT FROM begins) THEN (SELECT looked_at FROM begins) ELSE %(now)s END,"
        f" COALESCE((SELECT heads FROM begins), '{{}}') || COALESCE(({moved}), '{{}}')"
    )


def _claimed_alone(wanted: Wanted, given: dict[str, Any]) -> tuple[int, ...]:
    """SQLite's: there is one writer at a time, and few products."""
    statement = (
        f"WITH held AS (SELECT value AS key FROM {_LEASES}, json_each(products) WHERE until > %(now)s),"
        f" found AS ({_candidates(wanted)}),"
        " due AS (SELECT id FROM found ORDER BY late DESC, due, id LIMIT %(limit)s)"
        f" INSERT INTO {_LEASES} (id, until, products) SELECT %(lease)s, %(until)s, keys FROM"
        " (SELECT count(*) AS n, json_group_array(id) AS keys FROM (SELECT id FROM due ORDER BY id)) AS one"
        f" WHERE n > 0 RETURNING products, (SELECT count(*) FROM {_LEASES} WHERE until <= %(now)s)"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        keys, ran_out = cursor.fetchone() or ("[]", 0)
        if ran_out:
            cursor.execute(f"DELETE FROM {_LEASES} WHERE until <= %(now)s", given)
    return Lease.keys(keys)


def _candidates(wanted: Wanted) -> str:
    """Selects of `id`, `due`, `queue` and `late`, as which the greatest come first."""
    if wanted is Wanted.ASKED:
        return _asked()
    if wanted is Wanted.EARLY:
        return _of_each(_next, QUEUES)
    if connection.vendor != "postgresql":
        return _of_each(_latest, QUEUES if wanted is Wanted.DUE else (CANNOT_WAIT,))
    # All that cannot wait comes before all else: where it suffices, the other queues need not be looked at.
    return f"SELECT * FROM strict UNION ALL {_heads(_OTHERS)}" if wanted is Wanted.DUE else "SELECT * FROM strict"


def _of_each(select: Callable[[str], str], queues: Sequence[int]) -> str:
    """What `select` selects of each of the queues."""
    if connection.vendor == "postgresql":
        return (
            f"SELECT part.* FROM unnest(ARRAY{list(queues)}::smallint[]) AS one"
            f" CROSS JOIN LATERAL ({select('one')}) AS part"
        )
    return " UNION ALL ".join(f"SELECT * FROM ({select(str(queue))}) AS queue_{queue}" for queue in queues)


def _latest(queue: str, begins: str = "") -> str:
    """The head of a queue."""
    return f"""SELECT id, next_check_at AS due, queue, {_late()} AS late
        FROM {_PRODUCTS} WHERE queue = {queue} AND next_check_at <= %(now)s {begins} AND {_NOT_HELD}
        ORDER BY next_check_at, id LIMIT %(limit)s"""


def _asked() -> str:
    return f"""SELECT id, next_check_at AS due, queue, {_since("next_check_at")} AS late
        FROM {_PRODUCTS} WHERE asked_at IS NOT NULL AND next_check_at <= %(now)s AND {_NOT_HELD}
        ORDER BY next_check_at, id LIMIT %(limit)s"""


def _next(queue: str) -> str:
    """Those that will be due next in a queue, and may be checked by now: none that is checked at a fixed interval or
    within some hours, is gone, fails or is in doubt."""
    if connection.vendor == "postgresql":
        may_be = "checked_at + soonest <= %(now)s"
    else:
        may_be = "julianday(checked_at) + soonest / 86400000000.0 <= julianday(%(now)s)"
    return f"""SELECT id, next_check_at AS due, queue, {_since("next_check_at")} AS late FROM (
            SELECT * FROM {_PRODUCTS} WHERE queue = {queue} AND next_check_at > %(now)s
            ORDER BY next_check_at, id LIMIT {LOOK_AHEAD}) AS ahead
        WHERE soonest < "interval" AND {may_be} AND hours IS NULL AND failing_since IS NULL AND doubted_at IS NULL
        AND (status IS NULL OR status NOT IN ({_GONE})) AND {_NOT_HELD}
        ORDER BY next_check_at, id LIMIT %(limit)s"""


def _late() -> str:
    """How late a product is: by what an early finding is worth, or later than anything else, by so many days."""
    days = "interval '10000 days'" if connection.vendor == "postgresql" else "10000"
    since = _since("next_check_at")
    weights = " ".join(f"WHEN {one:d} THEN {since} * {one.weight**0.5}" for one in Priority)
    return f"CASE queue {weights} ELSE {since} + {days} END"


def _since(column: str) -> str:
    if connection.vendor == "postgresql":
        return f"(%(now)s - {column})"
    return f"(julianday(%(now)s) - julianday({column}))"
