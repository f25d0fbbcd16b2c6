"""Databases and a broker for one run."""

import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import redis
from psycopg import sql

#: Servers to measure on. A run makes its own PostgreSQL database, and needs an empty Redis
#: database.
POSTGRES_URL = os.environ.get("BENCH_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")
REDIS_URL = os.environ.get("BENCH_REDIS_URL", "redis://127.0.0.1:6379/9")
#: For commands that call no provider.
NOWHERE = "http://127.0.0.1:9"
_FILL = "from tests.bench import seeding; seeding.{}"
_FEW = "stallwatch_bench_few"


class Unavailable(Exception):
    """A server that the benchmark needs is not there, or not free to use."""


@contextmanager
def postgres(template: str = "template1") -> Iterator[str]:
    """Yield the URL of a new database, a copy of `template`. Raises Unavailable."""
    name = f"stallwatch_bench_{secrets.token_hex(4)}"
    with _server() as server:
        server.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*map(sql.Identifier, (name, template)))
        )
        try:
            yield _url(name)
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def seeded(name: str, filling: str, template: str = "template1") -> Iterator[str]:
    """Yield the URL of a database that `filling`, a call in `seeding`, makes of `template`. It is
    made once and kept.

    Raises Unavailable.
    """
    unfinished = f"{name}_unfinished"
    with _server() as server:
        collect_static()
        try:
            if not server.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [name]
            ).fetchone():
                server.execute(
                    sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(
                        sql.Identifier(unfinished)
                    )
                )
                names = map(sql.Identifier, (unfinished, template))
                server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))
                _manage(unfinished, "migrate", "--verbosity", "0")
                _manage(unfinished, "shell", "--no-imports", "--command", _FILL.format(filling))
                names = map(sql.Identifier, (unfinished, name))
                server.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(*names))
            else:
                _manage(name, "migrate", "--verbosity", "0")
        except subprocess.CalledProcessError as error:
            raise Unavailable(f"The database {name} could not be filled: {error}") from None
    yield _url(name)


@contextmanager
def few_products() -> Iterator[str]:
    """Yield the URL of a database with 5,000 products. Raises Unavailable."""
    with seeded(_FEW, "seed(5_000, 250_000)") as url:
        yield url


@contextmanager
def many_products() -> Iterator[str]:
    """Yield the URL of a database with 100,000 products and 5 million snapshots. Raises
    Unavailable."""
    with few_products(), seeded("stallwatch_bench_many", "multiply(20)", _FEW) as url:
        yield url


@contextmanager
def scale() -> Iterator[str]:
    """Yield the URL of a database with a million products of ten merchants, 50 million snapshots,
    67 million changes.

    It takes 30 GB and most of an hour. Raises Unavailable.
    """
    name = "stallwatch_bench_scale"
    with few_products(), seeded(name, "share(10); seeding.multiply(200)", _FEW) as url:
        yield url


@contextmanager
def followed_shops() -> Iterator[str]:
    """Yield the URL of a database with 500 followed shops of 200 products, and one of 20,000.
    Raises Unavailable."""
    with few_products(), seeded("stallwatch_bench_shops", "follow(500, 200, 20_000)", _FEW) as url:
        yield url


def _server() -> psycopg.Connection[tuple[object, ...]]:
    try:
        return psycopg.connect(POSTGRES_URL, autocommit=True, connect_timeout=5)
    except psycopg.OperationalError as error:
        raise Unavailable(
            f"No PostgreSQL at BENCH_POSTGRES_URL: {str(error).splitlines()[0]}"
        ) from None


def _url(name: str) -> str:
    return urlunsplit(urlsplit(POSTGRES_URL)._replace(path=f"/{name}"))


@cache
def collect_static() -> None:
    """Collect static files: if they are collected, pages use their names as in production."""
    env = os.environ | environment("sqlite:///var/none.sqlite3", "memory://", NOWHERE)
    command = [
        sys.executable,
        "manage.py",
        "collectstatic",
        "--no-input",
        "--skip-checks",
        "--verbosity",
        "0",
    ]
    subprocess.run(command, env=env, check=True, stdout=sys.stderr)


def _manage(name: str, *arguments: str) -> None:
    # With DEBUG, checks do not require production's settings.
    env = os.environ | environment(_url(name), "memory://", NOWHERE) | {"DEBUG": "1"}
    subprocess.run(
        [sys.executable, "manage.py", *arguments], env=env, check=True, stdout=sys.stderr
    )


@contextmanager
def sqlite() -> Iterator[str]:
    """Yield the URL of a new database's file."""
    with tempfile.TemporaryDirectory(prefix="stallwatch-bench-") as folder:
        yield f"sqlite:///{Path(folder) / 'bench.sqlite3'}"


@contextmanager
def broker() -> Iterator[str]:
    """Yield the URL of an empty Redis database, emptied again afterwards. Raises Unavailable."""
    with redis.Redis.from_url(REDIS_URL) as server:
        try:
            keys = server.dbsize()
        except redis.ConnectionError:
            raise Unavailable("No Redis at BENCH_REDIS_URL.") from None
        if keys:
            raise Unavailable(
                "The Redis database of BENCH_REDIS_URL is not empty. Give the number of one "
                "that is."
            )
        try:
            yield REDIS_URL
        finally:
            server.flushdb()


def environment(database_url: str, broker_url: str, provider_url: str) -> dict[str, str]:
    """Return the environment of Stallwatch: as in production, with these servers."""
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DEBUG": "0",
        "SECRET_KEY": "a key for the benchmark and nothing else",
        "SITE_URL": "https://bench.example",
        "EMAIL_URL": "console:",
        "LOG_LEVEL": "ERROR",
        "DATABASE_URL": database_url,
        "CELERY_BROKER_URL": broker_url,
        "PROVIDER_URL": provider_url,
        "PROVIDER_KEY": "bench-key",
        "PROVIDER_SECRET": "bench-secret",
        "PROVIDER_DAILY_CALLS": "900000000",
    }
