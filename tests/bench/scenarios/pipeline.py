"""Whole checks compared with a bare loop of `requests`, alternately, with immediate replies."""

from collections.abc import Iterator
from statistics import median

from django.db import connection

from tests.bench.bare import Loop, loop
from tests.bench.pipeline import Round, check_all, stock, workers
from tests.bench.report import Figure
from tests.bench.server import Provider

PRODUCTS, ROUNDS, THREADS = 8_000, 5, 8


def run(provider: Provider) -> Iterator[Figure]:
    processes = 1 if connection.vendor == "sqlite" else 2
    num_iids = stock(PRODUCTS)
    bare: list[Loop] = []
    whole: list[Round] = []
    with workers(processes, calls_at_once=THREADS) as crew:
        check_all(provider.board, crew)
        for _ in range(ROUNDS):
            bare.append(loop(provider.url, num_iids, processes=processes, threads=THREADS))
            whole.append(check_all(provider.board, crew))
    ratios = [ours.rate / theirs.rate for ours, theirs in zip(whole, bare, strict=True)]
    cpu, bare_cpu = median(turn.cpu for turn in whole), median(turn.cpu for turn in bare)
    database_cpu = median(turn.database_cpu for turn in whole)
    yield Figure("processes", processes)
    yield Figure("bare loop", median(turn.rate for turn in bare), "calls/s")
    yield Figure("whole check", median(turn.rate for turn in whole), "checks/s")
    yield Figure("whole check / bare loop", median(ratios), least=0.55)
    yield Figure("CPU per 1,000, bare loop", bare_cpu, "s")
    yield Figure("CPU per 1,000, of it the database's backends", database_cpu, "s")
    yield Figure(
        "CPU of the whole check / CPU of the bare loop", (cpu + database_cpu) / bare_cpu, most=1.8
    )
