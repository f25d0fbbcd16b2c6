"""Celery's beat, made safe against a clock that was set back."""

from datetime import timedelta
from typing import Any

from celery.beat import PersistentScheduler

#: Small corrections of the clock are normal.
TOLERANCE = timedelta(minutes=1)


class Scheduler(PersistentScheduler):
    """Celery's own beat would wait until the clock has passed the last run of each entry again."""

    def tick(self, *args: Any, **kwargs: Any) -> float:
        now = self.app.now()
        ahead = [
            entry
            for entry in self.schedule.values()
            if entry.last_run_at and entry.last_run_at > now + TOLERANCE
        ]
        for entry in ahead:
            entry.last_run_at = now
        if ahead:
            self._heap = None  # Celery then computes the due times of the entries again.
        return float(super().tick(*args, **kwargs))
