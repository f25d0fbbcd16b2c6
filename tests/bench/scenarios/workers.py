"""One, two and four workers that check, with a provider that answers at once and one that takes a
tenth of a second."""

from collections.abc import Iterator

from tests.bench.pipeline import check_all, stock, workers
from tests.bench.report import Figure
from tests.bench.server import Provider

PRODUCTS = 4000
#: Worker processes, the calls of each at the same time, and the seconds that an answer takes.
WORKERS, THREADS, SECONDS = (1, 2, 4), 8, (0.0, 0.1)


def run(provider: Provider) -> Iterator[Figure]:
    stock(PRODUCTS)
    for processes in WORKERS:
        with workers(processes, calls_at_once=THREADS) as crew:
            check_all(provider.board, crew)
            for provider.board.seconds in SECONDS:
                turn = check_all(provider.board, crew)
                name = f"{processes} workers, answers in {provider.board.seconds * 1000:.0f} ms"
                yield Figure(f"{name}: checks", turn.rate, "a second")
                yield Figure(f"{name}: CPU per 1,000, workers", turn.cpu, "s")
                yield Figure(f"{name}: CPU per 1,000, PostgreSQL", turn.database_cpu, "s")
                yield Figure(f"{name}: CPU per 1,000, broker", turn.broker_cpu, "s")
            provider.board.seconds = 0.0
