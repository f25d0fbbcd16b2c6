"""Alerts become rows of the outbox: in each pass one e-mail to each recipient, made of all that is new for him."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import F

from monitor.models import Alert, AlertRead, Email, EmailAlert, MailOff, Membership, Mute, User, Watchlist

#: Alerts that one transaction hands over. More are left to the next one, and so to another e-mail.
BATCH = 500
_ROWS_A_STATEMENT = 1000


def write_emails(now: datetime) -> int:
    """Write the e-mails that tell of all undelivered alerts, due at `now`; returns how many. Sends nothing."""
    written = 0
    while Alert.objects.undelivered(now).exists():
        taken, emails = _write_batch(now)
        written += emails
        if taken < BATCH:
            break
    return written


def _write_batch(now: datetime) -> tuple[int, int]:
    """How many alerts were handed over, and how many e-mails that made."""
    with transaction.atomic():
        # Another sender's alerts are passed over, and are delivered once it has committed.
        locked = Alert.objects.undelivered(now).select_for_update(skip_locked=True, of=("self",))
        alerts = list(locked.only("pk", "watchlist_id", "product_id", "created_at")[:BATCH])
        news = _news(alerts, now)
        emails = [Email.to(recipient, now) for recipient in news]
        Email.objects.bulk_create(emails)
        told = [
            EmailAlert(email=email, alert=alert, recipient=recipient)
            for email, (recipient, new) in zip(emails, news.items(), strict=True)
            for alert in new
        ]
        EmailAlert.objects.bulk_create(told, batch_size=_ROWS_A_STATEMENT)
        Alert.objects.filter(pk__in=[alert.pk for alert in alerts]).update(is_delivered=True)
    return len(alerts), len(emails)


def _news(alerts: Collection[Alert], now: datetime) -> dict[User, list[Alert]]:
    """Who is to be told of which of `alerts`: what he was not told before nor has read, of no product he has muted."""
    products = {alert.product_id for alert in alerts if alert.product_id is not None}
    mutes = Mute.objects.in_force(now).filter(product__in=products)
    muted = set(mutes.values_list("product_id", "user_id"))
    already = set(EmailAlert.objects.filter(alert__in=alerts).values_list("alert_id", "recipient_id"))
    # What a mute has marked at once is told when the mute is taken back in time.
    reads = AlertRead.objects.filter(alert__in=alerts, read_at__gt=F("alert__created_at"))
    already |= set(reads.values_list("alert_id", "user_id"))
    recipients = _recipients({alert.watchlist_id for alert in alerts})
    news: dict[User, list[Alert]] = defaultdict(list)
    for alert in alerts:
        for user in recipients[alert.watchlist_id]:
            is_old = user.alerts_read_before is not None and alert.created_at < user.alerts_read_before
            if not is_old and (alert.pk, user.pk) not in already and (alert.product_id, user.pk) not in muted:
                news[user].append(alert)
    return news


def _recipients(watchlist_ids: Iterable[int]) -> dict[int, list[User]]:
    """By watchlist, its owner and members who want mail, and mail of this list."""
    lists = list(watchlist_ids)
    people = {
        *Watchlist.objects.kept().filter(pk__in=lists).values_list("pk", "owner_id"),
        *Membership.objects.filter(watchlist__in=lists, watchlist__deleted_at__isnull=True).values_list(
            "watchlist_id", "user_id"
        ),
    }
    people -= set(MailOff.objects.filter(watchlist__in=lists).values_list("watchlist_id", "user_id"))
    users = User.objects.filter(receives_mail=True, is_active=True).in_bulk({user_id for _, user_id in people})
    recipients: dict[int, list[User]] = defaultdict(list)
    for watchlist_id, user_id in sorted(people):
        if user_id in users:
            recipients[watchlist_id].append(users[user_id])
    return recipients
