"""A worker's memory after many checks, and that no transaction is open during a call."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from django.db import connection

from monitor.models import Product
from tests.bench.figures import Figure, at_most
from tests.bench.pipeline import Workers, check_all, stock, workers
from tests.bench.processes import resident_mb
from tests.bench.server import Board, Provider

SETTLED = 5_000
CALL = 0.02


def run(provider: Provider, quick: bool) -> Iterator[Figure]:
    checks = 10_000 if quick else 100_000
    stock(SETTLED)
    with workers(1) as crew:
        [child] = crew.children
        check_all(provider.board, crew)
        begin = resident_mb(child)
        for _ in range(checks // SETTLED - 1):
            check_all(provider.board, crew)
        end = resident_mb(child)
        transactions = _transactions(provider.board, crew) if connection.vendor == "postgresql" else None
    yield Figure(f"a worker after {SETTLED:,} checks", begin, "MB", at_most(200))
    yield Figure(f"after {checks:,} checks", end, "MB", at_most(200))
    yield Figure("growth", end - begin, "MB", at_most(30))
    if transactions:
        yield Figure(f"looks at open transactions during calls of {CALL * 1000:g} ms", transactions.looks)
        yield Figure("transactions open during a call", transactions.during_calls, "", at_most(0))
        yield Figure("longest transaction seen", transactions.longest * 1000, "ms")


@dataclass
class _Transactions:
    looks: int = 0
    during_calls: int = 0
    longest: float = 0.0


def _transactions(board: Board, crew: Workers) -> _Transactions:
    board.latency = CALL
    Product.objects.exclude(num_iid__endswith="0").delete()
    with _watching(board) as counts:
        check_all(board, crew)
    return counts


@contextmanager
def _watching(board: Board) -> Iterator[_Transactions]:
    """Counts the workers' open transactions repeatedly until the block ends."""
    counts, stop = _Transactions(), threading.Event()
    connection.ensure_connection()
    ours = connection.connection.info.backend_pid
    with psycopg.connect(connection.connection.info.dsn, password=connection.connection.info.password) as server:
        server.autocommit = True

        def watch() -> None:
            while not stop.is_set():
                _look(server, ours, board, counts)

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield counts
        finally:
            stop.set()
            watcher.join()


def _look(server: psycopg.Connection, ours: int, board: Board, counts: _Transactions) -> None:
    """The only worker makes the calls of one batch at a time, so during a call there is nothing to write."""
    finished, running = board.finished, board.started - board.finished
    ages = server.execute(
        "SELECT extract(epoch FROM clock_timestamp() - xact_start)::float FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid NOT IN (%s, pg_backend_pid()) AND xact_start IS NOT NULL",
        [ours],
    ).fetchall()
    counts.longest = max([counts.longest, *(age for (age,) in ages)])
    # No call has ended meanwhile, so the calls were running during the query.
    if running > 0 and board.finished == finished:
        counts.looks += 1
        counts.during_calls += bool(ages)
