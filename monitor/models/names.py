"""Which names of users and watchlists are allowed, and which look the same."""

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from monitor.text.formatting import has_web_address, one_line

#: Invisible characters that Unicode classifies as letters and blanks.
_INVISIBLE = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def refuse_web_addresses(name: str) -> None:
    """Raise `ValidationError` if a name, which other users see in mails, contains a web address."""
    if has_web_address(name):
        raise ValidationError(_("Leave out web addresses such as example.com."), code="web_address")


def name_key(name: str) -> str:
    """Return the name for comparisons, without differences of case, width, blanks and invisible
    characters."""
    shown = "".join(
        letter for letter in unicodedata.normalize("NFKC", name) if not _is_invisible(letter)
    )
    return unicodedata.normalize("NFKC", one_line(shown).casefold())


def _is_invisible(letter: str) -> bool:
    return letter in _INVISIBLE or (
        unicodedata.category(letter) in ("Cf", "Cc", "Cs") and not letter.isspace()
    )
