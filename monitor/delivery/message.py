"""One row of the outbox as a message, text and HTML alike, in its recipient's language and time zone."""

from collections.abc import Callable
from datetime import tzinfo
from email.errors import MessageError
from email.policy import SMTP
from email.utils import parseaddr
from typing import Any

import css_inline
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext, gettext_noop

from monitor.delivery import invitations, letters, notices
from monitor.delivery.errors import NoMessageError, NotWantedError
from monitor.delivery.links import link
from monitor.delivery.mime import Mail
from monitor.delivery.report import alerts, digest
from monitor.delivery.report.reading import MailReading, read
from monitor.models import Email, User
from monitor.text import formatting
from monitor.timing.plans import zone_of

#: Bytes of HTML. Gmail cuts off what comes after 102 KB, and with it the way out.
LARGEST = 100_000
#: What the product is called; a sender called otherwise has been given a name by the operator.
NAMES = ("", "Stallwatch", "看摊")
#: Writes the style sheet into each element, as mail programs want it. What asks for the screen's width or for darkness
#: stays in the head; mail programs that read it follow.
_INLINER = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False, minify_css=True)


def build(email: Email, reading: MailReading | None = None) -> Mail:
    """The message of `email`, whose recipient is loaded. Every call gives the same Message-ID.

    `reading` is what was read for several e-mails together, this one among them. Raises `NoMessageError` when the row
    is to blame.
    """
    recipient = email.recipient
    if recipient is not None and not _is_wanted(email, recipient):
        raise NotWantedError(gettext_noop("The recipient no longer wants mail."))
    if email.kind not in _CONTEXTS:
        raise NoMessageError(f"No e-mail is of the kind {email.kind}.")
    zone = zone_of(recipient)
    with translation.override(recipient.language if recipient else _language(email)):
        subject, context = _CONTEXTS[email.kind](email, zone, reading or read([email]))
        context |= {"subject": subject, "recipient": recipient, "zone": str(zone), "site_url": settings.SITE_URL}
        template = context.get("template", email.kind)
        text, html = _rendered(template, context)
        sender = _sender()
    headers, pictures = _headers(email) | context.get("headers", {}), context.get("pictures", {})
    message = Mail(subject, text, sender, [email.address], headers=headers, html=html, pictures=pictures)
    try:
        message.message(policy=SMTP)
    except (ValueError, MessageError) as error:
        raise NoMessageError(f"A header cannot be written: {error}") from error
    return message


def _rendered(template: str, context: dict[str, Any]) -> tuple[str, str]:
    """Text and HTML; of what would be cut off, fewer entries are shown and more are counted."""
    text, html = render(template, context)
    while len(html.encode()) > LARGEST and context.get("most"):
        context |= alerts.shorter(context)
        text, html = render(template, context)
    return text, html


def render(template: str, context: dict[str, Any]) -> tuple[str, str]:
    """Text and HTML of `emails/<template>` in the active language, saying the same."""
    text = render_to_string(f"emails/{template}.txt", context)
    html = _INLINER.inline(render_to_string(f"emails/{template}.html", context))
    # The templates' indentation counts towards LARGEST.
    return text.strip() + "\n", "\n".join(line for line in map(str.strip, html.splitlines()) if line)


def _is_wanted(email: Email, recipient: User) -> bool:
    """Reports can be done without; the other kinds answer what somebody asked for, or warn an operator."""
    is_report = email.kind in (Email.Kind.ALERTS, Email.Kind.DIGEST)
    return recipient.is_active and (recipient.receives_mail or not is_report)


def _language(email: Email) -> str:
    """The language of a message to somebody without an account."""
    language = email.context.get("language")
    return language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


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


def _polling_stopped(email: Email, zone: tzinfo, reading: MailReading) -> tuple[str, dict[str, Any]]:
    if "code" not in email.context:
        raise NoMessageError(gettext_noop("The context holds no code."))
    notice = notices.polling_stopped(email.context)
    context = {
        "notice": notice,
        "time": formatting.instant(email.created_at, zone),
        "admin_link": link("admin:index"),
    }
    return notice.subject, context


_CONTEXTS: dict[str, Callable[[Email, tzinfo, MailReading], tuple[str, dict[str, Any]]]] = {
    Email.Kind.ALERTS.value: alerts.message,
    Email.Kind.DIGEST.value: digest.message,
    Email.Kind.POLLING_STOPPED.value: _polling_stopped,
    Email.Kind.INVITATION.value: invitations.message,
    **dict.fromkeys(letters.KINDS, letters.message),
}
