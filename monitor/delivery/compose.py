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
from monitor.delivery.plans import PERIODS, Choices, is_urgent, lock_people, new_email
from monitor.models import Alert, AlertRead, Email, EmailAlert, Membership, Mute, User, Watchlist
from monitor.timing import How

#: Alerts that one transaction hands over. More are left to the next one.
BATCH = 500
_ROWS_A_STATEMENT = 1000

type News = Mapping[User, Sequence[Alert]]


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


def place(news: News, choices: Choices, now: datetime) -> int:
    """Put alerts into the mails that wait for their recipients, who are locked, or into new ones; returns how many
    new ones. What is urgent goes at once, and takes along what else waits to be told at once."""
    waiting = _waiting(news)
    new: list[Email] = []
    told: list[EmailAlert] = []
    hurried: list[Email] = []
    for user, alerts in news.items():
        for (how, hurries), some in _sorted(user, alerts, choices).items():
            kind = Email.Kind.ALERTS if how is How.AT_ONCE else Email.Kind.DIGEST
            key = (user.pk, kind.value, PERIODS.get(how, ""))
            if key not in waiting:
                waiting[key] = new_email(user, how, now)
                new.append(waiting[key])
            email = waiting[key]
            if hurries and email.next_attempt_at > now:
                email.next_attempt_at = now
                hurried.append(email)
            told += [EmailAlert(email=email, alert=alert, recipient=user, count=alert.count) for alert in some]
    Email.objects.bulk_create(new)
    Email.objects.filter(pk__in=[email.pk for email in hurried]).update(next_attempt_at=now)
    _take_from_old_mails(told)
    EmailAlert.objects.bulk_create(told, batch_size=_ROWS_A_STATEMENT)
    return len(new)


def _take_from_old_mails(told: Iterable[EmailAlert]) -> None:
    """What was mailed already, and gathered more since, is the new mail's from now on."""
    gathered = {(row.alert_id, row.recipient_id) for row in told if row.count > 1}
    if not gathered:
        return
    rows = EmailAlert.objects.filter(
        alert__in={alert for alert, _ in gathered}, recipient__in={to for _, to in gathered}
    )
    old = [pk for pk, alert, to in rows.values_list("pk", "alert_id", "recipient_id") if (alert, to) in gathered]
    EmailAlert.objects.filter(pk__in=old).delete()


def _waiting(users: Iterable[User]) -> dict[tuple[int, str, str], Email]:
    """The mail of each person, kind and period that more can join. One that a sender is just taking is passed over."""
    waiting: dict[tuple[int, str, str], Email] = {}
    rows = Email.objects.waiting().filter(recipient__in=users).only("recipient_id", "kind", "period", "next_attempt_at")
    for email in rows.select_for_update(skip_locked=True, no_key=True, of=("self",)):
        assert email.recipient_id is not None
        waiting.setdefault((email.recipient_id, email.kind, email.period), email)
    return waiting


def _sorted(user: User, alerts: Iterable[Alert], choices: Choices) -> dict[tuple[How, bool], list[Alert]]:
    """By how they are mailed and whether they are urgent."""
    found: dict[tuple[How, bool], list[Alert]] = defaultdict(list)
    for alert in alerts:
        hurries = is_urgent(alert)
        how = How.AT_ONCE if hurries else choices.how(user, alert.watchlist_id)
        found[how, hurries].append(alert)
    return found


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
