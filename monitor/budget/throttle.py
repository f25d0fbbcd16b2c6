"""Limits how often something may be done: leaky buckets in the database, shared by all web processes.

Taking is one atomic statement before the act, so simultaneous attempts cannot exceed the limit. A refused attempt costs
nothing: nobody can make another user's wait longer, and nothing needs to be unlocked by hand.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import F
from django.utils.crypto import salted_hmac

from monitor.models import Throttle
from monitor.text.clock import microseconds

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """`burst` acts at once, then one each `every`."""

    name: str
    burst: int
    every: timedelta


def take(limit: Limit, subject: str, now: datetime) -> timedelta:
    """Takes one act. Returns zero when it may be done, else how long to wait."""
    key, at, step = _key(limit, subject), microseconds(now), limit.every // _MICROSECOND
    room = (limit.burst - 1) * step
    table = connection.ops.quote_name(Throttle._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(  # The table's name is the model's, all values are parameters.
            f"INSERT INTO {table} (key, empty_at) VALUES (%s, %s) ON CONFLICT (key) DO UPDATE"  # noqa: S608
            f" SET empty_at = %s + CASE WHEN {table}.empty_at > %s THEN {table}.empty_at ELSE %s END"
            f" WHERE {table}.empty_at <= %s RETURNING empty_at",
            [key, at + step, step, at, at, at + room],
        )
        if cursor.fetchone():
            return timedelta()
    empty_at = Throttle.objects.filter(pk=key).values_list("empty_at", flat=True).first() or 0
    return max(timedelta(microseconds=empty_at - room - at), _MICROSECOND)


def give_back(limit: Limit, subject: str) -> None:
    """Undoes one `take`, when the act was harmless or another limit refused it."""
    Throttle.objects.filter(pk=_key(limit, subject)).update(empty_at=F("empty_at") - limit.every // _MICROSECOND)


def forget(limit: Limit, subject: str) -> None:
    """Gives back everything that `limit` allows."""
    Throttle.objects.filter(pk=_key(limit, subject)).delete()


def delete_empty(now: datetime) -> int:
    """Deletes rows of buckets that have emptied; returns how many."""
    return Throttle.objects.filter(empty_at__lt=microseconds(now)).delete()[0]


def _key(limit: Limit, subject: str) -> str:
    return salted_hmac(f"monitor.throttle.{limit.name}", subject, algorithm="sha256").hexdigest()
