"""What somebody does with his alerts: read them, one or all, take that back, and have a product keep quiet."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from monitor.models import Alert, AlertRead, Mute, Product, User, Watchlist
from monitor.models.alerts import AlertQuerySet

#: Alerts that one request marks at most: the newest ones.
MOST_AT_ONCE = 50_000
STAYS_OPEN = timedelta(hours=1)
#: How long a product may be muted, by the word for it.
MUTES = {"day": timedelta(days=1), "week": timedelta(days=7)}
_ROWS_A_STATEMENT = 1000


def mark_read(user: User, alerts: AlertQuerySet, now: datetime) -> int:
    """Mark alerts as read by `user` at `now`, and return how many were not yet; `mark_unread_again` takes it back."""
    keys = list(alerts.unread_by(user).newest_first().values_list("pk", flat=True)[:MOST_AT_ONCE])
    AlertRead.objects.bulk_create(
        [AlertRead(alert_id=key, user=user, read_at=now) for key in keys],
        batch_size=_ROWS_A_STATEMENT,
        ignore_conflicts=True,
    )
    close_what_is_read(user, now)
    return len(keys)


def mark_unread(user: User, alerts: Iterable[int]) -> None:
    """Alerts, by their keys, are unread again for `user`."""
    _mark_unread(user, Alert.objects.filter(pk__in=list(alerts)))


def mark_unread_again(user: User, read_at: Iterable[datetime]) -> int:
    """Take back what `mark_read` did at these moments; return how many are unread again."""
    return _mark_unread(user, Alert.objects.filter(reads__user=user, reads__read_at__in=list(read_at)))


def _mark_unread(user: User, alerts: AlertQuerySet) -> int:
    mine = list(alerts.for_user(user).values_list("pk", "created_at"))
    AlertRead.objects.filter(user=user, alert__in=[pk for pk, _ in mine]).delete()
    oldest = min((created_at for _, created_at in mine), default=None)
    before = user.alerts_read_before
    if oldest is not None and before is not None and oldest < before:
        _read_before(user, oldest)
    return len(mine)


def mark_past_read(user: User, watchlist: Watchlist, now: datetime) -> None:
    """What a list tells already is no news to `user`, who has just joined it.

    Rows are written only for what came since the oldest unread alert of his other lists.
    """
    _close(user, Alert.objects.for_user(user).exclude(watchlist=watchlist), now)
    while mark_read(user, Alert.objects.filter(watchlist=watchlist), now) == MOST_AT_ONCE:
        pass


def close_what_is_read(user: User, now: datetime) -> None:
    """Remember up to when `user` has read everything, so that nobody need look there for what is unread.

    The last hour stays open: what a worker is recording is not seen before it is all recorded.
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
    """Neither mail nor unread marks for what happens to `product` until then; an earlier mute is replaced."""
    Mute.objects.update_or_create(user=user, product=product, defaults={"until": until})


def unmute(user: User, product: Product) -> None:
    Mute.objects.filter(user=user, product=product).delete()
