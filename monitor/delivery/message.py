"""One row of the outbox as a message, text and HTML alike, in its recipient's language and time zone."""

from collections.abc import Sequence
from datetime import tzinfo
from email.errors import MessageError
from email.utils import parseaddr
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext, gettext_noop

from monitor import formatting
from monitor.delivery import entries, invitations, leaving, letters, notices
from monitor.delivery.errors import NoMessageError, NotWantedError
from monitor.delivery.links import link
from monitor.formatting import one_line
from monitor.models import Alert, Email, User, Watchlist

#: Entries that one e-mail shows; the others are counted, and one click away.
SHOWN = 50
#: Watchlists whose mails can be left from the foot of one e-mail; of more, the settings tell.
LISTS_SHOWN = 10
#: What the product is called; a sender called otherwise has been given a name by the operator.
NAMES = ("", "Stallwatch", "看摊")


def build(email: Email) -> EmailMultiAlternatives:
    """The message of `email`, whose recipient is loaded. Every call gives the same Message-ID.

    Raises `NoMessageError` when the row is to blame.
    """
    recipient = email.recipient
    if recipient is not None and not _is_wanted(email, recipient):
        raise NotWantedError(gettext_noop("The recipient no longer wants mail."))
    if email.kind not in _CONTEXTS:
        raise NoMessageError(f"No e-mail is of the kind {email.kind}.")
    zone = zone_of(recipient)
    with translation.override(recipient.language if recipient else _language(email)):
        subject, context = _CONTEXTS[email.kind](email, zone)
        context |= {"subject": subject, "recipient": recipient, "zone": str(zone), "site_url": settings.SITE_URL}
        template = context.get("template", email.kind)
        text, html = (render_to_string(f"emails/{template}.{kind}", context) for kind in ("txt", "html"))
        sender = _sender()
    headers = _headers(email) | context.get("headers", {})
    message = EmailMultiAlternatives(subject, text.strip() + "\n", sender, [email.address], headers=headers)
    message.attach_alternative(html, "text/html")
    try:
        message.message()
    except (ValueError, MessageError) as error:
        raise NoMessageError(f"A header cannot be written: {error}") from error
    return message


def _is_wanted(email: Email, recipient: User) -> bool:
    """Alerts can be done without; the other kinds answer what somebody asked for, or warn an operator."""
    return recipient.is_active and (recipient.receives_mail or email.kind != Email.Kind.ALERTS)


def _language(email: Email) -> str:
    """The language of a message to somebody without an account."""
    language = email.context.get("language")
    return language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def zone_of(user: User | None) -> tzinfo:
    """The recipient's time zone, or everybody's when he has no account or his name for one is none."""
    try:
        return ZoneInfo(user.time_zone if user else settings.DEFAULT_USER_TIME_ZONE)
    except (ValueError, LookupError):
        return ZoneInfo(settings.DEFAULT_USER_TIME_ZONE)


def _sender() -> str:
    """The configured address under the product's name in the active language, unless it bears a name of its own."""
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return f"{gettext('Stallwatch')} <{address}>" if name in NAMES and "@" in address else settings.DEFAULT_FROM_EMAIL


def _headers(email: Email) -> dict[str, str]:
    return {
        "Message-ID": f"<{email.message_id}>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }


def _alerts(email: Email, zone: tzinfo) -> tuple[str, dict[str, Any]]:
    if email.recipient is None:
        raise NoMessageError(gettext_noop("Alerts are for people with an account."))
    rows = (
        # A list that is no longer shared with the recipient since is none of his business.
        Alert.objects.mailed_to(email.recipient)
        .filter(emails=email)
        .select_related("change", "product__shop", "shop", "watchlist")
        .order_by("pk")
    )
    told = entries.entries(rows, zone)
    if not told and Alert.objects.for_user(email.recipient).filter(emails=email).exists():
        raise NotWantedError(gettext_noop("The recipient no longer wants mail."))
    if not told:
        raise NotWantedError(gettext_noop("Its alerts are gone, or no longer the recipient's business."))
    lists = sorted({row.watchlist for row in rows}, key=lambda one: (one.name, one.pk))
    context = {
        "template": "alerts",
        "entries": told[:SHOWN],
        "count": len(told),
        "hidden": max(len(told) - SHOWN, 0),
        "alerts_link": link("monitor:alerts"),
        "headers": leaving.headers(email.recipient, lists),
        **_ways_out(email.recipient, lists),
    }
    return entries.subject(told), context


def _ways_out(recipient: User, lists: Sequence[Watchlist]) -> dict[str, Any]:
    """The links with which the recipient ends such mails, for each of `lists` and for all, or chooses among them."""
    return {
        "leave_lists": [(one_line(one.name), leaving.address(recipient, one)) for one in lists[:LISTS_SHOWN]],
        "leave_all": leaving.address(recipient),
        "settings_link": f"{link('monitor:settings')}#mails",
    }


def _polling_stopped(email: Email, zone: tzinfo) -> tuple[str, dict[str, Any]]:
    if "code" not in email.context:
        raise NoMessageError(gettext_noop("The context holds no code."))
    notice = notices.polling_stopped(email.context)
    context = {
        "notice": notice,
        "time": formatting.instant(email.created_at, zone),
        "admin_link": link("admin:index"),
    }
    return notice.subject, context


_CONTEXTS = {
    Email.Kind.ALERTS.value: _alerts,
    Email.Kind.DIGEST.value: _alerts,
    Email.Kind.POLLING_STOPPED.value: _polling_stopped,
    Email.Kind.INVITATION.value: invitations.message,
    **dict.fromkeys(letters.KINDS, letters.message),
}
