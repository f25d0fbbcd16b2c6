"""The part of the schedule that all products share, fitted once an hour."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ScheduleFit(models.Model):
    """The newest fit: one row. `monitor.polling.planning.fit` defines its columns."""

    SINGLETON = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=SINGLETON, editable=False)
    fitted_at = models.DateTimeField(_("planned"), null=True)
    #: The budget it was made for, and the share of it that frequencies use.
    calls = models.PositiveIntegerField(_("daily calls"), default=0)
    share = models.FloatField(default=0.96)
    #: How many products are checked, and how many calls a day their limits need at least.
    products = models.PositiveIntegerField(_("products"), default=0)
    needs = models.FloatField(default=0.0)
    fleet = models.JSONField(null=True)
    #: Users have changed so much that the fit cannot wait for the next hour.
    is_stale = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="schedule_fit_is_one_row")
        ]
