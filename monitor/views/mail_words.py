"""What became of an alert's mails, in words."""

from collections.abc import Iterator

from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext, gettext_lazy, ngettext

from monitor import timing
from monitor.clock import moment, to_come
from monitor.dashboard.mails import Told, Why
from monitor.formatting import one_line
from monitor.models import Alert, Email

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


def own(alert: Alert, told: Told) -> str:
    """The reader's own mail of an alert, or why there is none."""
    if told.own is not None:
        return _outcome(told.own.email)
    if told.why_not is Why.NOT_YET and (gathers := to_come(alert.held_until)):
        return gettext("waits until %(time)s") % {"time": moment(gathers)}
    return str(_WHY_NOT[told.why_not])


def of_others(told: Told) -> Iterator[tuple[str, str]]:
    """Names of members, and whether and when they were told."""
    for one in told.others:
        status = Email.Status(one.email.status)
        words = gettext("sent %(time)s") % {"time": moment(one.email.sent_at)} if one.email.sent_at else ""
        yield one_line(one.recipient.get_short_name()), words or str(_OF_OTHERS.get(status, ""))


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
    if email.next_attempt_at > email.created_at + timing.GATHER:
        return gettext("held until %(time)s by quiet hours")
    return gettext("waits until %(time)s")


def _told(outcome: str, email: Email) -> str:
    """With what the server said, as it stands, or what was said here for it."""
    if not email.answer:
        return outcome
    answer = Truncator(gettext(email.answer)).chars(LONGEST_ANSWER)
    return gettext("%(outcome)s (%(answer)s)") % {"outcome": outcome, "answer": answer}
