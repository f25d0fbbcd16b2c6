"""Redis dies while a worker is busy: the worker lives on, and works again as soon as Redis does."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import cycle
from pathlib import Path

import pytest
from django.utils import timezone
from kombu.exceptions import OperationalError

from config.celery import app
from monitor.models import Heartbeat
from tests.chaos.stack import free_port, listens
from tests.processes.conftest import Worker, options_of_procfile, wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.nightly]
KILLS, MESSAGES, OUTAGE_SECONDS = 7, 60, 1
TASKS = ("tick", "look_back", "send_outbox")


class DyingRedis:
    """A Redis of its own that keeps nothing."""

    def __init__(self, folder: Path) -> None:
        self._port, self._folder = free_port(), folder
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self.start()

    def start(self) -> None:
        command = [
            "redis-server",
            "--port",
            str(self._port),
            "--save",
            "",
            "--dir",
            str(self._folder),
        ]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        wait_until(lambda: listens(self._port), "Redis")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture
def dying_redis(tmp_path: Path) -> Iterator[DyingRedis]:
    server = DyingRedis(tmp_path)
    yield server
    server.kill()


def test_a_worker_lives_on_though_redis_dies_seven_times(
    dying_redis: DyingRedis, start_worker: Callable[..., Worker]
) -> None:
    def send(messages: int = 1) -> None:
        with suppress(OperationalError), app.connection_for_write(dying_redis.url) as link:
            for _, task in zip(range(messages), cycle(TASKS), strict=False):
                app.send_task(f"monitor.tasks.{task}", connection=link, retry=False)

    _checks, upkeep = options_of_procfile()
    worker = start_worker(upkeep, CELERY_BROKER_URL=dying_redis.url)
    for _ in range(KILLS):
        began = timezone.now()
        wait_until(Heartbeat.objects.filter(seen_at__gt=began).exists, "the worker's work", send)
        send(MESSAGES)
        dying_redis.kill()
        time.sleep(OUTAGE_SECONDS)
        dying_redis.start()
        assert worker.process.poll() is None
    began = timezone.now()
    wait_until(Heartbeat.objects.filter(seen_at__gt=began).exists, "the worker's work", send)
    assert worker.process.poll() is None
