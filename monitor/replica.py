"""Lets pages and the API read from a replica of the database, if `DATABASE_REPLICA_URL` names one.

Everything else reads from the primary: workers, commands, the admin, requests that may write, what
is read in a transaction or after the request wrote something, and who asks. A user who wrote
something sees it: for `BEHIND_SECONDS` their requests read from the primary too, from all their
devices and programs. Nothing is ever written through the replica."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Any

from django.db import DEFAULT_DB_ALIAS, Error, connection, connections

ALIAS = "replica"
#: The replica may be behind by this much. Heartbeats are written every ten seconds, so one that is
#: further behind has stopped.
BEHIND_SECONDS = 30
#: A replica that does not answer, or is behind, is not asked again for this time.
REST_SECONDS = 30

logger = logging.getLogger(__name__)
_reads = ContextVar("reads from the replica", default=False)
_rests_until = 0.0


class Router:
    """Django's router of databases."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return ALIAS if _reads.get() and not connection.in_atomic_block else DEFAULT_DB_ALIAS

    def db_for_write(self, model: Any, **hints: Any) -> str:
        # What a request has written, it may read again.
        _reads.set(False)
        return DEFAULT_DB_ALIAS

    def allow_relation(self, first: Any, second: Any, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == DEFAULT_DB_ALIAS


def exists() -> bool:
    return ALIAS in connections


@contextmanager
def request() -> Iterator[None]:
    """Read from the primary again when the request is over."""
    token = _reads.set(False)
    try:
        yield
    finally:
        _reads.reset(token)


def read(wrote_at: datetime | None, now: datetime) -> None:
    """Read from the replica for the rest of this request, if it answers and shows what the user
    wrote at `wrote_at`."""
    if wrote_at is None or now - wrote_at > timedelta(seconds=BEHIND_SECONDS):
        _reads.set(_answers())


def _answers() -> bool:
    global _rests_until
    if time.monotonic() < _rests_until:
        return False
    fault = "it is too far behind"
    try:
        if _seconds_behind() <= BEHIND_SECONDS:
            return True
    except Error as error:
        fault = type(error).__name__
    logger.warning("Pages read from the primary, not from the replica: %s.", fault)
    _rests_until = time.monotonic() + REST_SECONDS
    return False


def _seconds_behind() -> float:
    """Return how old the newest transaction of the replica is. It connects, if need be."""
    with connections[ALIAS].cursor() as cursor:
        if connections[ALIAS].vendor != "postgresql":
            return 0
        cursor.execute(
            "SELECT coalesce(extract(epoch FROM now() - pg_last_xact_replay_timestamp()), 0)"
        )
        [(seconds,)] = cursor.fetchall()
        return float(seconds)
