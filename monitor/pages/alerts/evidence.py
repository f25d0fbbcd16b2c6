"""What an alert rests on, and what became of its mails in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import get_language, gettext, gettext_lazy, ngettext

from monitor.changes import Json
from monitor.mail_times import GATHER
from monitor.models import Alert, Email
from monitor.pages.alerts.mails import AlertMails, Why
from monitor.rules.kinds import OWN_KINDS, Kind
from monitor.text.clock import moment, to_come
from monitor.text.formatting import field_value, one_line

#: So much of what a server said fits.
LONGEST_ANSWER = 160
_WHY_NOT = {
    Why.NOT_YET: gettext_lazy("on its way"),
    Why.MUTED: gettext_lazy("not mailed: the product was muted"),
    Why.ALL_OFF: gettext_lazy("not mailed: you have switched mails off"),
    Why.LIST_OFF: gettext_lazy("not mailed: you have switched the mails of this list off"),
    Why.READ: gettext_lazy("not mailed: you had read it"),
    Why.OTHER: gettext_lazy("not mailed: you were not on this list then, or wanted no mails of it"),
}
_OF_OTHERS = {
    Email.Status.PENDING: gettext_lazy("on its way"),
    Email.Status.DROPPED: gettext_lazy("not mailed"),
    Email.Status.HELD: gettext_lazy("not delivered"),
    Email.Status.REFUSED: gettext_lazy("not delivered"),
    Email.Status.FAILED: gettext_lazy("not delivered"),
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """An alert with what a page tells of it beyond its fields, in the reader's language."""

    alert: Alert
    mails: AlertMails

    @property
    def is_silence(self) -> bool:
        """Whether it tells that no check succeeds: then nothing was seen that could be compared."""
        return bool(self.alert.rule_as_it_was.get("kind") == Kind.SILENT)

    @property
    def is_of_own(self) -> bool:
        """Whether its rule compares with a product of one's own."""
        return self.alert.rule_as_it_was.get("kind") in OWN_KINDS

    @property
    def compared_with(self) -> str:
        return self.value_in_words(self.alert.compared_with)

    @property
    def firings(self) -> list[tuple[datetime, str]]:
        """The last times that it fired again, with their values."""
        return [
            (datetime.fromisoformat(at), "" if value is None else self.value_in_words(value))
            for at, value in self.alert.moments
        ]

    @property
    def own_mail(self) -> str:
        """The reader's own mail, or why there is none."""
        if self.mails.own is not None:
            return _outcome(self.mails.own.email)
        if self.mails.why_not is Why.NOT_YET and (gathers := to_come(self.alert.held_until)):
            return gettext("waits until %(time)s") % {"time": moment(gathers)}
        return str(_WHY_NOT[self.mails.why_not])

    @property
    def mails_to_others(self) -> Iterator[tuple[str, str]]:
        """Names of members, and whether and when they were told."""
        for mail in self.mails.others:
            status = Email.Status(mail.email.status)
            words = gettext("sent %(time)s") % {"time": moment(mail.email.sent_at)} if mail.email.sent_at else ""
            yield one_line(mail.recipient.get_short_name()), words or str(_OF_OTHERS.get(status, ""))

    def value_in_words(self, value: Json) -> str:
        return field_value(self.alert.field, value, get_language() or "en")


def _outcome(email: Email) -> str:
    about = {"address": email.address, "time": moment(email.sent_at)}
    match email.status:
        case Email.Status.SENT:
            return _told(gettext("sent %(time)s to %(address)s, accepted by the server") % about, email)
        case Email.Status.PENDING:
            return _to_come(email)
        case Email.Status.HELD:
            return _told(gettext("held: the server refuses %(address)s") % about, email)
        case Email.Status.REFUSED:
            return _told(gettext("refused by the server"), email)
        case Email.Status.FAILED:
            return _told(gettext("given up"), email)
        case _:
            return _told(gettext("not mailed"), email)


def _to_come(email: Email) -> str:
    if email.lease is not None or email.next_attempt_at <= timezone.now():
        return _told(gettext("on its way"), email)
    about = {"time": moment(email.next_attempt_at), "n": email.attempts}
    if not email.attempts:
        return _waits(email) % about
    tried = ngettext("tried %(n)d time, next at %(time)s", "tried %(n)d times, next at %(time)s", email.attempts)
    return _told(tried % about, email)


def _waits(email: Email) -> str:
    if email.kind == Email.Kind.DIGEST:
        return gettext("comes with the digest of %(time)s")
    if email.next_attempt_at > email.created_at + GATHER:
        return gettext("held until %(time)s by quiet hours")
    return gettext("waits until %(time)s")


def _told(outcome: str, email: Email) -> str:
    """With what the server said, as it stands, or what was said here for it."""
    if not email.answer:
        return outcome
    answer = Truncator(gettext(email.answer)).chars(LONGEST_ANSWER)
    return gettext("%(outcome)s (%(answer)s)") % {"outcome": outcome, "answer": answer}
