"""Selects of products that a claim may take, for both databases: `id`, `due`, `queue`, and `late`, as which the
greatest come first."""

# ruff: noqa: S608 - The names are the models', all values are parameters.

from collections.abc import Callable, Sequence
from enum import Enum

from django.db import connection

from monitor.models import ClaimMark, Lease, Product
from monitor.models.catalog import QUEUES
from monitor.models.watchlists import Priority
from monitor.provider.observation import GONE

#: So many products of each queue are looked at for those that may be checked early.
LOOK_AHEAD = 2000

PRODUCTS, LEASES, MARKS = (
    f'"{model._meta.db_table}"'  # Both databases quote so.
    for model in (Product, Lease, ClaimMark)
)
_NOT_HELD = "id NOT IN (SELECT key FROM held)"
_GONE = ", ".join(f"'{status.value}'" for status in sorted(GONE))


class Wanted(Enum):
    """What a claim is to take: what is due, of that what cannot wait or what people asked for, or what may be checked
    before it is due."""

    DUE = "due"
    STRICT = "strict"
    ASKED = "asked"
    EARLY = "early"


def of_each(select: Callable[[str], str], queues: Sequence[int] = QUEUES) -> str:
    """What `select` selects of each of the queues."""
    if connection.vendor == "postgresql":
        return (
            f"SELECT part.* FROM unnest(ARRAY{list(queues)}::smallint[]) AS one"
            f" CROSS JOIN LATERAL ({select('one')}) AS part"
        )
    return " UNION ALL ".join(f"SELECT * FROM ({select(str(queue))}) AS queue_{queue}" for queue in queues)


def latest(queue: str, begins: str = "", most: str = "%(limit)s") -> str:
    """The head of a queue, or what begins there."""
    return f"""SELECT id, next_check_at AS due, queue, {_late()} AS late
        FROM {PRODUCTS} WHERE queue = {queue} AND next_check_at <= %(now)s {begins} AND {_NOT_HELD}
        ORDER BY next_check_at, id LIMIT {most}"""


def out_of_turn(wanted: Wanted) -> str:
    """What people asked for, or what may be checked early."""
    return _asked() if wanted is Wanted.ASKED else of_each(_early)


def _asked() -> str:
    return f"""SELECT id, next_check_at AS due, queue, {_since("next_check_at")} AS late
        FROM {PRODUCTS} WHERE asked_at IS NOT NULL AND next_check_at <= %(now)s AND {_NOT_HELD}
        ORDER BY next_check_at, id LIMIT %(limit)s"""


def _early(queue: str) -> str:
    """Those that will be due next in a queue, and may be checked by now: what was never checked, but none that is
    checked at a fixed interval or within some hours, is gone, fails or is in doubt."""
    if connection.vendor == "postgresql":
        may_be = "checked_at + soonest <= %(now)s"
    else:
        may_be = "julianday(checked_at) + soonest / 86400000000.0 <= julianday(%(now)s)"
    return f"""SELECT id, next_check_at AS due, queue, {_since("next_check_at")} AS late FROM (
            SELECT * FROM {PRODUCTS} WHERE queue = {queue} AND next_check_at > %(now)s
            ORDER BY next_check_at, id LIMIT {LOOK_AHEAD}) AS ahead
        WHERE (checked_at IS NULL OR soonest < "interval" AND {may_be}) AND hours IS NULL
        AND failing_since IS NULL AND doubted_at IS NULL AND (status IS NULL OR status NOT IN ({_GONE})) AND {_NOT_HELD}
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
