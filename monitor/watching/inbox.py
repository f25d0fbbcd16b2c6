"""The user's alerts: mark them as read or unread, and mute a product."""

from datetime import datetime, timedelta

from monitor.models import Alert, AlertRead, Mute, Product, User, Watchlist
from monitor.models.alerts import AlertQuerySet

#: One request marks at most this many alerts, the newest ones.
MOST_AT_ONCE = 50_000
STAYS_OPEN = timedelta(hours=1)
#: How long a product can be muted.
MUTES = {"day": timedelta(days=1), "week": timedelta(days=7)}
_ROWS_A_STATEMENT = 1000


def mark_read(user: User, alerts: AlertQuerySet, now: datetime) -> int:
    """Mark alerts as read by `user` at `now`; return how many were unread. `mark_unread_again`
    undoes it."""
    keys = list(alerts.unread_by(user).newest_first().values_list("pk", flat=True)[:MOST_AT_ONCE])
    AlertRead.objects.bulk_create(
        [AlertRead(alert_id=key, user=user, read_at=now) for key in keys],
        batch_size=_ROWS_A_STATEMENT,
        ignore_conflicts=True,
    )
    close_what_is_read(user, now)
    return len(keys)


def mark_unread_again(user: User, read_at: datetime) -> int:
    """Undo what `mark_read` did at that time; return how many alerts are unread again."""
    return mark_unread(user, Alert.objects.filter(reads__user=user, reads__read_at=read_at))


def mark_unread(user: User, alerts: AlertQuerySet) -> int:
    """Mark alerts as unread; return how many there are."""
    created_at = dict(alerts.for_user(user).values_list("pk", "created_at"))
    AlertRead.objects.filter(user=user, alert__in=list(created_at)).delete()
    oldest, before = min(created_at.values(), default=None), user.alerts_read_before
    if oldest is not None and before is not None and oldest < before:
        _read_before(user, oldest)
    return len(created_at)


def mark_past_read(user: User, watchlist: Watchlist, now: datetime) -> None:
    """Mark a list's alerts as read by `user`, who has just joined it.

    Rows are written only for alerts since the oldest unread one of the user's other lists.
    """
    _close(user, Alert.objects.for_user(user).exclude(watchlist=watchlist), now)
    while mark_read(user, Alert.objects.filter(watchlist=watchlist), now) == MOST_AT_ONCE:
        pass


def close_what_is_read(user: User, now: datetime) -> None:
    """Store up to when `user` has read everything: queries of unread alerts then skip older ones.

    The last hour stays open: alerts that a worker is recording are not visible yet.
    """
    _close(user, Alert.objects.for_user(user), now)


def _close(user: User, alerts: AlertQuerySet, now: datetime) -> None:
    oldest = alerts.unread_by(user).order_by("created_at").values_list("created_at", flat=True)
    closed = now - STAYS_OPEN
    before = min(oldest.first() or closed, closed)
    if user.alerts_read_before is None or before > user.alerts_read_before:
        _read_before(user, before)


def _read_before(user: User, before: datetime) -> None:
    user.alerts_read_before = before
    user.save(update_fields=["alerts_read_before"])


def mute(user: User, product: Product, until: datetime) -> None:
    """Send no mails and show no unread alerts of `product` until then. Replaces an earlier mute."""
    Mute.objects.update_or_create(user=user, product=product, defaults={"until": until})


def unmute(user: User, product: Product) -> None:
    Mute.objects.filter(user=user, product=product).delete()
