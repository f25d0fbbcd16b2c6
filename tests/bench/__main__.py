"""Run the scenarios, each in a process of its own on places of its own, and report."""

import argparse
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack

import psycopg
import redis

from tests.bench import places, processes, report
from tests.bench.report import Figure

#: Databases for measuring pages, made once and kept.
FEW, MANY = "PostgreSQL, 5,000 products", "PostgreSQL, 100,000 products"
SHOPS = "PostgreSQL, 501 followed shops of 120,000 products"
MILLION = "PostgreSQL, 1,000,000 products"
#: The scenarios and their databases.
SCENARIOS = {
    "statements": ("PostgreSQL", "SQLite"),
    "pipeline": ("PostgreSQL", "SQLite"),
    "pages": (FEW, MANY, SHOPS),
    "digests": ("PostgreSQL",),
    "channels": ("PostgreSQL",),
    "schedule": ("PostgreSQL",),
}
#: Those that only run when they are named.
ON_REQUEST = {"scale": (MILLION,)}
PLACES: dict[str, Callable[[], AbstractContextManager[str]]] = {
    "PostgreSQL": places.postgres,
    "SQLite": places.sqlite,
    FEW: places.few_products,
    MANY: places.many_products,
    SHOPS: places.followed_shops,
    MILLION: places.scale,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="without the databases of 100,000 products"
    )
    every = SCENARIOS | ON_REQUEST
    parser.add_argument(
        "--only", choices=every, action="append", metavar="NAME", help=", ".join(every)
    )
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    lines: list[tuple[str, str, Figure]] = []
    is_whole = True
    try:
        with places.broker() as broker_url:
            machine = processes.machine() | _servers()
            for scenario in arguments.only or SCENARIOS:
                for database in every[scenario]:
                    if not (arguments.quick and database in (MANY, SHOPS)):
                        figures = _measure(scenario, database, broker_url)
                        lines += [(scenario, database, figure) for figure in figures]
    except places.Unavailable as error:
        # Figures measured so far are reported.
        sys.stderr.write(f"{error}\n")
        is_whole = False
    if lines:
        report.write(lines, machine, sys.stdout)
    return 0 if is_whole else 1


def _measure(scenario: str, database: str, broker_url: str) -> Iterator[Figure]:
    sys.stderr.write(f"{scenario}, {database} …\n")
    with PLACES[database]() as url, ExitStack() as stack:
        command = [sys.executable, "-m", "tests.bench.scenario", scenario, url, broker_url]
        process = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        stack.callback(process.terminate)
        assert process.stdout is not None
        for line in process.stdout:
            yield Figure(**json.loads(line))
        if process.wait():
            raise SystemExit(f"The scenario {scenario} on {database} failed.")


def _servers() -> dict[str, str]:
    with (
        psycopg.connect(places.POSTGRES_URL) as server,
        redis.Redis.from_url(places.REDIS_URL) as broker,
    ):
        [version] = server.execute("SHOW server_version").fetchone() or [""]
        return {"PostgreSQL": version, "Redis": broker.info("server")["redis_version"]}


if __name__ == "__main__":
    sys.exit(main())
