"""The account with the provider: the ledger of calls by day and by code, and whether checks go
on."""

from typing import Any

from django.contrib import admin
from django.db.models import IntegerField, Max, Min, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce, TruncMonth
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from monitor.admin.base import RecordedAdmin, column, link_to_list
from monitor.models import Charge, ProviderAccount, Usage, UsageDay
from monitor.provider.codes import TABLE, Billing
from monitor.text.formatting import NOT_TOLD

#: Calls, and how they were billed.
SUMS = {"total": Coalesce(Sum("calls"), 0)} | {
    billing.value: Coalesce(Sum("calls", filter=Q(billing=billing.value)), 0) for billing in Billing
}
#: How many months have their sums above the ledger.
MONTHS = 12


@admin.register(Usage)
class UsageAdmin(RecordedAdmin):
    ordering = ("-day", "api", "code")
    list_display = ("day", "api", "code", "meaning", "called", "billing", "counted", "cap")
    list_filter = ("day", "billing", "code", "api")
    change_list_template = "admin/monitor/usage/change_list.html"

    called = column(_("calls"), lambda usage: _number(usage.calls), ordering="calls")
    counted = column(
        _("the provider's count"),
        lambda usage: _number(usage.provider_used),
        ordering="provider_used",
    )
    cap = column(
        _("the provider's cap"), lambda usage: _number(usage.provider_cap), ordering="provider_cap"
    )
    meaning = column(
        _("meaning"),
        lambda usage: gettext(TABLE[usage.code].meaning) if usage.code in TABLE else None,
    )

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list, with the sums of the filtered rows."""
        response = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None)
        if context and "cl" in context:
            rows = context["cl"].queryset.order_by()
            context["sums"] = rows.aggregate(**SUMS)
            by_month = rows.annotate(month=TruncMonth("day")).values("month").annotate(**SUMS)
            context["months"] = by_month.order_by("-month")[:MONTHS]
        return response


class SumsAdmin(RecordedAdmin):
    """Sums of the calls, to which the table of calls leads: the first page does not list them."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(UsageDay)
class UsageDayAdmin(SumsAdmin):
    ordering = ("-day",)
    list_display = (
        *(
            "day",
            "called",
            "billed",
            "possibly",
            "not_billed",
            "unknown",
            "provider_used",
            "provider_cap",
            "codes",
        ),
    )
    list_filter = ("day",)
    fields = list_display

    called = column(_("calls"), lambda day: _number(day.reserved), ordering="reserved")
    billed = column(_("billed"), lambda day: _number(day.sum_billed))
    possibly = column(_("possibly billed"), lambda day: _number(day.sum_possibly))
    not_billed = column(_("not billed"), lambda day: _number(day.sum_not_billed))
    provider_used = column(_("the provider's count"), lambda day: _number(day.most_used))
    provider_cap = column(_("the provider's cap"), lambda day: _number(day.least_cap))
    codes = column(
        _("by code"), lambda day: link_to_list(Usage, gettext("by code"), day=day.day.isoformat())
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        sums: dict[str, Any] = {
            f"sum_{billing.value}": _of_day(Sum("calls", filter=Q(billing=billing.value)))
            for billing in Billing
        }
        most_used = _of_day(Max("provider_used"), missing=None)
        least_cap = _of_day(Min("provider_cap"), missing=None)
        return (
            super().get_queryset(request).annotate(**sums, most_used=most_used, least_cap=least_cap)
        )

    @admin.display(description=_("result unknown"))
    def unknown(self, day: Any) -> str:
        """Return the number of calls that still run, or whose worker died."""
        return _number(
            max(0, day.reserved - day.sum_billed - day.sum_possibly - day.sum_not_billed)
        )


@admin.register(Charge)
class ChargeAdmin(SumsAdmin):
    ordering = ("-day", "-parts")
    list_display = ("day", "person", "reason", "called")
    list_filter = ("day", "reason")
    list_select_related = ("person",)
    search_fields = ("person__email", "person__name")
    fields = list_display

    called = column(_("calls"), lambda charge: f"{charge.calls:,.1f}", ordering="parts")


@admin.register(ProviderAccount)
class ProviderAccountAdmin(RecordedAdmin):
    list_display = (
        *(
            "state",
            "circuit_code",
            "circuit_reason",
            "circuit_opened_at",
            "next_probe_at",
            "paused_until",
            "halted_at",
        ),
    )
    fields = (*list_display, "halted_by", "pause_code")

    @admin.display(description=_("state"))
    def state(self, account: ProviderAccount) -> str:
        if account.is_halted:
            return gettext("stopped by an operator")
        if account.circuit_is_open:
            return gettext("checks stopped")
        rests = account.paused_until is not None and account.paused_until > timezone.now()
        return gettext("paused") if rests else gettext("being checked")


def _number(number: int | None) -> str:
    return NOT_TOLD if number is None else f"{number:,}"


def _of_day(value: Any, missing: int | None = 0) -> Any:
    """Return the aggregate `value` of the ledger's rows of each day."""
    rows = (
        Usage.objects.filter(day=OuterRef("day"))
        .order_by()
        .values("day")
        .annotate(value=value)
        .values("value")
    )
    subquery = Subquery(rows, output_field=IntegerField())
    return subquery if missing is None else Coalesce(subquery, missing)
