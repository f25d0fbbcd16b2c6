"""The e-mail of alerts, and the parts that it shares with digests."""

from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo
from typing import Any

from django.utils.translation import gettext_noop

from monitor.delivery import leaving
from monitor.delivery.entries import MailEntry, entries
from monitor.delivery.errors import NoMessageError, NotWantedError
from monitor.delivery.links import link
from monitor.delivery.report.reading import MailReading
from monitor.delivery.report.sparkline import Sparkline, sparkline
from monitor.delivery.report.subjects import subject
from monitor.models import Alert, Email, User, Watchlist
from monitor.text.formatting import one_line, without_web_addresses

#: How many entries are shown in full, and how many at all, the others as one line.
FULL, SHOWN = 10, 50
#: Watchlists with their own link to end mails; others can be switched off in the settings.
LISTS_SHOWN = 10
#: Characters that an inbox shows beside the subject.
_PREVIEW = 140


def message(email: Email, zone: tzinfo, reading: MailReading) -> tuple[str, dict[str, Any]]:
    """Subject and context, in the active language. Raises `NotWantedError` if there are no alerts to report."""
    recipient, alerts = recipient_of(email), reading.alerts[email.pk]
    if not alerts and email.pk in reading.off:
        raise NotWantedError(gettext_noop("The recipient no longer wants mail."))
    if not alerts and email.pk in reading.read:
        raise NotWantedError(gettext_noop("The recipient has read on the page what it tells."))
    if not alerts:
        raise NotWantedError(gettext_noop("Its alerts are gone, or no longer the recipient's business."))
    end = max(email.created_at, *(alert.created_at for alert in alerts))
    rows = entries(alerts, zone, lines(email, reading, end))
    return subject(rows), {
        "template": "alerts",
        **entries_context(rows, FULL, SHOWN),
        **leaving_context(recipient, lists_of(alerts)),
    }


def recipient_of(email: Email) -> User:
    if email.recipient is None:
        raise NoMessageError(gettext_noop("Alerts are for people with an account."))
    return email.recipient


def lists_of(alerts: Iterable[Alert]) -> list[Watchlist]:
    return sorted({alert.watchlist for alert in alerts}, key=lambda watchlist: (watchlist.name, watchlist.pk))


def lines(email: Email, reading: MailReading, end: datetime) -> dict[int, Sparkline | None]:
    """The sparklines of the e-mail's products, by their keys."""
    products = {alert.product_id for alert in reading.alerts[email.pk] if alert.product_id is not None}
    return {key: sparkline(f"{key}.{email.message_id}", reading.prices[key], end) for key in products}


def entries_context(rows: Sequence[MailEntry], full: int, most: int) -> dict[str, Any]:
    """The first `full` entries in full, and others up to `most` as one line."""
    return {
        "all_entries": rows,
        "full": full,
        "most": most,
        "entries": rows[:full],
        "rows": rows[full:most],
        "count": len(rows),
        "hidden": max(len(rows) - most, 0),
        "alerts_link": link("monitor:alerts"),
        "preview": _preview(rows),
        "pictures": {entry.sparkline.name: entry.sparkline.png for entry in rows[:full] if entry.sparkline},
    }


def shorter(context: dict[str, Any]) -> dict[str, Any]:
    """The context with two thirds of the entries, for a mail that is too long."""
    return entries_context(
        context["all_entries"], context["full"] * 2 // 3, min(context["most"], context["count"]) * 2 // 3
    )


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


def _preview(rows: Sequence[MailEntry]) -> str:
    """The text beside the subject in an inbox: the next entries, and facts of the first, which the subject names."""
    first = " · ".join(value for _, value in rows[0].facts) if rows else ""
    return one_line(" | ".join([*(f"{entry.headline} {entry.name}" for entry in rows[1:4]), first]), _PREVIEW)
