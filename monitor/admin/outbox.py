"""The outbox and the channels: messages, every attempt to send them, and sending them again."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from monitor.admin.auditing import log
from monitor.admin.base import (
    EVERYWHERE,
    RecordedAdmin,
    answer_in_words,
    column,
    link,
    link_to_list,
    short,
)
from monitor.models import Attempt, Channel, Message
from monitor.text.clock import moment
from monitor.text.formatting import NOT_TOLD

#: Messages that go out without an operator.
BY_ITSELF = (Message.Status.PENDING, Message.Status.HELD)
MOST_ATTEMPTS = 50
LAST_ANSWER = column(_("last answer"), lambda row: short(answer_in_words(row.answer)))
WHOLE_ANSWER = column(_("last answer"), lambda row: answer_in_words(row.answer) or NOT_TOLD)


def attempts(message: Message) -> str:
    """Return the last attempts to send a message, a line each."""
    return "\n".join(map(_attempt, message.tries.order_by("-pk")[:MOST_ATTEMPTS])) or NOT_TOLD


def _attempt(attempt: Attempt) -> str:
    seconds = "" if attempt.took is None else f"{attempt.took:.1f} s"
    said = answer_in_words(attempt.answer)
    parts = (moment(attempt.began_at), seconds, attempt.get_outcome_display(), said, attempt.sender)
    return " · ".join(filter(None, parts))


@admin.register(Message)
class MessageAdmin(RecordedAdmin):
    list_display = (
        *("created_at", "destination", "recipient", "kind", "status"),
        *("attempts", "sent_at", "last_answer"),
    )
    list_filter = ("status", "kind", "channel__kind", "created_at")
    list_select_related = ("recipient", "channel")
    search_fields = ("address", "uid__startswith", "recipient__name", "channel__name", "answer")
    search_help_text = _("Address, Message-ID, recipient or server's answer")
    actions = ("send_again",)
    fields = (
        *("recipient", "address", "channel", "kind", "status", "attempts", "next_attempt_at"),
        *("sent_at", "whole_answer", "uid", "created_at", "all_attempts"),
    )

    all_attempts = column(_("attempts"), attempts)
    destination = column(_("to"), lambda message: message.address or short(message.channel))
    last_answer, whole_answer = LAST_ANSWER, WHOLE_ANSWER

    def has_send_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("monitor.change_message")

    @admin.action(
        description=_("Send again (same Message-ID)"), permissions=["send"], location=EVERYWHERE
    )
    def send_again(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        """Make messages due that were sent, refused or given up."""
        wanted = queryset.exclude(status__in=BY_ITSELF)
        log(request, wanted, gettext("Sent again."))
        # `attempts` is not 0: new alerts may join only a message whose Message-ID was never sent.
        count = wanted.update(
            status=Message.Status.PENDING,
            attempts=1,
            next_attempt_at=timezone.now(),
            lease=None,
            answer="",
            sent_at=None,
        )
        text = ngettext(
            "%(count)d message is queued; its attempts show the result.",
            "%(count)d messages are queued; their attempts show the result.",
            count,
        )
        self.tell(request, count, text)


@admin.register(Channel)
class ChannelAdmin(RecordedAdmin):
    """Where people get their alerts, without the addresses of channels that are secret."""

    list_display = (
        *("__str__", "owner", "kind", "address", "is_paused", "failing_since", "refused_at"),
        "last_answer",
    )
    list_filter = ("kind", "is_paused", ("refused_at", admin.EmptyFieldListFilter))
    list_select_related = ("owner",)
    search_fields = ("name", "owner__email", "answer")
    actions = ("end_refusal",)
    fields = (
        *("name", "of_owner", "kind", "address", "how", "only_urgent", "is_paused", "created_at"),
        *("confirmed_at", "failing_since", "refused_at", "whole_answer", "sent"),
    )

    address = column(_("address"), lambda channel: channel.shown_address)
    of_owner = column(_("owner"), lambda channel: link(channel.owner, str))
    last_answer, whole_answer = LAST_ANSWER, WHOLE_ANSWER
    sent = column(_("messages"), lambda row: link_to_list(Message, channel__id__exact=row.pk))

    def has_end_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("monitor.change_channel")

    @admin.action(
        description=_("Address works again: send held mail"),
        permissions=["end"],
        location=EVERYWHERE,
    )
    def end_refusal(self, request: HttpRequest, queryset: QuerySet[Channel]) -> None:
        """Use mailboxes again. Other channels are used again when their owner's test message has
        arrived."""
        refusing = queryset.mail().refusing()  # type: ignore[attr-defined]
        log(request, refusing, gettext("The address was marked as working."))
        count = refusing.end_refusal()
        text = ngettext(
            "%(count)d address marked as working; its held mail is queued.",
            "%(count)d addresses marked as working; their held mail is queued.",
            count,
        )
        self.tell(request, count, text)
