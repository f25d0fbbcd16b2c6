"""Names of watchlists that are free: those that look the same count as the same."""

from monitor.models import User, Watchlist
from monitor.models.names import name_key

LONGEST = Watchlist._meta.get_field("name").max_length or 0


def free_name(owner: User, name: str) -> str:
    """`name`, or 'name (2)' and so on when `owner` has a list of that name already."""
    taken = Watchlist.objects.kept().filter(owner=owner).name_keys()
    candidate, number = name, 1
    while name_key(candidate) in taken:
        number += 1
        ending = f" ({number})"
        candidate = name[: LONGEST - len(ending)].rstrip() + ending
    return candidate
