"""The e-mail of alerts, and the parts that it shares with digests."""

from collections.abc import Iterable, Sequence
from datetime import tzinfo
from typing import Any

from monitor.models import Alert, Channel, Message, Watchlist
from monitor.telling import leaving
from monitor.telling.entries import MailEntry, entries
from monitor.telling.errors import NotWantedError
from monitor.telling.links import link
from monitor.telling.report.contents import MailContents, read
from monitor.telling.report.subjects import subject
from monitor.text.formatting import one_line, without_web_addresses

#: How many entries are shown.
SHOWN = 50
#: Watchlists with their own link to end mails; others can be switched off in the settings.
LISTS_SHOWN = 10
#: Characters that an inbox shows beside the subject.
_PREVIEW = 140


def message(email: Message, zone: tzinfo) -> tuple[str, dict[str, Any]]:
    """Subject and context, in the active language. Raises `NotWantedError` if there are no alerts
    to report."""
    mailbox = email.channel
    assert mailbox is not None
    contents = read(email)
    rows = rows_of(contents, zone)
    return subject(rows), {
        **entries_context(rows, SHOWN),
        **leaving_context(mailbox, lists_of(contents.alerts)),
    }


def rows_of(contents: MailContents, zone: tzinfo) -> list[MailEntry]:
    """Return the entries of a message of alerts. Raises `NotWantedError` if there is nothing to
    report."""
    if not contents.alerts:
        raise NotWantedError(contents.why_none)
    return entries(contents.alerts, zone, contents.prices)


def lists_of(alerts: Iterable[Alert]) -> list[Watchlist]:
    return sorted(
        {alert.watchlist for alert in alerts}, key=lambda watchlist: (watchlist.name, watchlist.pk)
    )


def entries_context(rows: Sequence[MailEntry], most: int) -> dict[str, Any]:
    """Return the first `most` entries, and what is said about all of them."""
    return {
        "all_entries": rows,
        "most": most,
        "entries": rows[:most],
        "pictures": any(entry.picture for entry in rows[:most]),
        "count": sum(len(entry.alerts) for entry in rows),
        "hidden": max(len(rows) - most, 0),
        "alerts_link": link("monitor:alerts"),
        "preview": one_line(
            " | ".join(f"{entry.first.headline} {entry.name}" for entry in rows[1:4]), _PREVIEW
        ),
    }


def shorter(context: dict[str, Any]) -> dict[str, Any]:
    """Return the context with two thirds of the entries, for a mail that is too long."""
    return entries_context(
        context["all_entries"], min(context["most"], len(context["all_entries"])) * 2 // 3
    )


def leaving_context(mailbox: Channel, lists: Sequence[Watchlist]) -> dict[str, Any]:
    """Return the links that end mails of each of `lists`, or of all."""
    recipient = mailbox.owner
    return {
        "headers": leaving.headers(recipient, lists),
        "leave_lists": [
            (without_web_addresses(watchlist.name), leaving.address(recipient, watchlist))
            for watchlist in lists[:LISTS_SHOWN]
        ],
        "leave_all": leaving.address(recipient),
        "settings_link": link("monitor:channel", str(mailbox.pk)),
    }
