"""Heartbeats of workers: silence is distinguished from a long batch."""

import time
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from config.celery import say_that_work_begins, say_that_work_ended
from monitor.models import Heartbeat
from monitor.polling.recording.heartbeat import beat
from monitor.showing.reads.health import is_silent
from monitor.tasks import check_batch

pytestmark = pytest.mark.django_db
NOW = timezone.now()
SECOND = timedelta(seconds=1)


def test_it_is_silent_before_the_first_heartbeat_and_after_the_last() -> None:
    assert is_silent(NOW)
    beat("one@host", "stand_by", NOW)
    assert not is_silent(NOW + 29 * SECOND)
    assert is_silent(NOW + 31 * SECOND)


def test_a_worker_that_is_busy_is_not_silent() -> None:
    beat("one@host", "check_batch", NOW, busy_for=300 * SECOND)
    assert not is_silent(NOW + 290 * SECOND)
    beat("one@host", "check_batch", NOW + 20 * SECOND)
    assert is_silent(NOW + 60 * SECOND)


def test_each_worker_and_work_has_one_row_and_old_rows_are_deleted() -> None:
    beat("gone@host", "tick", NOW - timedelta(days=8))
    for at in range(3):
        beat("one@host", "tick", NOW + at * SECOND)
        beat("one@host", "send_outbox", NOW)
    assert set(Heartbeat.objects.values_list("worker", "work")) == {
        ("one@host", "tick"),
        ("one@host", "send_outbox"),
    }


def test_runs_of_tasks_are_counted_with_their_failures_and_time() -> None:
    for state in ("SUCCESS", "FAILURE", "SUCCESS"):
        task = SimpleNamespace(name=check_batch.name, request=SimpleNamespace(hostname="one@host"))
        say_that_work_begins(task=task)
        time.sleep(0.02)
        say_that_work_ended(task=task, state=state)
    told = Heartbeat.objects.get()
    assert (told.runs, told.failures) == (3, 1)
    assert 0.06 <= told.seconds < 2
