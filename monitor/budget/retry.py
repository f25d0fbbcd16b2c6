"""Another try for writes that the database broke off: a deadlock, a restarted server, a lost connection."""

import functools
from collections.abc import Callable

from django.db import InterfaceError, OperationalError, connection

#: What fails so often is left: the claim of its products runs out, and the next tick finds them.
TRIES = 3


def retried[**P, R](write: Callable[P, R]) -> Callable[P, R]:
    """Call `write` again, on a new connection, when the database broke it off; not inside a transaction."""

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
