"""What simulations of the schedule came to: the newest few of them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from monitor.models.fields import JSONField


class SimulationQuerySet(models.QuerySet["Simulation"]):
    def newest(self) -> Simulation | None:
        """The one that ran last."""
        return self.order_by("-ran_at", "-pk").first()

    def forget_all_but(self, newest: int) -> None:
        """Delete the others. Two queries."""
        kept = list(self.order_by("-ran_at", "-pk").values_list("pk", flat=True)[:newest])
        self.exclude(pk__in=kept).delete()


class Simulation(models.Model):
    """One run of `manage.py simulate`: on which days and products, with how many calls, and what it found."""

    ran_at = models.DateTimeField(_("ran"))
    first_day = models.DateField(_("first day"))
    days = models.PositiveSmallIntegerField(_("days"))
    calls = models.PositiveIntegerField(_("daily calls"))
    products = models.PositiveIntegerField(_("products"))
    seed = models.BigIntegerField(_("seed"))
    #: The figures of each day, of all days and of what changes seldom, by policy, as the command computed them.
    figures = JSONField(_("figures"))

    objects = SimulationQuerySet.as_manager()

    class Meta:
        verbose_name = _("simulation of the schedule")
        verbose_name_plural = _("simulations of the schedule")
        ordering: ClassVar = ["-ran_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.first_day} +{self.days} d, {self.calls:,}"
