"""Products in a database, and Celery workers that check them."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from config.celery import app
from monitor.models import Product, User
from monitor.tasks import tick
from monitor.watching.services import add_products, create_watchlist
from tests.bench import bulk
from tests.bench.processes import children, cpu_seconds, wait_until
from tests.bench.reply import FIRST_NUM_IID
from tests.bench.server import Board


@dataclass(frozen=True, slots=True)
class Round:
    """Every product checked once: checks a second, and CPU seconds for a thousand.

    `cpu` is that of Celery's processes; `database_cpu` that of PostgreSQL's backends for them."""

    rate: float
    cpu: float
    database_cpu: float


def stock(products: int) -> list[str]:
    """Make the tables, and a merchant who watches that many products; return their `num_iid`."""
    call_command("migrate", verbosity=0)
    watchlist = create_watchlist(User.objects.create_user("bench@example.com", None), "bench")
    num_iids = add_products(
        watchlist, [str(FIRST_NUM_IID + number) for number in range(products)], timezone.now()
    )
    # Autovacuum would do it within a minute, but some test servers have it off.
    bulk.analyze()
    return num_iids


class Workers:
    """Celery's worker and its child processes, which make the calls."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self.children = children(process.pid)

    def cpu(self) -> float:
        return cpu_seconds([self._process.pid, *self.children])


@contextmanager
def workers(processes: int, *, calls_at_once: int = 8) -> Iterator[Workers]:
    """Run prefork workers until the block ends, each with `calls_at_once` threads for calls."""
    options = ["--pool", "prefork", "--concurrency", str(processes), "--loglevel", "ERROR"]
    options += ["--queues", "stallwatch,stallwatch-checks"]
    options += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    command = [sys.executable, "-m", "celery", "--quiet", "-A", "config", "worker", *options]
    # What workers of another database have left would have products checked before a round begins.
    app.control.purge()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command,
            env=os.environ | {"PROVIDER_CONCURRENCY": str(calls_at_once)},
            stdout=output,
            stderr=output,
        )
        try:
            wait_until(
                lambda: bool(process.poll() is None and app.control.ping(timeout=0.2)),
                "Celery's worker",
            )
            yield Workers(process)
        except BaseException:
            output.seek(0)
            sys.stderr.write(output.read().decode(errors="replace"))
            raise
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def check_all(board: Board, crew: Workers) -> Round:
    """Let the workers check every product once, with new replies of the server."""
    board.round += 1
    products = all_due()
    expected = board.finished + products
    began = time.perf_counter()
    cpu, backends = crew.cpu(), _backends()
    tick.delay()
    wait_until(
        lambda: board.finished >= expected and not is_leased(), "a round of checks", seconds=300
    )
    seconds = time.perf_counter() - began
    database_cpu = sum(used - backends.get(pid, 0) for pid, used in _backends().items())
    used = (crew.cpu() - cpu, database_cpu)
    _verify(products)
    return Round(products / seconds, *(amount / products * 1000 for amount in used))


def all_due() -> int:
    """Make every product due now; return how many there are."""
    return Product.objects.update(next_check_at=timezone.now())


def is_leased() -> bool:
    """Return whether anything is claimed and not yet recorded."""
    return Product.objects.filter(claimed_until__isnull=False).exists()


def _verify(products: int) -> None:
    good = Product.objects.filter(
        last_outcome__in=["ok", "unchanged"], next_check_at__gt=timezone.now()
    )
    if good.count() != products:
        raise AssertionError("some checks failed, so the figures mean nothing")


def _backends() -> dict[int, float]:
    """CPU seconds of the processes that serve the workers' connections to PostgreSQL, if they run
    on this machine."""
    if connection.vendor != "postgresql":
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
            "pg_backend_pid() AND backend_type = 'client backend'"
        )
        return {pid: cpu_seconds([pid]) for (pid,) in cursor.fetchall()}
