"""Celery's own beat goes on when the clock is set back, while it runs and after a restart."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
import time_machine
from celery.beat import Service

from config.celery import app

NOON = datetime(2026, 11, 11, 12, tzinfo=UTC)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


class Beat:
    """A beat whose clock the test moves; keeps the names of the tasks it sends."""

    def __init__(self, folder: Path, clock: Any) -> None:
        self.clock, self.sent = clock, list[str]()
        # As `celery beat` does.
        service = Service(
            app, schedule_filename=str(folder / "beat"), scheduler_cls=app.conf.beat_scheduler
        )
        self.scheduler = cast("Any", service.get_scheduler())
        self.scheduler.apply_entry = lambda entry, producer=None: self.sent.append(entry.name)
        self.scheduler.producer = None

    def runs_for(self, length: timedelta) -> list[str]:
        """Return the tasks it sends in this time. Between ticks the clock moves by the time that
        beat would sleep."""
        self.sent.clear()
        while length > timedelta(0):
            slept = max(timedelta(seconds=self.scheduler.tick()), timedelta(milliseconds=1))
            self.clock.shift(slept)
            length -= slept
        return self.sent


@pytest.fixture
def beat(tmp_path: Path) -> Iterator[Callable[[], Any]]:
    with time_machine.travel(NOON, tick=False) as clock:

        @contextmanager
        def started() -> Iterator[Beat]:
            beat = Beat(tmp_path, clock)
            try:
                yield beat
            finally:
                beat.scheduler.close()

        yield started


def test_it_goes_on_sending_ticks_when_the_clock_is_set_back(beat: Callable[[], Any]) -> None:
    with beat() as running:
        assert running.runs_for(65 * SECOND).count("tick") == 6
        running.clock.shift(-HOUR)
        sent = running.runs_for(65 * SECOND)
        assert sent.count("tick") >= 5
        assert sent.count("send_outbox") >= 3
        assert "fit_schedule" in sent


def test_it_sends_ticks_when_it_is_started_after_the_clock_was_set_back(
    beat: Callable[[], Any],
) -> None:
    with beat() as before:
        before.runs_for(65 * SECOND)
    before.clock.shift(-HOUR)
    with beat() as after:
        assert after.runs_for(65 * SECOND).count("tick") >= 5
