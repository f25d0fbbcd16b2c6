"""Links in messages. They start with `SITE_URL`: no request's Host header ever gets here."""

from django.conf import settings
from django.urls import reverse


def link(view: str, *args: str) -> str:
    """The address, for use outside the site, of a named view."""
    return f"{settings.SITE_URL}{reverse(view, args=args)}"
