"""The processes of production on a database and a Redis of their own; those that end are started
again."""

import os
import secrets
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from tests.bench.places import POSTGRES_URL
from tests.bench.processes import children

ROOT = Path(__file__).resolve().parents[2]
#: Of a process that was told to end, until it is killed.
PATIENCE_SECONDS = 30


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def procfile() -> dict[str, list[str]]:
    """Return the command of each process that `make run` starts, by its name."""
    lines = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
    return {
        name: shlex.split(command) for name, _, command in (line.partition(": ") for line in lines)
    }


class Process:
    """A process with its children in a group of their own. Its output is kept in a file."""

    def __init__(
        self, name: str, command: list[str], environment: Mapping[str, str], logs: Path
    ) -> None:
        self.name, self._command, self._environment = name, command, {**environment}
        self._log, self.starts = logs / f"{name}.log", 0
        self.start()

    def start(self) -> None:
        with self._log.open("ab") as log:
            self.started = datetime.now(UTC)
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.starts += 1

    @property
    def pids(self) -> list[int]:
        """It and its children."""
        return [self._process.pid, *self.children]

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    @property
    def children(self) -> list[int]:
        with suppress(FileNotFoundError):
            return children(self._process.pid)
        return []

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the whole group."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def terminate(self) -> None:
        """Ask it to end, as a service manager does, and wait."""
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(PATIENCE_SECONDS)
        self.signal(signal.SIGKILL)
        self._process.wait()


class Stack:
    """All processes by name, started again a second after their end."""

    def __init__(self, logs: Path) -> None:
        self.logs, self.processes = logs, dict[str, Process]()
        self._ended = threading.Event()
        self._watch = threading.Thread(target=self._restart, daemon=True)

    def start(self, name: str, command: list[str], environment: Mapping[str, str]) -> None:
        self.processes[name] = Process(name, command, environment, self.logs)

    def watch(self) -> None:
        self._watch.start()

    def _restart(self) -> None:
        while not self._ended.wait(1):
            for process in self.processes.values():
                if not process.is_running:
                    process.start()

    def started(self, name: str) -> datetime:
        """Return when a process was last started."""
        return self.processes[name].started

    def named(self, beginning: str) -> list[Process]:
        return [process for name, process in self.processes.items() if name.startswith(beginning)]

    def end(self) -> None:
        self._ended.set()
        if self._watch.is_alive():
            self._watch.join()
        ending = [threading.Thread(target=process.terminate) for process in self.processes.values()]
        for thread in ending:
            thread.start()
        for thread in ending:
            thread.join()


@contextmanager
def database() -> Iterator[tuple[str, str, str]]:
    """Yield the URLs of a new database for its owner and for us, and the owner's name, which bounds
    connections."""
    name = f"stallwatch_chaos_{secrets.token_hex(4)}"
    role, password = sql.Identifier(name), secrets.token_hex(16)
    with psycopg.connect(POSTGRES_URL, autocommit=True, connect_timeout=5) as server:
        server.execute(
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, sql.Literal(password))
        )
        server.execute(sql.SQL("CREATE DATABASE {0} OWNER {0}").format(role))
        try:
            parts = urlsplit(POSTGRES_URL)._replace(path=f"/{name}")
            place = parts.netloc.rpartition("@")[2]
            yield (
                urlunsplit(parts._replace(netloc=f"{name}:{password}@{place}")),
                urlunsplit(parts),
                name,
            )
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(role))
            server.execute(sql.SQL("DROP ROLE {}").format(role))


def start_redis(stack: Stack, port: int) -> None:
    """Start an empty Redis that writes nothing to the disk."""
    command = [
        "redis-server",
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--dir",
        str(stack.logs),
    ]
    stack.start("redis", command, {"PATH": os.environ["PATH"]})
    wait_until(lambda: listens(port), "Redis")


def start_workers(stack: Stack, environment: Mapping[str, str], pairs: int = 1) -> None:
    """Start `pairs` of a worker for checks and a beat, and one worker for the rest."""
    commands, python = procfile(), [sys.executable, "-m"]
    for number in range(pairs):
        time.sleep(5 * number)  # The beats tick in turn.
        name = f"checks{number}"
        worker = [word.replace("checks@", f"{name}@") for word in commands["checks"]]
        stack.start(name, python + worker, environment)
        schedule = ["--schedule", str(stack.logs / f"schedule{number}"), "--pidfile", ""]
        stack.start(f"beat{number}", python + commands["beat"] + schedule, environment)
    stack.start("upkeep", python + commands["upkeep"], environment)


def start_web(stack: Stack, environment: Mapping[str, str], port: int) -> None:
    """Start gunicorn with 2 processes of 8 threads."""
    command = [
        word.replace("${HOST:-127.0.0.1}:$PORT", f"127.0.0.1:{port}") for word in procfile()["web"]
    ]
    stack.start("web", [sys.executable, "-m", *command, "--workers", "2"], environment)
    wait_until(lambda: listens(port), "gunicorn")


def listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def wait_until(condition: Callable[[], object], what: str, seconds: float = 60) -> bool:
    """Wait until the condition holds; say so and return False if it does not in time."""
    ends = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > ends:
            print(f"waited {seconds:g} s in vain: {what}", flush=True)
            return False
        time.sleep(0.2)
    return True
