"""Signs of life: when which worker was last heard of, and at which work."""

from datetime import datetime
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from monitor.models.system_clock import CLOCK_TOLERANCE

#: Tasks of the queue for checks. All others are those of the queue for everything that is short.
WORK_OF_CHECKS = ("check_batch", "stand_by")


class HeartbeatQuerySet(models.QuerySet["Heartbeat"]):
    def alive(self, now: datetime) -> Self:
        """Those that need not have been heard of again by now. One from the future does not count."""
        return self.filter(expected_at__gte=now, seen_at__lte=now + CLOCK_TOLERANCE)

    def of_checks(self) -> Self:
        """Those of workers that check products."""
        return self.filter(work__in=WORK_OF_CHECKS)


class Heartbeat(models.Model):
    """One worker at one kind of work: the name of the task without its module. A row each, written over."""

    worker = models.CharField(_("worker"), max_length=200)
    work = models.CharField(_("work"), max_length=40)
    seen_at = models.DateTimeField(_("last seen"))
    #: A worker that begins a batch is not expected before the batch may end.
    expected_at = models.DateTimeField(_("expected again by"))

    objects = HeartbeatQuerySet.as_manager()

    class Meta:
        verbose_name = _("sign of life")
        verbose_name_plural = _("signs of life")
        constraints = [models.UniqueConstraint(fields=["worker", "work"], name="heartbeat_unique")]

    def __str__(self) -> str:
        return f"{self.worker} {self.work}"

    def is_alive(self, now: datetime) -> bool:
        """As `alive` says."""
        return self.expected_at >= now and self.seen_at <= now + CLOCK_TOLERANCE

    @property
    def is_of_checks(self) -> bool:
        return self.work in WORK_OF_CHECKS
