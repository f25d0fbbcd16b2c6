"""How alerts are mailed to a user: in general, and those of single watchlists."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction

from monitor.models import MailChoice, User, Watchlist
from monitor.timing.waiting import follow_plan


@transaction.atomic
def save_plan(user: User, fields: Iterable[str], chosen: Mapping[int, str], now: datetime) -> None:
    """Save these fields of `user`, and the choices for watchlists, by their keys. Other watchlists keep their choice.

    A choice is a `How`, `MailChoice.OFF` for no mails, or '' for the user's general choice.
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
    """Switch mails of watchlists, by their keys, on or off. Mails that are switched on again come as before."""
    on = MailChoice.objects.filter(user=user, watchlist__in=[key for key, is_wanted in wanted.items() if is_wanted])
    on.filter(how="").delete()
    on.update(is_off=False)
    _switch_off(user, [key for key, is_wanted in wanted.items() if not is_wanted])
    follow_plan(user, now)


def _switch_off(user: User, keys: Iterable[int]) -> None:
    MailChoice.objects.bulk_create(
        [MailChoice(user=user, watchlist_id=key, is_off=True) for key in keys],
        update_conflicts=True,
        unique_fields=["user", "watchlist"],
        update_fields=["is_off"],
    )


def forget_who_left(watchlist: Watchlist) -> None:
    """Delete the mail choices of former members: if they come back, their general choice holds."""
    left = MailChoice.objects.filter(watchlist=watchlist).exclude(user_id=watchlist.owner_id)
    left.exclude(user__in=watchlist.memberships.values("user")).delete()
