"""An alert's evidence, and its mails in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext, gettext_lazy, ngettext

from monitor.changes import Json
from monitor.mail_times import GATHER
from monitor.models import Alert, AlertRead, Channel, ChannelKind, Message, MessageAlert, User
from monitor.reads.words import value_in_words
from monitor.rules.kinds import Kind
from monitor.text.clock import moment, to_come
from monitor.text.formatting import one_line

#: The longest answer of a mail server that is shown.
LONGEST_ANSWER = 160
#: Alerts go to delivery within minutes; reading one later does not keep it from being mailed.
HANDED_OVER_WITHIN = timedelta(hours=1)
_OF_OTHERS = {
    Message.Status.PENDING: gettext_lazy("on its way"),
    Message.Status.DROPPED: gettext_lazy("Not sent"),
    Message.Status.HELD: gettext_lazy("not delivered"),
    Message.Status.REFUSED: gettext_lazy("not delivered"),
    Message.Status.FAILED: gettext_lazy("not delivered"),
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a page shows about an alert besides its fields, in the reader's language.

    `own_mail` is the reader's own mail, or why there is none. `channels` are the reader's channels
    with what became of their messages. `others` are the mails that members got."""

    alert: Alert
    own_mail: str
    channels: list[tuple[str, str]]
    others: list[MessageAlert]

    @property
    def is_silence(self) -> bool:
        """Whether no check succeeded: then there are no values to compare."""
        return bool(self.alert.rule_as_it_was.get("kind") == Kind.SILENT)

    @property
    def compared_with(self) -> str:
        return self._in_words(self.alert.compared_with)

    @property
    def firings(self) -> list[tuple[datetime, str]]:
        """The last repeated firings, with their values."""
        return [
            (datetime.fromisoformat(at), "" if value is None else self._in_words(value))
            for at, value in self.alert.moments
        ]

    @property
    def mails_to_others(self) -> Iterator[tuple[str, str]]:
        """Names of members, and whether and when a mail was sent to them."""
        for mail in self.others:
            status = Message.Status(mail.message.status)
            words = (
                gettext("sent %(time)s") % {"time": moment(mail.message.sent_at)}
                if mail.message.sent_at
                else ""
            )
            yield (
                one_line(mail.recipient.get_short_name()),
                words or str(_OF_OTHERS.get(status, "")),
            )

    def _in_words(self, value: Json) -> str:
        return value_in_words(self.alert.field, value)


def _outcome(email: Message) -> str:
    channel = email.channel
    status = Message.Status(email.status)
    if status is Message.Status.PENDING:
        if channel is None or channel.refused_at is None:
            return _pending(email)
        # It waits with what the channel has refused.
        status, email.answer = Message.Status.HELD, channel.answer
    if channel is not None and not channel.is_mail:
        sent = gettext("sent %(time)s") % {"time": moment(email.sent_at)}
        return _with_answer(sent if status is Message.Status.SENT else str(status.label), email)
    text = {
        Message.Status.SENT: gettext("sent %(time)s to %(address)s, accepted by the server"),
        Message.Status.HELD: gettext("held: the server refuses %(address)s"),
        Message.Status.REFUSED: gettext("refused by the server"),
        Message.Status.FAILED: gettext("given up"),
    }.get(status, gettext("Not sent"))
    return _with_answer(text % {"address": email.address, "time": moment(email.sent_at)}, email)


def _pending(email: Message) -> str:
    if email.lease is not None or email.next_attempt_at <= timezone.now():
        return _with_answer(gettext("on its way"), email)
    about = {"time": moment(email.next_attempt_at), "n": email.attempts}
    if not email.attempts:
        return _waits(email) % about
    tried = ngettext(
        "tried %(n)d time, next at %(time)s", "tried %(n)d times, next at %(time)s", email.attempts
    )
    return _with_answer(tried % about, email)


def _waits(email: Message) -> str:
    if email.kind == Message.Kind.DIGEST:
        return gettext("comes with the digest of %(time)s")
    if email.next_attempt_at > email.created_at + GATHER:
        return gettext("held until %(time)s by quiet hours")
    return gettext("waits until %(time)s")


def _with_answer(outcome: str, email: Message) -> str:
    """Return the outcome with the server's answer, or with our own words for it."""
    if not email.answer:
        return outcome
    answer = Truncator(gettext(email.answer)).chars(LONGEST_ANSWER)
    return gettext("%(outcome)s: %(answer)s") % {"outcome": outcome, "answer": answer}


def evidence_of(user: User, alert: Alert) -> Evidence:
    """Return the evidence of an alert that `user` may see. Four queries.

    An owner may see which members got a mail, but not their servers' answers, nor what they have
    read."""
    visible = Q(recipient=user) | Q(alert__watchlist__owner=user, channel__kind=ChannelKind.MAIL)
    rows = MessageAlert.objects.filter(visible, alert=alert).select_related(
        "message__channel", "recipient"
    )
    rows = rows.order_by("pk")
    own = [row.message for row in rows if row.recipient_id == user.pk]
    others = [row for row in rows if row.recipient_id != user.pk]
    mail = next((message for message in own if message.channel and message.channel.is_mail), None)
    channels = [(str(message.channel), _outcome(message)) for message in own if message is not mail]
    read_at = (
        AlertRead.objects.filter(user=user, alert=alert).values_list("read_at", flat=True).first()
    )
    mailbox = user.channels.prefetch_related("choices").get(kind=ChannelKind.MAIL)
    own_mail = _outcome(mail) if mail else _why_not_mailed(mailbox, alert, read_at)
    return Evidence(alert, own_mail, channels, others)


def _why_not_mailed(mailbox: Channel, alert: Alert, read_at: datetime | None) -> str:
    """Return why an alert is in no mail to the owner of `mailbox`."""
    if not alert.is_delivered:
        gathers = to_come(alert.held_until)
        return (
            gettext("waits until %(time)s") % {"time": moment(gathers)}
            if gathers
            else gettext("on its way")
        )
    if read_at is not None and read_at <= alert.created_at:
        return gettext("Not sent: product muted")  # A mute marks alerts as read at their creation.
    if mailbox.is_paused:
        return gettext("Not sent: your alert mails are off")
    if mailbox.leaves_out(alert.watchlist_id):
        return gettext("Not sent: mails of this list are off")
    read_in_time = (
        read_at is not None
        and read_at < (alert.held_until or alert.created_at) + HANDED_OVER_WITHIN
    )
    read_before = mailbox.owner.alerts_read_before
    if read_in_time or (read_before is not None and alert.created_at < read_before):
        return gettext("Not sent: already read")
    return gettext("Not sent: you were not on this list, or its mails were off")
