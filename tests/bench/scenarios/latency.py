"""Calls per second when each takes 100 ms, compared with the most that the calls in flight could do."""

import time
from collections.abc import Iterator

from django.db import connection

from monitor.tasks import tick
from tests.bench.figures import Figure, at_least
from tests.bench.pipeline import all_due, check_all, none_due, stock, workers
from tests.bench.processes import wait_until
from tests.bench.server import Board, Provider

LATENCY = 0.1
IN_FLIGHT = (8, 16, 32, 64)
#: As many calls are counted as the calls in flight could make in this time.
SECONDS = 5.0


def run(provider: Provider, quick: bool) -> Iterator[Figure]:
    levels, seconds = (IN_FLIGHT[-1:], SECONDS / 2) if quick else (IN_FLIGHT, SECONDS)
    processes = 1 if connection.vendor == "sqlite" else 2
    # Enough products for the whole count.
    stock(int(max(IN_FLIGHT) / LATENCY * seconds * 2))
    # A product's first check writes more than the usual checks after it.
    with workers(processes) as crew:
        check_all(provider.board, crew)
    provider.board.latency = LATENCY
    for in_flight in levels:
        with workers(processes, calls_at_once=in_flight // processes):
            rate = _rate(provider.board, int(in_flight / LATENCY * seconds))
        yield Figure(f"{in_flight} calls in flight", rate, "calls/s")
        yield Figure(
            f"{in_flight} calls in flight, of what is possible", rate * LATENCY / in_flight, target=at_least(0.8)
        )


def _rate(board: Board, calls: int) -> float:
    """Calls per second while the workers are busy, counted from one answered call to another."""
    board.round += 1
    all_due()
    before = board.finished
    tick.delay()
    # The first batch opens the connections.
    begin = before + calls // 5
    wait_until(lambda: board.finished >= begin, "the first replies")
    counted, began = board.finished, time.perf_counter()
    wait_until(lambda: board.finished >= counted + calls, "the replies to count", seconds=120)
    counted, ended = board.finished - counted, time.perf_counter()
    none_due()
    return counted / (ended - began)
