"""Searches for products by words, within the allowance of the user who asks."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext

from monitor.models import SearchPage, User
from monitor.models.searches import LONGEST_WORDS, MOST_PAGES
from monitor.people.allowances import CheckAllowance
from monitor.polling.budget.first_checks import used_up
from monitor.provider.text import clean


class ChecksUsedUpError(Exception):
    """The user may ask for no more calls today."""

    def __init__(self, allowance: CheckAllowance) -> None:
        super().__init__(f"{allowance.a_day} a day")
        self.allowance = allowance


def in_search(typed: str) -> str:
    """Return words as they are sent and remembered."""
    return clean(typed).lower()


def words_of(typed: str) -> str:
    """Return the words of a search. Raises `ValidationError` for none or too many."""
    words = in_search(typed)
    if not words:
        raise ValidationError(gettext("Enter what to search for."))
    if len(words) > LONGEST_WORDS:
        raise ValidationError(
            gettext("Enter at most %(most)s characters.") % {"most": LONGEST_WORDS}
        )
    return words


@transaction.atomic
def search(words: str, page: int, by: User, now: datetime) -> SearchPage:
    """Return a page of a search, by `words_of`; ask for it, unless it is remembered or somebody
    waits for it already.

    Raises `ChecksUsedUpError` if the user may ask for no more calls today.
    """
    page = min(max(page, 1), MOST_PAGES)
    found = SearchPage.objects.filter(words=words, page=page).first()
    if found is not None and (found.is_known(now) or found.asked_at is not None):
        return found
    if allowance := used_up(by, now):
        raise ChecksUsedUpError(allowance)
    SearchPage.objects.get_or_create(words=words, page=page)
    waiting = SearchPage.objects.filter(words=words, page=page, asked_at=None)
    waiting.update(asked_at=now, asked_by=by, outcome="", code="")
    return SearchPage.objects.get(words=words, page=page)
