"""Builds the message of a row of the outbox, as text and HTML, in the recipient's language and time
zone."""

from collections.abc import Callable
from datetime import tzinfo
from email.errors import MessageError
from email.policy import SMTP
from email.utils import parseaddr
from typing import Any

import css_inline
from django.conf import settings
from django.core import mail
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext, gettext_noop

from monitor.models import Message
from monitor.people.timing.times import zone_of
from monitor.telling import letters
from monitor.telling.errors import NoMessageError, NotWantedError
from monitor.telling.report import alerts, digest

#: Bytes of HTML. Gmail cuts off mails after 102 KB, and with them the links that end them.
LARGEST = 100_000
#: The product's names in a sender; with another name the sender is kept as the operator has
#: configured it.
NAMES = ("", "Stallwatch", "看摊")
#: Copies the styles into each element, because mail programs ignore style sheets. Some read the
#: media queries that stay in the head.
_INLINER = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False, minify_css=True)


class Mail(mail.EmailMultiAlternatives):
    """A mail in text and HTML."""

    def __init__(self, *args: Any, html: str, **kwargs: Any) -> None:
        super().__init__(*args, alternatives=[(html, "text/html")], **kwargs)
        self.html = html


def build(email: Message) -> Mail:
    """Return the message of `email`, with its stored Message-ID. Raises `NoMessageError`."""
    recipient = email.recipient
    if recipient is not None and not recipient.is_active:
        raise NotWantedError(gettext_noop("The recipient no longer wants mail."))
    if email.kind not in _CONTEXTS:
        raise NoMessageError(f"No e-mail is of the kind {email.kind}.")
    zone = zone_of(recipient)
    with translation.override(recipient.language if recipient else _language(email)):
        subject, context = _CONTEXTS[email.kind](email, zone)
        context |= {
            "subject": subject,
            "recipient": recipient,
            "zone": str(zone),
            "site_url": settings.SITE_URL,
        }
        template = context.get("template", email.kind)
        text, html = _rendered(template, context)
        sender = _sender()
    headers = {
        "Message-ID": f"<{email.uid}>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        **context.get("headers", {}),
    }
    message = Mail(subject, text, sender, [email.address], headers=headers, html=html)
    try:
        message.message(policy=SMTP)
    except (ValueError, MessageError) as error:
        raise NoMessageError(f"A header cannot be written: {error}") from error
    return message


def _rendered(template: str, context: dict[str, Any]) -> tuple[str, str]:
    """Text and HTML, with fewer entries if the HTML is too long."""
    text, html = render(template, context)
    while len(html.encode()) > LARGEST and context.get("most"):
        context |= alerts.shorter(context)
        text, html = render(template, context)
    return text, html


def render(template: str, context: dict[str, Any]) -> tuple[str, str]:
    """Text and HTML of `emails/<template>`, in the active language."""
    text = render_to_string(f"emails/{template}.txt", context)
    html = _INLINER.inline(render_to_string(f"emails/{template}.html", context))
    # The templates' indentation counts towards LARGEST.
    return text.strip() + "\n", "\n".join(
        line for line in map(str.strip, html.splitlines()) if line
    )


def _language(email: Message) -> str:
    """Return the language of a message to an address without an account."""
    language = email.context.get("language")
    return language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def _sender() -> str:
    """Return the configured sender, with the product's name in the active language unless the
    operator has set a name."""
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return (
        f"{gettext('Stallwatch')} <{address}>"
        if name in NAMES and "@" in address
        else settings.DEFAULT_FROM_EMAIL
    )


_CONTEXTS: dict[str, Callable[[Message, tzinfo], tuple[str, dict[str, Any]]]] = {
    Message.Kind.ALERTS.value: alerts.message,
    Message.Kind.DIGEST.value: digest.message,
    **dict.fromkeys(letters.KINDS, letters.message),
}
