"""The mail that tells of alerts: what is written in it, and the pictures that it brings along."""

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

#: Entries that are told in full, and the most that are told at all, the others by a line. The rest is one click away.
FULL, SHOWN = 10, 50
#: Watchlists whose mails can be left from the foot of one e-mail; of more, the settings tell.
LISTS_SHOWN = 10
#: Characters of what an inbox shows beside the subject.
_PREVIEW = 140


def message(email: Email, zone: tzinfo, reading: MailReading) -> tuple[str, dict[str, Any]]:
    """Subject and context, in the active language. Raises `NotWantedError` when nothing is left to tell."""
    recipient, alerts = reader(email), reading.alerts[email.pk]
    if not alerts and email.pk in reading.off:
        raise NotWantedError(gettext_noop("The recipient no longer wants mail."))
    if not alerts and email.pk in reading.read:
        raise NotWantedError(gettext_noop("The recipient has read on the page what it tells."))
    if not alerts:
        raise NotWantedError(gettext_noop("Its alerts are gone, or no longer the recipient's business."))
    end = max(email.created_at, *(one.created_at for one in alerts))
    told = entries(alerts, zone, lines(email, reading, end), FULL)
    return subject(told), {"template": "alerts", **about(told, FULL, SHOWN), **ways_out(recipient, lists_of(alerts))}


def reader(email: Email) -> User:
    if email.recipient is None:
        raise NoMessageError(gettext_noop("Alerts are for people with an account."))
    return email.recipient


def lists_of(alerts: Iterable[Alert]) -> list[Watchlist]:
    return sorted({alert.watchlist for alert in alerts}, key=lambda one: (one.name, one.pk))


def lines(email: Email, reading: MailReading, end: datetime) -> dict[int, Sparkline | None]:
    """The lines of the e-mail's products, by their keys."""
    products = {alert.product_id for alert in reading.alerts[email.pk] if alert.product_id is not None}
    return {key: sparkline(f"{key}.{email.message_id}", reading.prices[key], end) for key in products}


def about(told: Sequence[MailEntry], full: int, most: int) -> dict[str, Any]:
    """What the templates say of entries: of `full` all, of others up to `most` a line."""
    return {
        "told": told,
        "full": full,
        "most": most,
        "entries": told[:full],
        "rows": told[full:most],
        "count": len(told),
        "hidden": max(len(told) - most, 0),
        "alerts_link": link("monitor:alerts"),
        "preview": _preview(told),
        "pictures": {one.sparkline.name: one.sparkline.png for one in told[:full] if one.sparkline is not None},
    }


def shorter(context: dict[str, Any]) -> dict[str, Any]:
    """What `about` says when two thirds of the entries are shown, of what has become too long."""
    return about(context["told"], context["full"] * 2 // 3, min(context["most"], context["count"]) * 2 // 3)


def ways_out(recipient: User, lists: Sequence[Watchlist]) -> dict[str, Any]:
    """The links with which the recipient ends such mails, for each of `lists` and for all, or chooses among them."""
    return {
        "headers": leaving.headers(recipient, lists),
        "leave_lists": [
            (without_web_addresses(one.name), leaving.address(recipient, one)) for one in lists[:LISTS_SHOWN]
        ],
        "leave_all": leaving.address(recipient),
        "settings_link": f"{link('monitor:settings')}#mails",
    }


def _preview(told: Sequence[MailEntry]) -> str:
    """What an inbox shows beside the subject, which has told the first entry: when it was and where, and the next."""
    first = " · ".join(value for _, value in told[0].facts) if told else ""
    return one_line(" | ".join([*(f"{one.headline} {one.name}" for one in told[1:4]), first]), _PREVIEW)
