"""The e-mail of alerts, and the parts that it shares with digests."""

from collections.abc import Iterable, Sequence
from datetime import tzinfo
from typing import Any

from django.utils.translation import gettext_noop

from monitor.changes import SCORE_FIELDS
from monitor.delivery import leaving
from monitor.delivery.entries import MailEntry, entries
from monitor.delivery.errors import NoMessageError, NotWantedError
from monitor.delivery.links import link
from monitor.delivery.report.reading import MailReading
from monitor.delivery.report.subjects import subject, sums
from monitor.models import Alert, Message, User, Watchlist
from monitor.text.formatting import one_line, without_web_addresses

#: How many entries are shown.
SHOWN = 50
#: Watchlists with their own link to end mails; others can be switched off in the settings.
LISTS_SHOWN = 10
#: Characters that an inbox shows beside the subject.
_PREVIEW = 140


def message(email: Message, zone: tzinfo, reading: MailReading) -> tuple[str, dict[str, Any]]:
    """Subject and context, in the active language. Raises `NotWantedError` if there are no alerts to report."""
    rows = rows_of(email, zone, reading)
    return subject(rows), {
        "template": "alerts",
        **entries_context(rows, SHOWN),
        "sums": sums(*count_kinds(rows)),
        **leaving_context(recipient_of(email), lists_of(reading.alerts[email.pk])),
    }


def rows_of(message: Message, zone: tzinfo, reading: MailReading) -> list[MailEntry]:
    """The entries of a message of alerts. Raises `NotWantedError` if there is nothing to report."""
    alerts = reading.alerts[message.pk]
    if not alerts and message.pk in reading.off and message.channel_id:
        raise NotWantedError(gettext_noop("The channel leaves its alerts out."))
    if not alerts and message.pk in reading.off:
        raise NotWantedError(gettext_noop("The recipient no longer wants mail."))
    if not alerts and message.pk in reading.read:
        raise NotWantedError(gettext_noop("The recipient has already read it on the site."))
    if not alerts:
        raise NotWantedError(gettext_noop("Its alerts are gone, or the recipient may no longer see them."))
    return entries(alerts, zone, reading.prices)


def recipient_of(email: Message) -> User:
    if email.recipient is None:
        raise NoMessageError(gettext_noop("Alerts only go to users with an account."))
    return email.recipient


def lists_of(alerts: Iterable[Alert]) -> list[Watchlist]:
    return sorted({alert.watchlist for alert in alerts}, key=lambda watchlist: (watchlist.name, watchlist.pk))


def entries_context(rows: Sequence[MailEntry], most: int) -> dict[str, Any]:
    """The first `most` entries, and what is said about all of them."""
    return {
        "all_entries": rows,
        "most": most,
        "entries": rows[:most],
        "pictures": any(entry.picture for entry in rows[:most]),
        "count": sum(len(entry.alerts) for entry in rows),
        "hidden": max(len(rows) - most, 0),
        "alerts_link": link("monitor:alerts"),
        "preview": one_line(" | ".join(f"{entry.first.headline} {entry.name}" for entry in rows[1:4]), _PREVIEW),
    }


def shorter(context: dict[str, Any]) -> dict[str, Any]:
    """The context with two thirds of the entries, for a mail that is too long."""
    return entries_context(context["all_entries"], min(context["most"], len(context["all_entries"])) * 2 // 3)


def count_kinds(rows: Iterable[MailEntry]) -> list[int]:
    """Prices that fell and rose, products off shelf and back, and scores that fell."""
    lines = [line for entry in rows for line in entry.lines]
    kinds = (("price", "fall"), ("price", "rise"), ("status", "bad"), ("status", "good"))
    counts = [sum((line.field, line.tone) == kind for line in lines) for kind in kinds]
    return [*counts, sum(line.field in SCORE_FIELDS and line.tone == "bad" for line in lines)]


def leaving_context(recipient: User, lists: Sequence[Watchlist]) -> dict[str, Any]:
    """The links that end mails of each of `lists`, or of all."""
    return {
        "headers": leaving.headers(recipient, lists),
        "leave_lists": [
            (without_web_addresses(watchlist.name), leaving.address(recipient, watchlist))
            for watchlist in lists[:LISTS_SHOWN]
        ],
        "leave_all": leaving.address(recipient),
        "settings_link": f"{link('monitor:settings')}#mails",
    }
