"""What somebody does with his alerts: read them, one or all, take that back, and have a product keep quiet."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from monitor.models import AlertRead, Mute, Product, User
from monitor.models.alerts import AlertQuerySet

#: Alerts that one request marks at most: the newest ones.
MOST_AT_ONCE = 50_000
#: How long a product may be muted, by the word for it.
MUTES = {"day": timedelta(days=1), "week": timedelta(days=7)}
_ROWS_A_STATEMENT = 1000


def mark_read(user: User, alerts: AlertQuerySet, now: datetime) -> int:
    """Mark alerts as read by `user` at `now`, and return how many were not yet; `mark_unread_again` takes it back."""
    keys = list(alerts.unread_by(user).order_by("-created_at", "-pk").values_list("pk", flat=True)[:MOST_AT_ONCE])
    AlertRead.objects.bulk_create(
        [AlertRead(alert_id=key, user=user, read_at=now) for key in keys],
        batch_size=_ROWS_A_STATEMENT,
        ignore_conflicts=True,
    )
    return len(keys)


def mark_unread(user: User, alerts: Iterable[int]) -> None:
    """Alerts, by their keys, are unread again for `user`."""
    AlertRead.objects.filter(user=user, alert__in=list(alerts)).delete()


def mark_unread_again(user: User, read_at: datetime) -> None:
    """Take back what `mark_read` did at `read_at`."""
    AlertRead.objects.filter(user=user, read_at=read_at).delete()


def mute(user: User, product: Product, until: datetime) -> None:
    """Neither mail nor unread marks for what happens to `product` until then; an earlier mute is replaced."""
    Mute.objects.update_or_create(user=user, product=product, defaults={"until": until})


def unmute(user: User, product: Product) -> None:
    Mute.objects.filter(user=user, product=product).delete()
