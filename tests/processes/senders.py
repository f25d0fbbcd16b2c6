"""Senders in processes of their own, whose passes a test may kill."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from tests.processes.conftest import ROOT, database_url


class Sender:
    """The process of `tests.processes.sender`. `arrived` counts the messages that were sent."""

    def __init__(self, process: "subprocess.Popen[str]", arrived: Callable[[], int]) -> None:
        self._process, self._arrived = process, arrived

    def passes(self, now: datetime) -> None:
        """Make one pass that is not killed."""
        self._begins(now)
        assert self._ended() == 0

    def is_killed(self, now: datetime, chance: random.Random, most: int = 20) -> bool:
        """Kill a pass after fewer than `most` messages were sent; False if it ended sooner."""
        enough, patience = self._arrived() + chance.randrange(most), time.monotonic() + 2
        child = self._begins(now)
        while self._arrived() < enough and time.monotonic() < patience:
            time.sleep(0.0005)
        time.sleep(chance.random() / 50)
        os.kill(child, signal.SIGKILL)
        return self._ended() == -signal.SIGKILL

    def _begins(self, now: datetime) -> int:
        """Start a pass in a child and return its process ID."""
        return self._ask(now.isoformat())

    def _ended(self) -> int:
        """Return the child's exit code."""
        return self._ask("")

    def _ask(self, line: str) -> int:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@contextmanager
def sender_of(arrived: Callable[[], int], **variables: str) -> Iterator[Sender]:
    """Yield a sender with these variables in its environment."""
    environment = {
        "PATH": os.environ["PATH"],
        "SECRET_KEY": "a key of tests, " * 3,
        "SITE_URL": "https://watch.example.org",
        "DATABASE_URL": database_url(),
        "LOG_LEVEL": "ERROR",
        **variables,
    }
    command = [sys.executable, "-m", "tests.processes.sender"]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield Sender(process, arrived)
    finally:
        process.kill()
        process.communicate()
