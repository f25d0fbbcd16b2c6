"""The broker in a folder: several processes write and read messages at once."""

import multiprocessing
import time
import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from kombu import Connection
from kombu.simple import SimpleQueue

from config import celery, services

MESSAGES = 100
_SPAWN = multiprocessing.get_context("spawn")


@pytest.fixture
def opened(tmp_path: Path) -> Callable[[], Connection]:
    return lambda: opened_in(str(tmp_path))


@pytest.fixture
def hints() -> str:
    """A queue for this test only: a process remembers its queues, even of another folder."""
    return f"hints-{uuid.uuid4()}"


def opened_in(folder: str) -> Connection:
    assert celery.app
    url = "filesystem://localhost"
    return Connection(url, transport_options=services.broker_options(url, Path(folder)))


def _write(folder: str, hints: str, writer: int) -> None:
    with opened_in(folder) as link, link.SimpleQueue(hints) as queue:
        for number in range(MESSAGES):
            queue.put({"number": [writer, number], "text": "x" * 2000})


def take_all(queue: SimpleQueue, expected: int) -> list[Any]:
    taken: list[Any] = []
    ends = time.monotonic() + 60
    while len(taken) < expected and time.monotonic() < ends:
        try:
            message = queue.get(block=False)
        except Empty:
            continue
        message.ack()
        taken.append(message.payload)
    return taken


def test_each_message_is_taken_whole_and_once_while_others_write(
    opened: Callable[[], Connection], hints: str, tmp_path: Path
) -> None:
    with opened() as link, link.SimpleQueue(hints) as queue:
        writers = [
            _SPAWN.Process(target=_write, args=(str(tmp_path), hints, writer))
            for writer in range(2)
        ]
        for writer in writers:
            writer.start()
        taken = take_all(queue, 2 * MESSAGES)
        for writer in writers:
            writer.join()
    numbers = Counter(tuple(message["number"]) for message in taken)
    assert numbers == Counter((writer, number) for writer in range(2) for number in range(MESSAGES))
    assert [path for path in (tmp_path / "messages").iterdir() if path.is_file()] == []
