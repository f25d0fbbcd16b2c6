"""Repeats writes that the database aborted: after a deadlock, a restarted server, a lost connection."""

import functools
from collections.abc import Callable

from django.db import InterfaceError, OperationalError, connection

#: After this many failures the write is given up: the claim runs out, and the next tick finds its products.
TRIES = 3


def retried[**P, R](write: Callable[P, R]) -> Callable[P, R]:
    """Calls `write` again, on a new connection, when the database aborted it; not inside a transaction."""

    @functools.wraps(write)
    def persistent(*args: P.args, **kwargs: P.kwargs) -> R:
        for _ in range(1, TRIES):
            try:
                return write(*args, **kwargs)
            except (OperationalError, InterfaceError):
                if connection.in_atomic_block:
                    raise
                connection.close()
        return write(*args, **kwargs)

    return persistent
