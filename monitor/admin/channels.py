"""Channels: where people get their alerts, without the addresses of those that are secret."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from monitor import audit
from monitor.admin.auditing import log
from monitor.admin.base import (
    EVERYWHERE,
    ModelAdmin,
    YesNoFilter,
    chunks,
    column,
    link,
    link_to_list,
)
from monitor.admin.values import answer_in_words, short
from monitor.models import AuditKind, Channel, Message
from monitor.text.formatting import NOT_TOLD
from monitor.timing.waiting import follow_plan

#: What operators may set, of mailboxes alone: what people have added is their own affair.
PLAN = ("how", "only_urgent", "is_paused")


class IsRefused(YesNoFilter):
    title = _("refused")
    parameter_name = "refused"
    condition = Q(refused_at__isnull=False)


@admin.register(Channel)
class ChannelAdmin(ModelAdmin):
    list_display = (
        "__str__",
        "owner",
        "kind",
        "address",
        "is_paused",
        "failing_since",
        "refused_at",
        "last_answer",
    )
    list_filter = ("kind", "is_paused", IsRefused, "created_at")
    list_select_related = ("owner",)
    search_fields = ("name", "owner__email", "answer")
    actions = ("end_refusal",)
    fields = (
        *("name", "of_owner", "kind", "address", *PLAN, "created_at", "confirmed_at"),
        *("failing_since", "refused_at", "whole_answer", "sent"),
    )

    address = column(_("address"), lambda channel: channel.shown_address)
    of_owner = column(_("owner"), lambda channel: link(channel.owner, str))
    last_answer = column(_("last answer"), lambda channel: short(answer_in_words(channel.answer)))
    whole_answer = column(
        _("last answer"), lambda channel: answer_in_words(channel.answer) or NOT_TOLD
    )
    sent = column(
        _("messages"), lambda channel: link_to_list(Message, channel__id__exact=channel.pk)
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        may_set = PLAN if obj is not None and obj.is_mail else ()
        return tuple(field for field in self.fields if field not in may_set)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def audit(
        self, request: HttpRequest, kind: AuditKind, row: Channel, changes: audit.Changes
    ) -> None:
        audit.record(kind, person=row.owner, about=row, row=row, changes=changes)

    def save_model(self, request: HttpRequest, obj: Channel, form: Any, change: bool) -> None:
        """Waiting messages follow the new settings."""
        super().save_model(request, obj, form, change)
        follow_plan(obj.owner, timezone.now())

    @admin.action(
        description=_("Address works again: send held mail"),
        permissions=["change"],
        location=EVERYWHERE,
    )
    def end_refusal(self, request: HttpRequest, queryset: QuerySet[Channel]) -> None:
        """Use mailboxes again. Other channels are used again when their owner's test message has
        arrived."""
        count = 0
        for channels in chunks(queryset.mail().refusing()):  # type: ignore[attr-defined]
            log(request, channels, gettext("The address was marked as working."))
            count += channels.end_refusal()  # type: ignore[attr-defined]
        text = ngettext(
            "%(count)d address marked as working; its held mail is queued.",
            "%(count)d addresses marked as working; their held mail is queued.",
            count,
        )
        self.message_user(
            request, text % {"count": count}, messages.SUCCESS if count else messages.WARNING
        )
