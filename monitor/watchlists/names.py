"""Names of watchlists. Names that look the same count as the same."""

import unicodedata

from monitor.models import User, Watchlist
from monitor.text.formatting import one_line

LONGEST = Watchlist._meta.get_field("name").max_length or 0
#: Invisible characters that Unicode classifies as letters and blanks.
_INVISIBLE = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def name_key(name: str) -> str:
    """The name for comparisons, without differences of case, width, blanks and invisible characters."""
    shown = "".join(letter for letter in unicodedata.normalize("NFKC", name) if not _is_invisible(letter))
    return unicodedata.normalize("NFKC", one_line(shown).casefold())


def is_taken(owner: User, name: str, but: Watchlist | None = None) -> bool:
    """Whether `owner` has another list, not deleted, of that name."""
    return name_key(name) in _keys(owner, but)


def free_name(owner: User, name: str) -> str:
    """`name`, or 'name (2)' and so on when `owner` has a list of that name already."""
    taken = _keys(owner)
    candidate, number = name, 1
    while name_key(candidate) in taken:
        number += 1
        ending = f" ({number})"
        candidate = name[: LONGEST - len(ending)].rstrip() + ending
    return candidate


def _keys(owner: User, but: Watchlist | None = None) -> set[str]:
    lists = Watchlist.objects.kept().filter(owner=owner).values_list("pk", "name")
    return {name_key(name) for key, name in lists if but is None or key != but.pk}


def _is_invisible(letter: str) -> bool:
    return letter in _INVISIBLE or (unicodedata.category(letter) in ("Cf", "Cc", "Cs") and not letter.isspace())
