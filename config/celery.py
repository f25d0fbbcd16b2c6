"""The Celery app and beat's schedule. Each task expires before its next run, so a stopped worker leaves no backlog."""

import os
import sys
from datetime import timedelta
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import beat_init, task_postrun, task_prerun, worker_init, worker_process_init
from django.core.exceptions import ImproperlyConfigured
from django.db import close_old_connections
from django.utils import timezone
from kombu.transport import TRANSPORT_ALIASES

from config.garbage import collect_seldom

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

TRANSPORT_ALIASES["filesystem"] = "config.folder_broker:Transport"

app = Celery("stallwatch")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# By default Celery opens a database connection for every task; in PostgreSQL that is a process with cold caches.
app.conf["CELERY_DB_REUSE_MAX"] = sys.maxsize
app.conf.beat_schedule = {
    "tick": {"task": "monitor.tasks.tick", "schedule": 10.0, "options": {"expires": 9}},
    "stand_by": {"task": "monitor.tasks.stand_by", "schedule": 10.0, "options": {"expires": 9}},
    "send_outbox": {"task": "monitor.tasks.send_outbox", "schedule": 15.0, "options": {"expires": 14}},
    "send_to_channels": {"task": "monitor.tasks.send_to_channels", "schedule": 15.0, "options": {"expires": 14}},
    "clean_up": {"task": "monitor.tasks.clean_up", "schedule": 3600.0, "options": {"expires": 3000}},
    "purge_watchlists": {
        "task": "monitor.tasks.purge_watchlists",
        "schedule": crontab(hour=3, minute=40),
        "options": {"expires": 23 * 3600},
    },
    "tell_of_silence": {"task": "monitor.tasks.tell_of_silence", "schedule": 300.0, "options": {"expires": 290}},
    "purge_mails": {
        "task": "monitor.tasks.purge_mails",
        "schedule": crontab(hour=3, minute=50),
        "options": {"expires": 23 * 3600},
    },
    "make_exports": {"task": "monitor.tasks.make_exports", "schedule": 60.0, "options": {"expires": 55}},
    "purge_traces": {
        "task": "monitor.tasks.purge_traces",
        "schedule": crontab(hour=4, minute=0),
        "options": {"expires": 23 * 3600},
    },
    "purge_accounts": {
        "task": "monitor.tasks.purge_accounts",
        "schedule": crontab(hour=4, minute=10),
        "options": {"expires": 23 * 3600},
    },
    "fit_schedule": {"task": "monitor.tasks.fit_schedule", "schedule": 60.0, "options": {"expires": 55}},
    "look_back": {"task": "monitor.tasks.look_back", "schedule": 60.0, "options": {"expires": 55}},
}


@worker_init.connect
@beat_init.connect
def stop_on_wrong_configuration(**kwargs: Any) -> None:
    """Stop a worker or beat with a wrong configuration: Celery runs the checks but ignores their result."""
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
def say_that_work_begins(task: Any, **kwargs: Any) -> None:
    """A running task gives no sign of life up to its time limit. Celery logs errors of this function and goes on."""
    _beat(task, timedelta(seconds=app.conf.task_time_limit))


@task_postrun.connect
def say_that_work_ended(task: Any, **kwargs: Any) -> None:
    _beat(task, timedelta(0))


def _beat(task: Any, busy_for: timedelta) -> None:
    from monitor.recording import heartbeat

    worker, work = task.request.hostname, task.name.rpartition(".")[2]
    if worker:  # None for a task that is called directly, without a worker.
        heartbeat.beat(worker, work, timezone.now(), busy_for=busy_for)


@worker_process_init.connect
def collect_garbage_seldom(**kwargs: Any) -> None:
    collect_seldom()
