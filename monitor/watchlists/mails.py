"""How somebody has alerts mailed: in general, and those of single watchlists."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction

from monitor.models import MailChoice, User, Watchlist
from monitor.timing.waiting import follow_plan


@transaction.atomic
def save_plan(user: User, fields: Iterable[str], chosen: Mapping[int, str], now: datetime) -> None:
    """Save these fields of `user`, and for each watchlist of which something is chosen that; of all others it stays.

    What is chosen is a `How`, `MailChoice.OFF` for no mails, or nothing: as his others.
    """
    user.save(update_fields=list(fields))
    MailChoice.objects.filter(user=user, watchlist__in=[key for key, how in chosen.items() if not how]).delete()
    hows = {key: how for key, how in chosen.items() if how and how != MailChoice.OFF}
    MailChoice.objects.bulk_create(
        [MailChoice(user=user, watchlist_id=key, how=how) for key, how in hows.items()],
        update_conflicts=True,
        unique_fields=["user", "watchlist"],
        update_fields=["how", "is_off"],
    )
    _switch_off(user, [key for key, how in chosen.items() if how == MailChoice.OFF])
    follow_plan(user, now)


@transaction.atomic
def want_mails(user: User, wanted: Mapping[int, bool], now: datetime) -> None:
    """Set, by a watchlist's key, whether mails of it are wanted; of all others it stays as it was. Twice is as once.

    Whoever wants them again gets them as before.
    """
    on, off = ([key for key, is_wanted in wanted.items() if is_wanted is way] for way in (True, False))
    back = MailChoice.objects.filter(user=user, watchlist__in=on)
    back.filter(how="").delete()
    back.update(is_off=False)
    _switch_off(user, off)
    follow_plan(user, now)


def _switch_off(user: User, keys: Iterable[int]) -> None:
    MailChoice.objects.bulk_create(
        [MailChoice(user=user, watchlist_id=key, is_off=True) for key in keys],
        update_conflicts=True,
        unique_fields=["user", "watchlist"],
        update_fields=["is_off"],
    )


def forget_who_left(watchlist: Watchlist) -> None:
    """Whoever comes back to a list begins with its mails, as of his others."""
    left = MailChoice.objects.filter(watchlist=watchlist).exclude(user_id=watchlist.owner_id)
    left.exclude(user__in=watchlist.memberships.values("user")).delete()
