"""Real workers in their own processes, with the test's database and broker."""

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
import redis
from django.db import connection

from config.celery import app
from tests.provider.servers import ProviderServer, provider_server

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60


def database_url() -> str:
    """Return the address of this test's database, for other processes."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))


ONE_FOR_ALL = (
    "--concurrency",
    "1",
    "--loglevel",
    "WARNING",
    "--without-gossip",
    "--without-mingle",
)


def options_of_procfile() -> list[list[str]]:
    """Return the options of each worker that `make run` starts."""
    lines = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
    return [shlex.split(line.partition(" worker ")[2]) for line in lines if " worker " in line]


class Worker:
    """A Celery worker in its own processes, which a test may kill."""

    def __init__(self, environment: dict[str, str], options: Sequence[str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "config", "worker", *options],
            cwd=ROOT,
            env=environment,
            start_new_session=True,
        )

    @property
    def child(self) -> int:
        """The ID of the process of a worker without threads that runs its tasks."""
        [child] = (
            Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        )
        return int(child)

    def end(self, with_signal: signal.Signals) -> None:
        """Send a signal to the worker and its children, and wait for their end."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, with_signal)
        self.process.wait(PATIENCE)


@pytest.fixture
def provider() -> Iterator[ProviderServer]:
    with provider_server() as server:
        yield server


@pytest.fixture
def broker(request: pytest.FixtureRequest) -> str:
    """The address of an empty Redis or, for tests that ask for `TEST_AMQP_URL`, RabbitMQ. Needs
    PostgreSQL too."""
    name = getattr(request, "param", "TEST_REDIS_URL")
    url = os.environ.get(name, "")
    if not url or connection.vendor != "postgresql":
        reason = f"Needs PostgreSQL (DATABASE_URL) and a broker ({name})."
        if os.environ.get("REQUIRE_SERVICES") and name == "TEST_REDIS_URL":
            pytest.fail(reason)
        pytest.skip(reason)
    if name == "TEST_REDIS_URL":
        url = urlunsplit(urlsplit(url)._replace(path="/7"))
        redis.Redis.from_url(url).flushdb()
    else:
        with app.connection_for_write(url) as link:
            for queue in app.amqp.queues.values():
                queue(link.default_channel).declare()
                queue(link.default_channel).purge()
    return url


@pytest.fixture
def start_worker(
    provider: ProviderServer, tmp_path: Path, broker: str
) -> Iterator[Callable[..., Worker]]:
    """Starts workers that call the test's provider and, by default, write mail to a folder."""
    environment = {
        "PATH": os.environ["PATH"],
        "SECRET_KEY": "a key of tests, " * 3,
        "SITE_URL": "https://watch.example.org",
        "DATABASE_URL": database_url(),
        "CELERY_BROKER_URL": broker,
        "PROVIDER_URL": provider.url,
        "PROVIDER_KEY": "canary-key",
        "PROVIDER_SECRET": "canary-secret",
        "PROVIDER_CONCURRENCY": "4",
        "EMAIL_URL": f"file:{tmp_path}",
    }
    workers: list[Worker] = []

    def start(options: Sequence[str] = ONE_FOR_ALL, **differs: str) -> Worker:
        workers.append(Worker(environment | differs, options))
        return workers[-1]

    yield start
    for worker in workers:
        worker.end(signal.SIGKILL)


@pytest.fixture
def send(broker: str) -> Iterator[Callable[[str], None]]:
    """Sends a task by its name, as beat does."""
    with app.connection_for_write(broker) as link:

        def send_to_its_queue(task: str) -> None:
            app.send_task(f"monitor.tasks.{task}", connection=link)

        yield send_to_its_queue


@pytest.fixture
def send_tick(send: Callable[[str], None]) -> Callable[[], None]:
    return lambda: send("tick")


def wait_until(
    true: Callable[[], object], what: str, meanwhile: Callable[[], object] = lambda: None
) -> None:
    """Poll until `true()`, calling `meanwhile` every second as beat would; fails after a minute."""
    began = time.monotonic()
    for second in range(PATIENCE):
        meanwhile()
        while time.monotonic() < began + second + 1:
            if true():
                return
            time.sleep(0.05)
    pytest.fail(f"waited in vain: {what}")
