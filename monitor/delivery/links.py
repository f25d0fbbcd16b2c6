"""Links in messages. They start with `SITE_URL`: no request's Host header ever gets here."""

from functools import lru_cache

from django.conf import settings
from django.urls import reverse


def link(view: str, *args: str) -> str:
    """The address, for use outside the site, of a named view."""
    return f"{settings.SITE_URL}{_path(view, args)}"


@lru_cache(maxsize=4096)
def _path(view: str, args: tuple[str, ...]) -> str:
    """A digest has a hundred links, many of them the same, and each takes longer to find than to write."""
    return reverse(view, args=args)
