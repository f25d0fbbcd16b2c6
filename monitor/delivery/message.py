"""One row of the outbox as a message, text and HTML alike, in its recipient's language and time zone."""

from datetime import tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation

from monitor import formatting
from monitor.delivery import entries, notices
from monitor.delivery.links import host, link
from monitor.models import Alert, Email, User

#: Entries that one e-mail shows; the others are counted, and one click away.
SHOWN = 50


def build(email: Email) -> EmailMultiAlternatives:
    """The message of `email`, whose recipient is loaded. Every call gives the same Message-ID.

    A row that cannot become a message raises one of Python's own errors about values.
    """
    recipient = email.recipient
    if not recipient.is_active or not (recipient.receives_mail or email.kind == Email.Kind.POLLING_STOPPED):
        raise ValueError("The recipient no longer wants mail.")
    zone = zone_of(recipient)
    with translation.override(recipient.language):
        subject, context = _CONTEXTS[Email.Kind(email.kind)](email, zone)
        context |= {"subject": subject, "recipient": recipient, "zone": str(zone), "site_url": settings.SITE_URL}
        text, html = (render_to_string(f"emails/{email.kind}.{kind}", context) for kind in ("txt", "html"))
    message = EmailMultiAlternatives(subject, text.strip() + "\n", to=[email.address], headers=_headers(email))
    message.attach_alternative(html, "text/html")
    message.message()  # Now is the time to find a header that cannot be written.
    return message


def zone_of(user: User) -> tzinfo:
    """The recipient's time zone, or everybody's when his name for one is none."""
    try:
        return ZoneInfo(user.time_zone)
    except (ValueError, LookupError):
        return ZoneInfo(settings.DEFAULT_USER_TIME_ZONE)


def _headers(email: Email) -> dict[str, str]:
    headers = {
        "Message-ID": f"<{email.message_id}>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }
    if email.kind == Email.Kind.ALERTS:
        headers["List-Id"] = f"<alerts.{host()}>"
    return headers


def _alerts(email: Email, zone: tzinfo) -> tuple[str, dict[str, Any]]:
    rows = (
        # A list that is no longer shared with the recipient since is none of his business.
        Alert.objects.for_user(email.recipient)
        .filter(emails=email)
        .select_related("change", "product__shop", "shop", "watchlist")
        .defer("product__content")
        .order_by("-pk")
    )
    told = entries.entries(rows, zone)
    if not told:
        raise ValueError("Its alerts are gone, or no longer the recipient's business.")
    context = {
        "entries": told[:SHOWN],
        "count": len(told),
        "hidden": max(len(told) - SHOWN, 0),
        "alerts_link": link("monitor:alerts"),
    }
    return entries.subject(told), context


def _polling_stopped(email: Email, zone: tzinfo) -> tuple[str, dict[str, Any]]:
    notice = notices.polling_stopped(email.context)
    context = {
        "notice": notice,
        "time": formatting.instant(email.created_at, zone),
        "admin_link": link("admin:index"),
    }
    return notice.subject, context


_CONTEXTS = {Email.Kind.ALERTS: _alerts, Email.Kind.POLLING_STOPPED: _polling_stopped}
