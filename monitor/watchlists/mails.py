"""Of which of his watchlists somebody wants mails."""

from collections.abc import Mapping

from django.db import transaction

from monitor.models import MailOff, User, Watchlist


@transaction.atomic
def want_mails(user: User, wanted: Mapping[int, bool]) -> None:
    """Set, by a watchlist's key, whether mails of it are wanted; of all others it stays as it was. Twice is as once."""
    on, off = ([key for key, is_wanted in wanted.items() if is_wanted is way] for way in (True, False))
    MailOff.objects.filter(user=user, watchlist__in=on).delete()
    MailOff.objects.bulk_create([MailOff(user=user, watchlist_id=key) for key in off], ignore_conflicts=True)


def forget_who_left(watchlist: Watchlist) -> None:
    """Whoever comes back to a list begins with its mails."""
    left = MailOff.objects.filter(watchlist=watchlist).exclude(user_id=watchlist.owner_id)
    left.exclude(user__in=watchlist.memberships.values("user")).delete()
