"""Signs of life: when which worker was last heard of, and at which work."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _


class HeartbeatQuerySet(models.QuerySet["Heartbeat"]):
    def alive(self, now: datetime) -> Self:
        """Those that need not have been heard of again by now."""
        return self.filter(expected_at__gte=now)


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
