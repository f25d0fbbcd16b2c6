"""The account with the provider: its ledger by day and by code, and whether polling goes on."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import IntegerField, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, TruncMonth
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from monitor.admin.base import EVERYWHERE, RecordedAdmin, link_to_list
from monitor.budget.ledger import close_circuit, resume
from monitor.models import ProviderAccount, Usage, UsageDay
from monitor.provider.codes import TABLE, Billing
from monitor.text.formatting import NOT_TOLD

#: Calls, and how they were billed.
SUMS = {"total": Coalesce(Sum("calls"), 0)} | {
    billing.value: Coalesce(Sum("calls", filter=Q(billing=billing.value)), 0) for billing in Billing
}
#: What the provider's table says, for the catalogue: its package knows no languages.
MEANINGS = (
    *(gettext_noop("success"), gettext_noop("nothing found")),
    *(gettext_noop("server internal error"), gettext_noop("network error"), gettext_noop("target server error")),
    *(gettext_noop("parameter error"), gettext_noop("account not found"), gettext_noop("authentication failed")),
    *(gettext_noop("this API is stopped for you"), gettext_noop("account stopped")),
    *(gettext_noop("too many calls at once"), gettext_noop("API under maintenance"), gettext_noop("API not found")),
    *(gettext_noop("the API has not been added to the account"), gettext_noop("number of calls exceeded")),
    *(gettext_noop("missing URL parameter"), gettext_noop("wrong page token"), gettext_noop("insufficient balance")),
    *(gettext_noop("timeout at the provider"), gettext_noop("unknown error")),
)
#: Months whose sums stand above the ledger.
MONTHS = 12


@admin.register(Usage)
class UsageAdmin(RecordedAdmin):
    ordering = ("-day", "api", "code")
    list_display = ("day", "api", "code", "meaning", "called", "billing", "counted", "cap")
    list_filter = ("day", "billing", "code", "api")
    change_list_template = "admin/monitor/usage/change_list.html"

    @admin.display(description=_("calls"), ordering="calls")
    def called(self, usage: Usage) -> str:
        return _told(usage.calls)

    @admin.display(description=_("the provider's count"), ordering="provider_used")
    def counted(self, usage: Usage) -> str:
        return _told(usage.provider_used)

    @admin.display(description=_("the provider's cap"), ordering="provider_cap")
    def cap(self, usage: Usage) -> str:
        return _told(usage.provider_cap)

    @admin.display(description=_("meaning"))
    def meaning(self, usage: Usage) -> str | None:
        return gettext(TABLE[usage.code].meaning) if usage.code in TABLE else None

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The page, with the sums of what its filters let through."""
        response = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None)
        if context and "cl" in context:
            shown = context["cl"].queryset.order_by()
            context["sums"] = shown.aggregate(**SUMS)
            context["months"] = (
                shown.annotate(month=TruncMonth("day")).values("month").annotate(**SUMS).order_by("-month")[:MONTHS]
            )
        return response


@admin.register(UsageDay)
class UsageDayAdmin(RecordedAdmin):
    ordering = ("-day",)
    list_display = (
        *("day", "called", "billed", "possibly", "not_billed", "unknown", "provider_used", "provider_cap", "codes"),
    )
    list_filter = ("day",)
    fields = list_display

    def get_queryset(self, request: HttpRequest) -> Any:
        sums: dict[str, Any] = {
            f"sum_{billing.value}": _of_day(Sum("calls", filter=Q(billing=billing.value))) for billing in Billing
        }
        told: dict[str, Any] = {
            "most_used": _of_day(Max("provider_used"), missing=None),
            "least_cap": _of_day(Min("provider_cap"), missing=None),
        }
        return super().get_queryset(request).annotate(**sums, **told)

    @admin.display(description=_("calls"), ordering="reserved")
    def called(self, day: UsageDay) -> str:
        return _told(day.reserved)

    @admin.display(description=_("billed"))
    def billed(self, day: Any) -> str:
        return _told(day.sum_billed)

    @admin.display(description=_("possibly billed"))
    def possibly(self, day: Any) -> str:
        return _told(day.sum_possibly)

    @admin.display(description=_("not billed"))
    def not_billed(self, day: Any) -> str:
        return _told(day.sum_not_billed)

    @admin.display(description=_("end unknown"))
    def unknown(self, day: Any) -> str:
        """Calls that still run, or whose worker died."""
        return _told(max(0, day.reserved - day.sum_billed - day.sum_possibly - day.sum_not_billed))

    @admin.display(description=_("the provider's count"))
    def provider_used(self, day: Any) -> str:
        return _told(day.most_used)

    @admin.display(description=_("the provider's cap"))
    def provider_cap(self, day: Any) -> str:
        return _told(day.least_cap)

    @admin.display(description=_("by code"))
    def codes(self, day: UsageDay) -> SafeString:
        return link_to_list(Usage, gettext("by code"), day=day.day.isoformat())


@admin.register(ProviderAccount)
class ProviderAccountAdmin(RecordedAdmin):
    list_display = (
        *("state", "circuit_code", "circuit_reason", "circuit_opened_at", "next_probe_at", "paused_until", "halted_at"),
    )
    fields = (*list_display, "halted_by", "pause_code")
    actions = ("start_polling",)

    @admin.display(description=_("state"))
    def state(self, account: ProviderAccount) -> str:
        if account.is_halted:
            return gettext("stopped by an operator")
        if account.circuit_is_open:
            return gettext("checks stopped")
        rests = account.paused_until is not None and account.paused_until > timezone.now()
        return gettext("paused") if rests else gettext("under way")

    def has_start_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("monitor.change_provideraccount")

    @admin.action(description=_("Start checks again"), permissions=["start"], location=EVERYWHERE)
    def start_polling(self, request: HttpRequest, queryset: QuerySet[ProviderAccount]) -> None:
        if any([resume(), close_circuit()]):
            self.log_many(request, ProviderAccount.objects.all(), gettext("Started checks again."))
            self.message_user(request, gettext("Checks go on."), messages.SUCCESS)
        else:
            self.message_user(request, gettext("Checks were not stopped."), messages.INFO)


def _told(number: int | None) -> str:
    return NOT_TOLD if number is None else f"{number:,}"


def _of_day(value: Any, missing: int | None = 0) -> Any:
    """`value` over the ledger's rows of each day."""
    rows = Usage.objects.filter(day=OuterRef("day")).order_by().values("day").annotate(value=value).values("value")
    subquery = Subquery(rows, output_field=IntegerField())
    return subquery if missing is None else Coalesce(subquery, missing)
