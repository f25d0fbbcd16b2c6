"""PostgreSQL's claim: a function of the database, which a connection plans once and not for every claim.

`migrate` makes it. A claim begins in each queue where the last one ended, and reads little more of it than it takes.
"""

# ruff: noqa: S608 - The names are the models', all values are parameters.

from typing import Any

from monitor.checking.candidates import LEASES, MARKS, Wanted, latest, out_of_turn
from monitor.models.catalog import CANNOT_WAIT, QUEUES

#: The function's parameters, in their order.
_PARAMETERS = {
    "lease": "uuid",
    "now": "timestamptz",
    "until": "timestamptz",
    "again": "timestamptz",
    "limit": "integer",
    "soon": "boolean",
}
#: One plan for whatever is given. As it is made without knowing how few rows are wanted, also of a table that may have
#: been nearly empty by then, it is no other than by the index, and never compiled.
_SETTINGS = (
    "SET plan_cache_mode = force_generic_plan",
    *(f"SET {way} = off" for way in ("enable_seqscan", "enable_bitmapscan", "jit")),
)
#: A condition that always holds, with which PostgreSQL does not wait for the disk at the statement's end. A claim that
#: a crash of the server takes back leaves its products due, as a killed worker does. Calls are reserved after it, and
#: what is reserved is on the disk, with all that was written before.
SOON = "(SELECT set_config('synchronous_commit', 'off', true)) IS NOT NULL"
#: Where the products that cannot wait do not fill a claim, the other queues.
_OTHERS = f"one <> {CANNOT_WAIT} AND (SELECT count(*) FROM strict) < %(limit)s"
#: The queues that claims in turn look at, and move on.
_LOOKED_AT = {Wanted.DUE: f"one = {CANNOT_WAIT} OR {_OTHERS}", Wanted.STRICT: f"one = {CANNOT_WAIT}"}


def install(connection: Any) -> None:
    """Make the functions, or make them anew."""
    names = {name: f"_{name}" for name in _PARAMETERS}
    parameters = ", ".join(f"{names[name]} {kind}" for name, kind in _PARAMETERS.items())
    with connection.cursor() as cursor:
        for wanted in Wanted:
            cursor.execute(
                f"CREATE OR REPLACE FUNCTION {_name(wanted)}({parameters})"
                " RETURNS TABLE (is_kept boolean, claimed bigint[]) LANGUAGE plpgsql"
                f" {' '.join(_SETTINGS)}"
                f" AS $body$ BEGIN RETURN QUERY {statement(wanted) % names}; END $body$"
            )


def call(wanted: Wanted) -> str:
    """The statement that claims: whether what it found was kept, and the products' keys."""
    return f"SELECT * FROM {_name(wanted)}({', '.join(f'%({name})s' for name in _PARAMETERS)})"


def _name(wanted: Wanted) -> str:
    return f"monitor_claim_{wanted.value}"


def statement(wanted: Wanted) -> str:
    """What the function does: begin where the last claim ended, and keep what was found only if no other claim was made
    since this one began to look. That the mark is as it was then tells: whoever moves it waits for who has moved it
    before.

    The leases that ran out are taken away first, but for those whose late workers are recording at this moment.
    """
    return (
        f"WITH seen AS MATERIALIZED (SELECT * FROM {MARKS} WHERE id = 1 AND (NOT %(soon)s OR {SOON})),"
        f" gone AS (DELETE FROM {LEASES} WHERE id IN"
        f" (SELECT id FROM {LEASES} WHERE until <= %(now)s FOR UPDATE SKIP LOCKED) RETURNING id),"
        " begins AS MATERIALIZED"
        f" (SELECT looked_at, heads FROM seen WHERE NOT EXISTS (SELECT FROM gone) AND {goes_on()}),"
        " held AS NOT MATERIALIZED"
        f" (SELECT unnest(products) AS key FROM {LEASES} WHERE id NOT IN (SELECT id FROM gone)),"
        f" starts AS MATERIALIZED ({_starts()}),"
        f" strict AS MATERIALIZED ({_heads(f'one = {CANNOT_WAIT}')}),"
        f" first AS MATERIALIZED ({_first(wanted)}),"
        f" ends AS MATERIALIZED ({_ends('first')}),"
        f" found AS MATERIALIZED ({_found(wanted)}),"
        " due AS MATERIALIZED (SELECT * FROM found ORDER BY late DESC, due, id LIMIT %(limit)s),"
        f" moved AS (INSERT INTO {MARKS} (id, turn, looked_at, heads) {_mark(wanted)}"
        f" ON CONFLICT (id) DO UPDATE SET turn = {MARKS}.turn + 1, looked_at = excluded.looked_at,"
        f" heads = excluded.heads WHERE {MARKS}.turn = (SELECT turn FROM seen) RETURNING turn),"
        f" leased AS (INSERT INTO {LEASES} (id, until, products)"
        " SELECT %(lease)s, %(until)s, array_agg(id ORDER BY id) FROM due WHERE EXISTS (SELECT FROM moved)"
        " HAVING count(*) > 0 RETURNING products)"
        " SELECT EXISTS (SELECT FROM moved), (SELECT products FROM leased)"
    )


def goes_on() -> str:
    """Whether a claim begins where the last one ended: it was not long since one looked from the start, or another does
    so at this moment. The first to do so walks over all that was checked since: the others need not do it beside it."""
    return (
        "CASE WHEN looked_at > %(again)s AND looked_at <= %(now)s THEN true"
        f" ELSE NOT pg_try_advisory_xact_lock('{MARKS}'::regclass::oid::bigint) END"
    )


def _starts() -> str:
    """Where in each queue a claim begins, behind all that was claimed before, and how much of it is read at first: a
    little more than the last one took. All that may be taken is, where one of these is not known."""
    head = "heads -> one::text"
    return (
        f"SELECT one, COALESCE(({head} ->> 0)::timestamptz, '-infinity') AS due,"
        f" COALESCE(({head} ->> 1)::bigint, 0) AS id,"
        f" CASE WHEN one <> {CANNOT_WAIT} THEN LEAST(%(limit)s, ({head} ->> 2)::bigint * 9 / 8 + %(limit)s / 20 + 1)"
        " ELSE %(limit)s END AS most"
        f" FROM unnest(ARRAY{list(QUEUES)}::smallint[]) AS one LEFT JOIN begins ON true"
    )


def _heads(which: str) -> str:
    """The heads of these queues: one select for all of them, so that what is held is gathered once."""
    head = latest("one", "AND (next_check_at, id) > (starts.due, starts.id)", "most")
    return f"SELECT head.* FROM starts CROSS JOIN LATERAL ({head}) AS head WHERE {which}"


def _first(wanted: Wanted) -> str:
    """All that cannot wait comes before all else: where it suffices, the other queues need not be looked at."""
    return f"SELECT * FROM strict UNION ALL {_heads(_OTHERS)}" if wanted is Wanted.DUE else "SELECT * FROM strict"


def _ends(of: str) -> str:
    """By queue how many of these products are in it, and the last of them."""
    return (
        f"SELECT *, (SELECT max(id) FROM {of} WHERE queue = one AND due = last) AS id"
        " FROM (SELECT queue AS one, count(*) AS many, max(due) AS last, min(late) AS late"
        f" FROM {of} GROUP BY queue) AS each"
    )


def _found(wanted: Wanted) -> str:
    if wanted not in _LOOKED_AT:
        return out_of_turn(wanted)
    return f"SELECT * FROM first UNION ALL {_more()}" if wanted is Wanted.DUE else "SELECT * FROM first"


def _more() -> str:
    """What follows in the queues of which all that was read may be taken."""
    rest = latest("one", "AND (next_check_at, id) > (ends.last, ends.id)", "%(limit)s - ends.many")
    return (
        f"SELECT rest.* FROM ends JOIN starts USING (one) CROSS JOIN LATERAL ({rest}) AS rest"
        " WHERE many = most AND most < %(limit)s AND COALESCE(ends.late >="
        " (SELECT late FROM first ORDER BY late DESC OFFSET %(limit)s - 1 LIMIT 1), true)"
    )


def _mark(wanted: Wanted) -> str:
    """Where the next claim is to begin, and how many this one takes of each queue: behind these, or where this one
    began if it takes none, or behind all that is due by now where it has looked and found nothing."""
    if wanted not in _LOOKED_AT:
        # These are taken out of turn: they move no queue on.
        looked_at = "(SELECT looked_at FROM seen WHERE NOT EXISTS (SELECT FROM gone))"
        return f"SELECT 1, 1, {looked_at}, COALESCE((SELECT heads FROM seen), '{{}}')"
    moved = (
        "SELECT jsonb_object_agg(one, CASE WHEN taken.many > 0 THEN jsonb_build_array(taken.last, taken.id, taken.many)"
        " WHEN ends.many > 0 THEN jsonb_build_array(starts.due, starts.id, 0)"
        " ELSE jsonb_build_array(%(now)s, 0, 0) END) FROM starts LEFT JOIN ends USING (one)"
        f" LEFT JOIN ({_ends('due')}) AS taken USING (one) WHERE {_LOOKED_AT[wanted]}"
    )
    return (
        "SELECT 1, 1, CASE WHEN EXISTS (SELECT FROM begins) THEN (SELECT looked_at FROM begins) ELSE %(now)s END,"
        f" COALESCE((SELECT heads FROM begins), '{{}}') || COALESCE(({moved}), '{{}}')"
    )
