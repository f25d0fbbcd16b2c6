"""An alert's evidence, and its mails in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext, ngettext

from monitor.changes import Json
from monitor.mail_times import GATHER
from monitor.models import Alert, AlertRead, Channel, ChannelKind, Message, MessageAlert, User
from monitor.reads.words import value_in_words
from monitor.rules.kinds import Kind
from monitor.text.clock import moment, to_come

#: The longest answer of a mail server that is shown.
LONGEST_ANSWER = 160
#: Alerts go to delivery within minutes; reading one later does not keep it from being mailed.
HANDED_OVER_WITHIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a page shows about an alert besides its fields, in the reader's language.

    `own_mail` is the reader's own mail, or why there is none. `channels` are the reader's channels
    with what became of their messages."""

    alert: Alert
    own_mail: str
    channels: list[tuple[str, str]]

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

    It never tells what other members of the list got or have read."""
    rows = MessageAlert.objects.filter(alert=alert, recipient=user).order_by("pk")
    messages = [row.message for row in rows.select_related("message__channel")]
    mail = next((each for each in messages if each.channel and each.channel.is_mail), None)
    channels = [(str(each.channel), _outcome(each)) for each in messages if each is not mail]
    if mail is not None:
        return Evidence(alert, _outcome(mail), channels)
    reads = AlertRead.objects.filter(user=user, alert=alert).values_list("read_at", flat=True)
    mailbox = user.channels.prefetch_related("choices").get(kind=ChannelKind.MAIL)
    return Evidence(alert, _why_not_mailed(mailbox, alert, reads.first()), channels)


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
