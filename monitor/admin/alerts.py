"""What was told, and to whom: alerts with their evidence, and the outbox."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from monitor.admin.base import EVERYWHERE, RecordedAdmin, TellsOfAChange, chunks, link
from monitor.admin.values import in_words, list_and_owner, short
from monitor.formatting import NOT_TOLD, instant
from monitor.models import Alert, Email

#: Alerts that an e-mail's page lists.
LISTED_ALERTS = 50


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
        return super().get_queryset(request).select_related("product", "shop", "watchlist__owner")

    @admin.display(description=_("what happened"))
    def what(self, alert: Alert) -> str:
        before, after = (in_words(alert.field, value) for value in (alert.before, alert.after))
        return f"{alert.get_field_display()}: {before} → {after}"

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


@admin.register(Email)
class EmailAdmin(RecordedAdmin):
    list_display = ("created_at", "address", "kind", "status", "attempts", "next_attempt", "sent_at", "last_answer")
    list_display_links = ("created_at", "address")
    list_filter = ("status", "kind", "created_at")
    search_fields = ("address", "message_id__startswith", "recipient__name")
    search_help_text = _("Address, Message-ID or the recipient's name")
    actions = ("send_again",)
    fields = (
        *("to_whom", "address", "kind", "status", "attempts", "next_attempt", "sent_at", "whole_answer", "message_id"),
        *("created_at", "of_alerts"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Email]:
        return super().get_queryset(request).select_related("recipient")

    def has_send_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("monitor.change_email")

    @admin.action(description=_("Send again, with the same Message-ID"), permissions=["send"], location=EVERYWHERE)
    def send_again(self, request: HttpRequest, queryset: QuerySet[Email]) -> None:
        """What is sent, refused or given up becomes due; what is pending is on its way already."""
        count, now = 0, timezone.now()
        for emails in chunks(queryset.exclude(status=Email.Status.PENDING)):
            self.log_many(request, emails, gettext("Sent again."))
            count += emails.update(
                status=Email.Status.PENDING, attempts=0, next_attempt_at=now, lease=None, answer="", sent_at=None
            )
        text = ngettext("%(count)d e-mail will be sent again.", "%(count)d e-mails will be sent again.", count)
        self.message_user(request, text % {"count": count}, messages.SUCCESS)

    @admin.display(description=_("next attempt"), ordering="next_attempt_at", empty_value=NOT_TOLD)
    def next_attempt(self, email: Email) -> str | None:
        """What is sent or given up is not tried again."""
        is_tried = email.status == Email.Status.PENDING
        return instant(email.next_attempt_at, timezone.get_current_timezone()) if is_tried else None

    @admin.display(description=_("the server's last answer"))
    def last_answer(self, email: Email) -> str:
        return short(_answer(email))

    @admin.display(description=_("the server's last answer"))
    def whole_answer(self, email: Email) -> str:
        return _answer(email) or NOT_TOLD

    @admin.display(description=_("recipient"))
    def to_whom(self, email: Email) -> str:
        return link(email.recipient, email.recipient) if email.recipient else NOT_TOLD

    @admin.display(description=_("alerts"))
    def of_alerts(self, email: Any) -> SafeString:
        alerts = email.alerts.order_by("-pk")[:LISTED_ALERTS]
        return format_html_join(" · ", "{}", ((link(alert, alert),) for alert in alerts))


def _answer(email: Email) -> str:
    """What a server said, as it stands; what was said here for it, in the reader's language."""
    return gettext(email.answer) if email.answer else ""
