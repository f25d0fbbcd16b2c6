"""An alert's evidence, and its mails in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.text import Truncator
from django.utils.translation import gettext

from monitor.judging.changes import Json
from monitor.judging.rules.kinds import Kind
from monitor.models import Alert, Message, MessageAlert, User
from monitor.showing.reads.words import value_in_words
from monitor.text.clock import moment, to_come

#: The longest answer of a mail server that is shown.
LONGEST_ANSWER = 160


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


def _outcome(message: Message) -> str:
    """Say what became of a message, with the server's answer or our own words for it."""
    status, channel = Message.Status(message.status), message.channel
    answer = message.answer
    if status is Message.Status.PENDING and channel is not None and channel.refused_at is not None:
        # It waits with what the channel has refused.
        status, answer = Message.Status.HELD, channel.answer
    if status is Message.Status.PENDING:
        outcome = _waits(message.next_attempt_at)
    elif status is Message.Status.SENT:
        outcome = gettext("sent %(time)s") % {"time": moment(message.sent_at)}
    else:
        outcome = str(status.label)
    if not answer:
        return outcome
    shortened = Truncator(gettext(answer)).chars(LONGEST_ANSWER)
    return gettext("%(outcome)s: %(answer)s") % {"outcome": outcome, "answer": shortened}


def _waits(until: datetime | None) -> str:
    if (at := to_come(until)) is None:
        return gettext("on its way")
    return gettext("waits until %(time)s") % {"time": moment(at)}


def evidence_of(user: User, alert: Alert) -> Evidence:
    """Return the evidence of an alert that `user` may see. One query.

    It never tells what other members of the list got or have read."""
    rows = MessageAlert.objects.filter(alert=alert, recipient=user).order_by("pk")
    messages = [row.message for row in rows.select_related("message__channel")]
    mail = next((each for each in messages if each.channel and each.channel.is_mail), None)
    channels = [(str(each.channel), _outcome(each)) for each in messages if each is not mail]
    if mail is not None:
        own_mail = _outcome(mail)
    elif alert.is_delivered:
        own_mail = gettext("Not sent: read before, muted, or mails of this list are off")
    else:
        own_mail = _waits(alert.held_until)
    return Evidence(alert, own_mail, channels)
