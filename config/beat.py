"""Celery's beat, for which a clock that was set back must not stop the tasks."""

from datetime import timedelta
from typing import Any

from celery.beat import PersistentScheduler

#: Machines' clocks differ and are corrected by a little all the time.
TOLERANCE = timedelta(minutes=1)


class Scheduler(PersistentScheduler):
    """By itself beat waits until the clock has passed the last run of each entry again, also after a restart."""

    def tick(self, *args: Any, **kwargs: Any) -> float:
        now = self.app.now()
        ahead = [entry for entry in self.schedule.values() if entry.last_run_at and entry.last_run_at > now + TOLERANCE]
        for entry in ahead:
            entry.last_run_at = now
        if ahead:
            self._heap = None  # The times at which the entries are due are planned anew.
        return float(super().tick(*args, **kwargs))
