"""What is common to all products' schedules, fitted once an hour."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from monitor.models.fields import JSONField


class ScheduleFit(models.Model):
    """The newest fit, one row. What is in its columns is `monitor.planning.fit`'s business."""

    SINGLETON = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=SINGLETON, editable=False)
    fitted_at = models.DateTimeField(_("fitted"), null=True)
    #: The budget that it was made for, and the share of it that frequencies are made for.
    calls = models.PositiveIntegerField(_("daily calls"), default=0)
    share = models.FloatField(default=0.96)
    #: How many products are checked, and how many calls a day their limits alone ask for.
    products = models.PositiveIntegerField(_("products"), default=0)
    needs = models.FloatField(default=0.0)
    fleet = JSONField(null=True)
    #: The day's profile with its plans, and when it was learned.
    day = JSONField(null=True)
    day_fitted_at = models.DateTimeField(null=True)
    #: How many products there are by limits and by how often they change: what a forecast is made of.
    cells = JSONField(null=True)
    #: What people ask for has changed so much that the next hour is too late.
    is_stale = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("fit of the schedule")
        verbose_name_plural = _("fits of the schedule")
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="schedule_fit_is_one_row")]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)
