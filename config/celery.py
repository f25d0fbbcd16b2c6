"""The Celery app and beat's schedule. Each task expires before its next run, so a stopped worker
leaves no backlog."""

import os
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from celery import Celery
from celery.schedules import crontab, schedule
from celery.signals import (
    beat_init,
    task_postrun,
    task_prerun,
    worker_init,
    worker_shutting_down,
)
from celery.states import FAILURE
from django.core.exceptions import ImproperlyConfigured
from django.db import close_old_connections
from django.utils import timezone
from kombu.transport import TRANSPORT_ALIASES
from structlog.contextvars import bind_contextvars, clear_contextvars

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

TRANSPORT_ALIASES["filesystem"] = "config.folder_broker:Transport"

STARTED = datetime.now(UTC), time.monotonic()
UNTIL_NEXT_NIGHT = 23 * 3600


def steady_now() -> datetime:
    """Return the time of a clock that never goes back. When the system's clock is set back, beat
    would wait until that clock has passed the last run of each entry again."""
    started, monotonic = STARTED
    return started + timedelta(seconds=time.monotonic() - monotonic)


def every(seconds: float) -> schedule:
    return schedule(seconds, nowfun=steady_now)


def every_night(hour: int, minute: int) -> crontab:
    return crontab(hour=hour, minute=minute, nowfun=steady_now)


#: When each task of `monitor.tasks` is sent, and after how many seconds a message is too old.
BEAT = {
    "tick": (every(10), 9),
    "stand_by": (every(10), 9),
    "send_outbox": (every(15), 14),
    "send_to_channels": (every(15), 14),
    "fit_schedule": (every(60), 55),
    "look_back": (every(60), 55),
    "tell_of_silence": (every(300), 290),
    "clean_up": (every(3600), 3000),
    "purge_watchlists": (every_night(3, 40), UNTIL_NEXT_NIGHT),
    "purge_mails": (every_night(3, 50), UNTIL_NEXT_NIGHT),
    "purge_traces": (every_night(4, 0), UNTIL_NEXT_NIGHT),
    "purge_accounts": (every_night(4, 10), UNTIL_NEXT_NIGHT),
}

app = Celery("stallwatch")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# By default Celery opens a database connection for every task; in PostgreSQL that is a process with
# cold caches.
app.conf["CELERY_DB_REUSE_MAX"] = sys.maxsize
app.conf.beat_schedule = {
    name: {"task": f"monitor.tasks.{name}", "schedule": when, "options": {"expires": expires}}
    for name, (when, expires) in BEAT.items()
}


@worker_init.connect
@beat_init.connect
def stop_on_wrong_configuration(**kwargs: Any) -> None:
    """Stop a worker or beat with a wrong configuration: Celery runs the checks but ignores their
    result."""
    from monitor.checks import refuse_errors

    try:
        refuse_errors()
    except ImproperlyConfigured as error:
        # Celery logs exceptions of a signal handler and goes on; only SystemExit stops it.
        raise SystemExit(f"Configuration: {error}") from None


@task_prerun.connect
def begin_with_a_usable_connection(**kwargs: Any) -> None:
    """Close connections that are older than CONN_MAX_AGE or broken, as for a web request."""
    close_old_connections()


@task_prerun.connect
def name_the_task_to_the_log(task_id: str, task: Any, **kwargs: Any) -> None:
    bind_contextvars(task=task.name, task_id=task_id)


@task_postrun.connect
def end_the_name(**kwargs: Any) -> None:
    clear_contextvars()


@task_prerun.connect
def say_that_work_begins(task: Any, **kwargs: Any) -> None:
    """Record a heartbeat that lasts until the task's time limit. Celery logs errors of this
    function and goes on."""
    task.request.began = time.monotonic()
    _beat(task, busy_for=timedelta(seconds=app.conf.task_time_limit))


@task_postrun.connect
def say_that_work_ended(task: Any, state: str | None = None, **kwargs: Any) -> None:
    _beat(task, took=time.monotonic() - task.request.began, failed=state == FAILURE)


def _beat(task: Any, **terms: Any) -> None:
    from monitor.polling.recording import heartbeat

    worker, work = task.request.hostname, task.name.rpartition(".")[2]
    if worker:  # None for a task that is called directly, without a worker.
        heartbeat.beat(worker, work, timezone.now(), **terms)


@worker_shutting_down.connect
def begin_no_further_call(**kwargs: Any) -> None:
    """Let running tasks end soon: supervisors kill a worker that takes long. A child process gets
    the signal itself."""
    from monitor.polling.shutdown import stopping

    stopping.set()
