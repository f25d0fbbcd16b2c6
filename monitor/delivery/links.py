"""Links in messages. They start with `SITE_URL`: no request's Host header ever gets here."""

from functools import cache

from django.conf import settings
from django.urls import reverse

#: Stands for a number while a path is looked up.
_NUMBER = "1234567890"


def link(view: str, *args: str) -> str:
    """The address, for use outside the site, of a named view."""
    if len(args) == 1 and args[0].isdecimal():
        before, after = _around_number(view)
        return f"{settings.SITE_URL}{before}{args[0]}{after}"
    return f"{settings.SITE_URL}{reverse(view, args=args)}"


@cache
def _around_number(view: str) -> tuple[str, str]:
    """What stands around the number: a digest has a hundred links, and to look one up takes longer than to write it."""
    before, _, after = reverse(view, args=[_NUMBER]).partition(_NUMBER)
    return before, after
