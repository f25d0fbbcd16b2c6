"""The Celery app and what beat starts. An entry expires before its next run, so a stopped worker leaves no backlog."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("stallwatch")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "tick": {"task": "monitor.tasks.tick", "schedule": 10.0, "options": {"expires": 9}},
    "send_outbox": {"task": "monitor.tasks.send_outbox", "schedule": 15.0, "options": {"expires": 14}},
}
