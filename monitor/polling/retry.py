"""Repeats writes that the database aborted: after a deadlock, a restarted server, a lost
connection."""

import functools
import sqlite3
import time
from collections.abc import Callable

from django.db import Error, InterfaceError, OperationalError, connection

#: Seconds before each further try, the second of which waits for a restarting database. After the
#: last one the write is given up: the claim runs out, and the next tick finds its products.
PAUSES = (0.0, 2.0)
#: The codes of PostgreSQL and SQLite for a full disk. The third is for the index of SQLite's log.
_DISK_FULL = {"53100", sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE}


def is_full(error: Error) -> bool:
    """Return whether a statement failed because the database's disk is full."""
    cause = error.__cause__
    return (
        getattr(cause, "sqlstate", None) in _DISK_FULL
        or getattr(cause, "sqlite_errorcode", None) in _DISK_FULL
    )


def retried[**P, R](write: Callable[P, R]) -> Callable[P, R]:
    """Call `write` again, on a new connection, when the database aborted it; not inside a
    transaction or on a full disk."""

    @functools.wraps(write)
    def persistent(*args: P.args, **kwargs: P.kwargs) -> R:
        for pause in PAUSES:
            try:
                return write(*args, **kwargs)
            except (OperationalError, InterfaceError) as error:
                if connection.in_atomic_block or is_full(error):
                    raise
                connection.close()
                time.sleep(pause)
        return write(*args, **kwargs)

    return persistent
