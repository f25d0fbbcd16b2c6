"""The outbox: messages, every attempt to send them, and sending them again."""

import re
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from monitor.admin.asking import ask
from monitor.admin.auditing import log
from monitor.admin.base import (
    EVERYWHERE,
    ReadOnly,
    RecordedAdmin,
    chunks,
    column,
    link,
    side_by_side,
)
from monitor.admin.values import answer_in_words, short
from monitor.delivery.errors import NoMessageError
from monitor.delivery.message import build
from monitor.models import Attempt, Message
from monitor.text.formatting import NOT_TOLD, instant

#: Alerts that an e-mail's page lists.
LISTED_ALERTS = 50
#: E-mails of other kinds hold links that log in, confirm an address or join a list.
SHOWN_WHOLE = (*Message.OF_ALERTS, Message.Kind.POLLING_STOPPED)
_RECIPIENTS_LINK = re.compile(r"/u/\S+")


class AttemptInline(ReadOnly, admin.TabularInline):  # type: ignore[type-arg]
    """The attempts of one e-mail, the latest first."""

    model = Attempt
    template = "admin/monitor/email/attempts.html"
    fields = ("began_at", "seconds", "outcome", "code", "enhanced_code", "said", "sender")
    readonly_fields = fields
    ordering = ("-pk",)
    extra = 0
    empty_value_display = NOT_TOLD

    seconds = column(
        _("seconds"), lambda attempt: NOT_TOLD if attempt.took is None else f"{attempt.took:.1f}"
    )
    said = column(_("answer"), lambda attempt: answer_in_words(attempt.answer) or NOT_TOLD)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Show the attempts to everyone who may see the e-mail."""
        return request.user.has_perm("monitor.view_message") or request.user.has_perm(
            "monitor.change_message"
        )


@admin.register(Message)
class MessageAdmin(RecordedAdmin):
    list_display = (
        *("created_at", "destination", "owner", "kind", "status"),
        *("attempts", "next_attempt", "sent_at", "last_answer"),
    )
    list_display_links = ("created_at", "destination")
    list_filter = ("status", "kind", "channel__kind", "created_at", "tries__outcome")
    search_fields = ("address", "uid__startswith", "recipient__name", "channel__name", "answer")
    search_help_text = _("Address, Message-ID, recipient or server's answer")
    actions = ("send_again",)
    inlines = (AttemptInline,)
    fields = (
        *(
            "message",
            "to_whom",
            "address",
            "on_channel",
            "kind",
            "status",
            "attempts",
            "next_attempt",
            "sent_at",
            "whole_answer",
        ),
        *("uid", "created_at", "of_alerts"),
    )

    destination = column(_("to"), lambda message: message.address or _channel(message))
    owner = column(_("recipient"), lambda message: message.recipient or NOT_TOLD, "recipient")
    to_whom = column(_("recipient"), lambda message: link(message.recipient, str))
    on_channel = column(
        _("channel"), lambda message: link(message.channel, lambda channel: _channel(message))
    )
    last_answer = column(
        _("last server answer"), lambda email: short(answer_in_words(email.answer))
    )
    whole_answer = column(
        _("last server answer"), lambda email: answer_in_words(email.answer) or NOT_TOLD
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        return super().get_queryset(request).select_related("recipient", "channel")

    def has_send_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("monitor.change_message")

    @admin.action(
        description=_("Send again (same Message-ID)"), permissions=["send"], location=EVERYWHERE
    )
    def send_again(self, request: HttpRequest, queryset: QuerySet[Message]) -> HttpResponse | None:
        """Make e-mails due that were sent, refused or given up; those pending or held go out
        without this."""
        by_itself = (Message.Status.PENDING, Message.Status.HELD)
        wanted = queryset.exclude(status__in=by_itself)
        if "confirmed" not in request.POST:
            counts = {
                "count": wanted.count(),
                "had": wanted.filter(status=Message.Status.SENT).count(),
                "pending": queryset.filter(status=Message.Status.PENDING).count(),
                "held": queryset.filter(status=Message.Status.HELD).count(),
            }
            return ask(self, request, "send_again", title=gettext("Send again?"), **counts)
        count, now = 0, timezone.now()
        for emails in chunks(wanted):
            log(request, emails, gettext("Sent again."))
            # `attempts` is not 0: new alerts may join only an e-mail whose Message-ID was never
            # sent.
            count += emails.exclude(status__in=by_itself).update(
                status=Message.Status.PENDING,
                attempts=1,
                next_attempt_at=now,
                lease=None,
                answer="",
                sent_at=None,
            )
        text = ngettext(
            "%(count)d e-mail is queued; its attempts show the result.",
            "%(count)d e-mails are queued; their attempts show the result.",
            count,
        )
        self.message_user(
            request, text % {"count": count}, messages.SUCCESS if count else messages.WARNING
        )
        return None

    @admin.display(description=_("next attempt"), ordering="next_attempt_at")
    def next_attempt(self, email: Message) -> str:
        is_tried = email.status == Message.Status.PENDING
        return (
            instant(email.next_attempt_at, timezone.get_current_timezone())
            if is_tried
            else NOT_TOLD
        )

    @admin.display(description=_("message as of now"))
    def message(self, email: Message) -> str:
        """Return a mail's subject and text, without links that only the recipient may open."""
        if not email.address:
            return NOT_TOLD
        try:
            mail = build(email)
        except NoMessageError as error:
            return gettext(str(error))
        text = _RECIPIENTS_LINK.sub("/…", str(mail.body))
        if email.kind not in SHOWN_WHOLE:
            text = gettext("Hidden: it has a link for the recipient alone.")
        return render_to_string(
            "admin/monitor/email/message.html", {"subject": mail.subject, "text": text}
        )

    @admin.display(description=_("alerts"))
    def of_alerts(self, email: Any) -> str:
        alerts = email.alerts.order_by("-pk")[:LISTED_ALERTS]
        return side_by_side(link(alert, str) for alert in alerts) or NOT_TOLD


def _channel(message: Message) -> str:
    """Kind and name of the message's channel."""
    channel = message.channel
    if channel is None:
        return NOT_TOLD
    return f"{channel.get_kind_display()} {short(channel.name)}" if channel.name else str(channel)
