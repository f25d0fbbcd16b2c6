"""An alert's evidence, and its mails in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, TextChoices
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext, gettext_lazy, ngettext

from monitor.changes import Json
from monitor.mail_times import GATHER
from monitor.models import Alert, AlertRead, Email, EmailAlert, MailChoice, User
from monitor.pages.shared.words import value_in_words
from monitor.rules.kinds import Kind
from monitor.text.clock import moment, to_come
from monitor.text.formatting import one_line

#: The longest answer of a mail server that is shown.
LONGEST_ANSWER = 160
#: Alerts go to delivery within minutes; reading one later does not keep it from being mailed.
HANDED_OVER_WITHIN = timedelta(hours=1)
_OF_OTHERS = {
    Email.Status.PENDING: gettext_lazy("on its way"),
    Email.Status.DROPPED: gettext_lazy("not mailed"),
    Email.Status.HELD: gettext_lazy("not delivered"),
    Email.Status.REFUSED: gettext_lazy("not delivered"),
    Email.Status.FAILED: gettext_lazy("not delivered"),
}


class WhyNotMailed(TextChoices):
    """Why an alert is in no mail to its reader."""

    NOT_YET = "not yet", gettext_lazy("on its way")
    MUTED = "muted", gettext_lazy("not mailed: the product was muted")
    ALL_OFF = "all off", gettext_lazy("not mailed: you have switched mails off")
    LIST_OFF = "list off", gettext_lazy("not mailed: you have switched the mails of this list off")
    READ = "read", gettext_lazy("not mailed: you had read it")
    OTHER = "other", gettext_lazy("not mailed: you were not on this list then, or wanted no mails of it")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a page shows about an alert besides its fields, in the reader's language.

    `own` is the reader's mail of it; if there is none, `why_not` says why. `others` are the mails that members got.
    """

    alert: Alert
    own: EmailAlert | None
    why_not: WhyNotMailed
    others: list[EmailAlert]

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
    def own_mail(self) -> str:
        """The reader's own mail, or why there is none."""
        if self.own is not None:
            return _outcome(self.own.email)
        if self.why_not is WhyNotMailed.NOT_YET and (gathers := to_come(self.alert.held_until)):
            return gettext("waits until %(time)s") % {"time": moment(gathers)}
        return str(self.why_not.label)

    @property
    def mails_to_others(self) -> Iterator[tuple[str, str]]:
        """Names of members, and whether and when a mail was sent to them."""
        for mail in self.others:
            status = Email.Status(mail.email.status)
            words = gettext("sent %(time)s") % {"time": moment(mail.email.sent_at)} if mail.email.sent_at else ""
            yield one_line(mail.recipient.get_short_name()), words or str(_OF_OTHERS.get(status, ""))

    def _in_words(self, value: Json) -> str:
        return value_in_words(self.alert.field, value)


def _outcome(email: Email) -> str:
    if email.status == Email.Status.PENDING:
        return _pending(email)
    text = {
        Email.Status.SENT: gettext("sent %(time)s to %(address)s, accepted by the server"),
        Email.Status.HELD: gettext("held: the server refuses %(address)s"),
        Email.Status.REFUSED: gettext("refused by the server"),
        Email.Status.FAILED: gettext("given up"),
    }.get(Email.Status(email.status), gettext("not mailed"))
    return _with_answer(text % {"address": email.address, "time": moment(email.sent_at)}, email)


def _pending(email: Email) -> str:
    if email.lease is not None or email.next_attempt_at <= timezone.now():
        return _with_answer(gettext("on its way"), email)
    about = {"time": moment(email.next_attempt_at), "n": email.attempts}
    if not email.attempts:
        return _waits(email) % about
    tried = ngettext("tried %(n)d time, next at %(time)s", "tried %(n)d times, next at %(time)s", email.attempts)
    return _with_answer(tried % about, email)


def _waits(email: Email) -> str:
    if email.kind == Email.Kind.DIGEST:
        return gettext("comes with the digest of %(time)s")
    if email.next_attempt_at > email.created_at + GATHER:
        return gettext("held until %(time)s by quiet hours")
    return gettext("waits until %(time)s")


def _with_answer(outcome: str, email: Email) -> str:
    """The outcome with the server's answer, or with our own words for it."""
    if not email.answer:
        return outcome
    answer = Truncator(gettext(email.answer)).chars(LONGEST_ANSWER)
    return gettext("%(outcome)s (%(answer)s)") % {"outcome": outcome, "answer": answer}


def evidence_of(user: User, alert: Alert) -> Evidence:
    """The evidence of an alert that `user` may see. Three queries.

    An owner may see which members got a mail, but not their servers' answers, nor what they have read.
    """
    visible = Q(recipient=user) | Q(alert__watchlist__owner=user)
    mails = EmailAlert.objects.filter(visible, alert=alert).select_related("email", "recipient").order_by("pk")
    own = next((mail for mail in mails if mail.recipient_id == user.pk), None)
    others = [mail for mail in mails if mail.recipient_id != user.pk]
    read_at = AlertRead.objects.filter(user=user, alert=alert).values_list("read_at", flat=True).first()
    is_off = MailChoice.objects.filter(user=user, watchlist=alert.watchlist, is_off=True).exists()
    return Evidence(alert, own, _why_not(user, alert, read_at, is_off=is_off), others)


def _why_not(user: User, alert: Alert, read_at: datetime | None, *, is_off: bool) -> WhyNotMailed:
    before = user.alerts_read_before
    if not alert.is_delivered:
        return WhyNotMailed.NOT_YET
    if read_at is not None and read_at <= alert.created_at:
        return WhyNotMailed.MUTED  # A mute marks alerts as read at their creation.
    if not user.receives_mail:
        return WhyNotMailed.ALL_OFF
    if is_off:
        return WhyNotMailed.LIST_OFF
    if read_at is not None and read_at < (alert.held_until or alert.created_at) + HANDED_OVER_WITHIN:
        return WhyNotMailed.READ
    return WhyNotMailed.READ if before is not None and alert.created_at < before else WhyNotMailed.OTHER
