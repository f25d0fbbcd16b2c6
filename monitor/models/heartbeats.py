"""Signs of life of workers, by their work."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from monitor.models.clock import future_from


class HeartbeatQuerySet(models.QuerySet["Heartbeat"]):
    def alive(self, now: datetime) -> Self:
        """Return workers that are not overdue. Signs from the future do not count."""
        return self.filter(expected_at__gte=now, seen_at__lte=future_from(now))

    def of_checks(self) -> Self:
        """Return workers that check products."""
        return self.filter(work__in=settings.WORK_OF_CHECKS)


class Heartbeat(models.Model):
    """The last sign of one worker at one kind of work, which is a task's name without its module;
    and how many runs ended, how many of them by an error, and how long they took together."""

    worker = models.CharField(_("worker"), max_length=200)
    work = models.CharField(_("work"), max_length=40)
    seen_at = models.DateTimeField(_("last heartbeat"))
    #: A worker that begins a batch is expected when the batch must have ended.
    expected_at = models.DateTimeField(_("due by"))
    runs = models.PositiveBigIntegerField(default=0, db_default=0)
    failures = models.PositiveBigIntegerField(default=0, db_default=0)
    seconds = models.FloatField(default=0, db_default=0)

    objects = HeartbeatQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["worker", "work"], name="heartbeat_unique")]

    def is_alive(self, now: datetime) -> bool:
        """Return whether `HeartbeatQuerySet.alive` would include it."""
        return self.expected_at >= now and self.seen_at <= future_from(now)

    @property
    def is_of_checks(self) -> bool:
        return self.work in settings.WORK_OF_CHECKS
