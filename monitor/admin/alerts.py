"""Alerts, with their evidence."""

from django.contrib import admin
from django.db.models import QuerySet, Value
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from monitor.admin.base import ChangeColumns, column, link
from monitor.admin.values import in_words, list_and_owner
from monitor.models import Alert


@admin.register(Alert)
class AlertAdmin(ChangeColumns):
    ordering_of_one = ("-created_at",)
    list_display = ("created_at", "subject", "what", "rule_words", "of_list", "is_delivered")
    list_filter = ("field", "is_delivered")
    search_fields = (
        "product__num_iid__exact",
        "product__title",
        "watchlist__name",
        "watchlist__owner__email",
    )
    search_help_text = _("Full product ID, title, watchlist or owner's e-mail")
    fields = (
        *(
            "created_at",
            "of_list",
            "subject",
            "rule_words",
            "field",
            "whole_before",
            "whole_after",
            "compared_with",
        ),
        *("data_time", "request_id", "evidence", "is_delivered"),
    )

    of_list = column(
        _("watchlist"),
        lambda alert: link(alert.watchlist, list_and_owner),
        ordering="watchlist__name",
    )
    rule_words = column(_("rule at the time"), lambda alert: alert.rule_in_words)
    compared_with = column(_("compared with"), lambda alert: in_words(alert.field, alert.reference))
    evidence = column(_("change"), lambda alert: link(alert.change, str))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Alert]:
        alerts: QuerySet[Alert] = super().get_queryset(request).annotate(sees_own=Value(True))
        return alerts.select_related("product", "shop", "watchlist__owner")

    @admin.display(description=_("what happened"))
    def what(self, alert: Alert) -> str:
        before, after = (in_words(alert.field, value) for value in (alert.before, alert.after))
        return gettext("%(what)s: %(name)s") % {
            "what": alert.get_field_display(),
            "name": f"{before} → {after}",
        }
