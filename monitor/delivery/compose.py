"""Alerts become rows of the outbox: e-mails that are due when their recipients have chosen.

An alert joins its recipient's waiting e-mail, unless a sender has claimed it. Every writer of waiting e-mails locks the
users first, in one order, so two writers never begin two e-mails for one user.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q

from monitor.delivery.digests import BATCH, in_batches, mail_readers, readers_of, write_digests
from monitor.models import Alert, AlertRead, Email, EmailAlert, Mute, User, Watchlist
from monitor.timing.plans import Choices, lock_people
from monitor.timing.waiting import News, place


def write_emails(now: datetime) -> int:
    """Write the digests that are due, and the e-mails of all undelivered alerts; returns the number of new e-mails.

    Digests come first: they contain all alerts up to their time.
    """
    return write_digests(now) + in_batches(_write_batch, now)


def _write_batch(now: datetime) -> tuple[bool, int]:
    """Returns whether there may be more alerts, and the number of new e-mails."""
    with transaction.atomic():
        # Alerts that another sender has locked are skipped: they are delivered when it commits.
        locked = Alert.objects.undelivered(now).select_for_update(skip_locked=True, no_key=True, of=("self",))
        fields = ("pk", "watchlist_id", "product_id", "created_at", "rule_as_it_was", "count")
        alerts = list(locked.only(*fields)[:BATCH])
        readers = readers_of(Watchlist.objects.kept().filter(pk__in={alert.watchlist_id for alert in alerts}))
        users = lock_people({user_id for _, user_id in readers})
        choices = Choices.of(users)
        recipients: dict[int, list[User]] = defaultdict(list)
        for watchlist_id, user in mail_readers(readers, users, choices):
            recipients[watchlist_id].append(user)
        emails = place(_news(alerts, recipients, now), choices, now)
        Alert.objects.filter(pk__in=[alert.pk for alert in alerts]).update(is_delivered=True)
    return len(alerts) == BATCH, emails


def _news(alerts: Collection[Alert], recipients: Mapping[int, Sequence[User]], now: datetime) -> News:
    """The alerts for each user: not reported before, not read, of no muted product."""
    products = {alert.product_id for alert in alerts if alert.product_id is not None}
    mutes = Mute.objects.in_force(now).filter(product__in=products)
    muted = set(mutes.values_list("product_id", "user_id"))
    # A mute marks alerts as read when they are created; if it is undone in time, they are mailed.
    reads = AlertRead.objects.filter(alert__in=alerts, read_at__gt=F("alert__created_at"))
    done = _reported(alerts) | set(reads.values_list("alert_id", "user_id"))
    news: dict[User, list[Alert]] = defaultdict(list)
    for alert in alerts:
        for user in recipients.get(alert.watchlist_id, ()):
            is_old = user.alerts_read_before is not None and alert.created_at < user.alerts_read_before
            if not is_old and (alert.pk, user.pk) not in done and (alert.product_id, user.pk) not in muted:
                news[user].append(alert)
    return news


def _reported(alerts: Collection[Alert]) -> set[tuple[int, int]]:
    """Alerts with the users who know all their firings, or will: an unsent e-mail is written when it is sent."""
    rows = EmailAlert.objects.filter(alert__in=alerts)
    is_unsent = Q(email__status=Email.Status.PENDING, email__lease__isnull=True) | Q(email__status=Email.Status.HELD)
    return set(rows.filter(is_unsent | Q(count__gte=F("alert__count"))).values_list("alert_id", "recipient_id"))
