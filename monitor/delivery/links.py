"""Links in messages. They start with `SITE_URL`: no request's Host header ever gets here."""

from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils.encoding import punycode


def link(view: str, *args: str) -> str:
    """The address, for use outside the site, of a named view."""
    return f"{settings.SITE_URL}{reverse(view, args=args)}"


def host() -> str:
    """The site's host name in ASCII."""
    return punycode(urlsplit(settings.SITE_URL).hostname or "localhost")
