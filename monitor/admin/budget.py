"""The budget of calls: the one in force, those before it, and setting a new one."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from monitor.admin.base import RecordedAdmin
from monitor.models import AuditKind, Budget, User
from monitor.models.budgets import MOST_DAILY_CALLS
from monitor.people import audit


class BudgetForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new budget, in force at once or from a later time."""

    calls = forms.IntegerField(
        label=capfirst(_("daily calls")),
        help_text=_("Today's calls count. 0 stops all checks."),
        min_value=0,
        max_value=MOST_DAILY_CALLS,
    )
    begins_at = forms.DateTimeField(
        label=capfirst(_("valid from")),
        required=False,
        help_text=_("Empty: immediately."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "class": "vTextField"}),
    )

    class Meta:
        model = Budget
        fields = ("calls", "begins_at", "note")

    def clean_begins_at(self) -> datetime:
        now = timezone.now()
        begins_at: datetime = self.cleaned_data["begins_at"] or now
        if begins_at <= now - timedelta(minutes=1):
            raise forms.ValidationError(_("The start cannot be in the past."))
        # The field knows no seconds: the current minute means now.
        return max(begins_at, now)


@admin.register(Budget)
class BudgetAdmin(RecordedAdmin):
    form = BudgetForm
    ordering = ("-begins_at", "-pk")
    list_display = ("begins_at", "calls", "set_by", "set_at", "note")
    list_select_related = ("set_by",)
    fields = ("calls", "begins_at", "note")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("monitor.add_budget")

    def save_model(self, request: HttpRequest, obj: Budget, form: Any, change: bool) -> None:
        assert isinstance(request.user, User)
        obj.set_by = request.user
        super().save_model(request, obj, form, change)

    def audit(
        self, request: HttpRequest, kind: AuditKind, row: Budget, changes: audit.Changes
    ) -> None:
        earlier = Budget.objects.begun(row.begins_at).exclude(pk=row.pk)
        before = earlier.values_list("calls", flat=True).first()
        calls = (settings.PROVIDER_DAILY_CALLS if before is None else before, row.calls)
        audit.record(AuditKind.BUDGET_SET, about=row.note, row=row, changes={"calls": calls})
