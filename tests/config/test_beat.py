"""Celery's beat goes on when the system's clock is set back, while it runs and after a restart."""

import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from celery.beat import Service

from config.celery import app

NOON = datetime(2026, 11, 11, 12, tzinfo=UTC)


class Clocks:
    """The system's clock, which people may set, and the time that really passes."""

    def __init__(self, wall: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.wall, self.passed = wall, time.monotonic()
        # Not `time.monotonic` itself: a server of another test, idle in a thread of this process,
        # would then sleep until a time that never comes.
        steady = SimpleNamespace(monotonic=lambda: self.passed)
        monkeypatch.setattr("config.celery.time", steady)

    def sleep(self, seconds: float) -> None:
        self.wall.shift(seconds)
        self.passed += seconds


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Any:
    with time_machine.travel(NOON, tick=False) as wall:
        yield Clocks(wall, monkeypatch)


class Beat:
    """A beat as `celery beat` starts it; keeps the names of the tasks it sends."""

    def __init__(self, clocks: Clocks) -> None:
        self.clocks, self.sent = clocks, list[str]()
        scheduler: Any = Service(app, scheduler_cls=app.conf.beat_scheduler).get_scheduler()
        scheduler.apply_entry = lambda entry, producer=None: self.sent.append(entry.name)
        scheduler.producer = None
        self.scheduler = scheduler

    def runs_for(self, length: timedelta) -> list[str]:
        """Return the tasks that it sends in this time."""
        self.sent.clear()
        end = self.clocks.passed + length.total_seconds()
        while self.clocks.passed < end:
            self.clocks.sleep(max(self.scheduler.tick(), 0.001))
        return self.sent


@pytest.mark.parametrize("by", [timedelta(hours=-1), timedelta(hours=5)])
def test_it_goes_on_when_the_clock_is_set_and_so_does_one_that_starts_then(
    clocks: Clocks, by: timedelta
) -> None:
    running = Beat(clocks)
    assert running.runs_for(timedelta(seconds=65)).count("tick") == 6
    clocks.wall.shift(by)
    for beat in (running, Beat(clocks)):
        sent = beat.runs_for(timedelta(seconds=65))
        assert sent.count("tick") in (6, 7)
        assert sent.count("send_outbox") >= 4
        assert "fit_schedule" in sent
