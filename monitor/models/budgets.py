"""How many calls a day the operator will pay for, as set over time."""

from datetime import datetime
from typing import ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from monitor.models.users import User

#: A larger budget is a typing error: this is 100 calls a second, all day.
MOST_DAILY_CALLS = 10_000_000


class BudgetQuerySet(models.QuerySet["Budget"]):
    def begun(self, now: datetime) -> Self:
        """Return budgets that have begun, the one in force first."""
        return self.filter(begins_at__lte=now).order_by("-begins_at", "-pk")


class Budget(models.Model):
    """The daily calls from `begins_at` on. Rows are only added: the newest that has begun is in
    force."""

    calls = models.PositiveIntegerField(_("daily calls"))
    begins_at = models.DateTimeField(_("valid from"))
    set_by = models.ForeignKey(
        User,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="budgets",
        verbose_name=_("set by"),
    )
    set_at = models.DateTimeField(_("set"), auto_now_add=True)
    note = models.CharField(_("note"), max_length=200, blank=True)

    objects = BudgetQuerySet.as_manager()

    class Meta:
        verbose_name = _("daily budget")
        verbose_name_plural = _("daily budgets")
        ordering: ClassVar = ["-begins_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(calls__lte=MOST_DAILY_CALLS), name="budget_is_no_slip"
            ),
        ]
        indexes = [models.Index(fields=["-begins_at", "-id"], name="budget_begun")]

    def __str__(self) -> str:
        return f"{self.calls:,}"
