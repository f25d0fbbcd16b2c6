"""Links in messages. They start with `SITE_URL`: no request's Host header ever gets here."""

import re
from functools import cache

from django.conf import settings
from django.urls import reverse

#: Stand for a number and for a word while a path is looked up.
_NUMBER, _WORD = "1234567890", "a-word-of-a-path"
#: What stands in a path as it is (RFC 3986, 2.3).
_is_word = re.compile(r"[A-Za-z0-9._~-]+").fullmatch


def link(view: str, *args: str) -> str:
    """The address, for use outside the site, of a named view."""
    if not args:
        return f"{settings.SITE_URL}{_path(view)}"
    if len(args) == 1 and _is_word(args[0]):
        before, after = _around(view, _NUMBER if args[0].isdecimal() else _WORD)
        return f"{settings.SITE_URL}{before}{args[0]}{after}"
    return f"{settings.SITE_URL}{reverse(view, args=args)}"


@cache
def _path(view: str) -> str:
    return reverse(view)


@cache
def _around(view: str, stand_in: str) -> tuple[str, str]:
    """What stands around it: a digest has a hundred links, and to look one up takes longer than to write it."""
    before, _, after = reverse(view, args=[stand_in]).partition(stand_in)
    return before, after
