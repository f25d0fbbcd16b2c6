"""Alerts become rows of the outbox: mails that are due when each recipient has chosen.

What is new for somebody joins the mail that waits for him already, as long as no sender has taken it. Whoever writes
what waits for people locks them first, always in the same order: so no two mails begin where one would do.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q

from monitor.delivery.digests import write_digests
from monitor.models import Alert, AlertRead, Email, EmailAlert, Membership, Mute, User, Watchlist
from monitor.timing.plans import Choices, lock_people
from monitor.timing.waiting import News, place

#: Alerts that one transaction hands over. More are left to the next one.
BATCH = 500


def write_emails(now: datetime) -> int:
    """Write the e-mails that tell of all undelivered alerts and the digests that are due; returns how many new ones.

    Sends nothing. Digests come first: an alert that has come until then is in them.
    """
    written = write_digests(now)
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
        locked = Alert.objects.undelivered(now).select_for_update(skip_locked=True, no_key=True, of=("self",))
        fields = ("pk", "watchlist_id", "product_id", "created_at", "rule_as_it_was", "count")
        alerts = list(locked.only(*fields)[:BATCH])
        people = _people({alert.watchlist_id for alert in alerts})
        users = lock_people({user_id for _, user_id in people})
        choices = Choices.of(users)
        emails = place(_news(alerts, _recipients(people, users, choices), now), choices, now)
        Alert.objects.filter(pk__in=[alert.pk for alert in alerts]).update(is_delivered=True)
    return len(alerts), emails


def _news(alerts: Collection[Alert], recipients: Mapping[int, Sequence[User]], now: datetime) -> News:
    """Who is to be told of which of `alerts`: what he was not told before nor has read, of no product he has muted."""
    products = {alert.product_id for alert in alerts if alert.product_id is not None}
    mutes = Mute.objects.in_force(now).filter(product__in=products)
    muted = set(mutes.values_list("product_id", "user_id"))
    already = _told(alerts)
    # What a mute has marked at once is told when the mute is taken back in time.
    reads = AlertRead.objects.filter(alert__in=alerts, read_at__gt=F("alert__created_at"))
    already |= set(reads.values_list("alert_id", "user_id"))
    news: dict[User, list[Alert]] = defaultdict(list)
    for alert in alerts:
        for user in recipients.get(alert.watchlist_id, ()):
            is_old = user.alerts_read_before is not None and alert.created_at < user.alerts_read_before
            if not is_old and (alert.pk, user.pk) not in already and (alert.product_id, user.pk) not in muted:
                news[user].append(alert)
    return news


def _told(alerts: Collection[Alert]) -> set[tuple[int, int]]:
    """Alerts with those who were told of all that they tell, or will be: a mail to come is written when it is sent."""
    rows = EmailAlert.objects.filter(alert__in=alerts)
    is_to_come = Q(email__status=Email.Status.PENDING, email__lease__isnull=True) | Q(email__status=Email.Status.HELD)
    return set(rows.filter(is_to_come | Q(count__gte=F("alert__count"))).values_list("alert_id", "recipient_id"))


def _people(watchlist_ids: Iterable[int]) -> set[tuple[int, int]]:
    """Watchlists with their owners and members."""
    lists = list(watchlist_ids)
    return {
        *Watchlist.objects.kept().filter(pk__in=lists).values_list("pk", "owner_id"),
        *Membership.objects.filter(watchlist__in=lists, watchlist__deleted_at__isnull=True).values_list(
            "watchlist_id", "user_id"
        ),
    }


def _recipients(people: Iterable[tuple[int, int]], users: Iterable[User], choices: Choices) -> dict[int, list[User]]:
    """By watchlist, those of its people who want mail, and mail of this list."""
    mailed = {user.pk: user for user in users if user.receives_mail and user.is_active}
    recipients: dict[int, list[User]] = defaultdict(list)
    for watchlist_id, user_id in sorted(people):
        if user_id in mailed and choices.wants(user_id, watchlist_id):
            recipients[watchlist_id].append(mailed[user_id])
    return recipients
