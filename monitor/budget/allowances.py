"""How much one person may store in the database that all merchants share.

A person is not limited as long as no other person has a watchlist.
"""

from collections.abc import Callable

from django.conf import settings
from django.db.models import Q

from monitor.models import Allowance, User, Watchlist


class AllowanceError(Exception):
    """More than a person may have: `limit` is the column of the allowance, `most` its value, `left` what still fits."""

    def __init__(self, limit: str, most: int, left: int = 0) -> None:
        super().__init__(f"{limit}: {most}")
        self.limit, self.most, self.left = limit, most, left


def allowed(person: User, limit: str) -> int | None:
    """A person's limit, by its column: their own, else the largest of their groups', else the installation's.

    None, without a limit, as long as no other person has a watchlist. At most two queries.
    """
    if not Watchlist.objects.exclude(owner=person).exists():
        return None
    is_theirs = Q(person=person) | Q(group__user=person)
    rows = Allowance.objects.filter(is_theirs, **{f"{limit}__isnull": False}).values_list("person", limit)
    own = [most for of, most in rows if of is not None]
    most: int = max(own or [most for _of, most in rows] or [getattr(settings, f"PERSON_{limit.upper()}")])
    return most


def refuse_beyond(person: User, limit: str, more: int, used: Callable[[], int]) -> None:
    """Raise `AllowanceError` unless `more` fit beside what is `used`.

    Locks the person's row, so that of two requests at once the second sees what the first has used. Call it in the
    transaction that uses it.
    """
    User.objects.select_for_update(no_key=True).get(pk=person.pk)
    most = allowed(person, limit)
    if most is not None and (left := most - used()) < more:
        raise AllowanceError(limit, most, max(0, left))
