"""What rules have found: alerts with their evidence."""

from django.contrib import admin
from django.db.models import QuerySet, Value
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from monitor.admin.base import TellsOfAChange, link
from monitor.admin.values import in_words, list_and_owner
from monitor.models import Alert
from monitor.text.formatting import NOT_TOLD


@admin.register(Alert)
class AlertAdmin(TellsOfAChange):
    ordering_of_one = ("-created_at",)
    list_display = ("created_at", "subject", "what", "rule_words", "of_list", "is_delivered")
    list_filter = ("field", "is_delivered")
    search_fields = ("product__num_iid__exact", "product__title", "watchlist__name", "watchlist__owner__email")
    search_help_text = _("The whole ID of a product, its title, name of the watchlist or its owner's e-mail address")
    fields = (
        *("created_at", "of_list", "subject", "rule_words", "field", "whole_before", "whole_after", "compared_with"),
        *("data_time", "request_id", "evidence", "is_delivered"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Alert]:
        alerts: QuerySet[Alert] = super().get_queryset(request).annotate(sees_own=Value(True))
        return alerts.select_related("product", "shop", "watchlist__owner")

    @admin.display(description=_("what happened"))
    def what(self, alert: Alert) -> str:
        before, after = (in_words(alert.field, value) for value in (alert.before, alert.after))
        return gettext("%(what)s: %(name)s") % {"what": alert.get_field_display(), "name": f"{before} → {after}"}

    @admin.display(description=_("rule as it was"))
    def rule_words(self, alert: Alert) -> str:
        return alert.rule_in_words

    @admin.display(description=_("watchlist"), ordering="watchlist__name")
    def of_list(self, alert: Alert) -> SafeString:
        return link(alert.watchlist, list_and_owner(alert.watchlist))

    @admin.display(description=_("compared with"))
    def compared_with(self, alert: Alert) -> str:
        return in_words(alert.field, alert.reference)

    @admin.display(description=_("change"))
    def evidence(self, alert: Alert) -> str:
        return link(alert.change, alert.change) if alert.change else NOT_TOLD
