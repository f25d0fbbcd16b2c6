"""Puts alerts into the mails that wait for users, and again when users change their choices."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import transaction

from monitor.mail_times import How
from monitor.models import Alert, Email, EmailAlert, User
from monitor.timing.plans import PERIODS, Choices, is_urgent, lock_people, new_email

_ROWS_A_STATEMENT = 1000

type News = Mapping[User, Sequence[Alert]]


def follow_plan(user: User, now: datetime) -> None:
    """After the user's choices, time zone or address change, writes the waiting mails again.

    A mail that is due, or that a sender has taken, stays as it is.
    """
    with transaction.atomic():
        for changed in lock_people([user.pk]):
            choices = Choices.of([changed])
            changed.next_digest_at = user.next_digest_at = choices.next_digest(changed, now)
            changed.save(update_fields=["next_digest_at"])
            waiting = Email.objects.waiting().filter(recipient=changed, next_attempt_at__gt=now)
            # A digest after its hour only waits for the mail server.
            movable = waiting.exclude(until__lte=now).select_for_update(skip_locked=True, of=("self",))
            emails = [email.pk for email in movable.only("pk")]
            alerts = list(Alert.objects.filter(emails__in=emails).order_by("pk"))
            Email.objects.filter(pk__in=emails).delete()
            place({changed: alerts}, choices, now)


def place(news: News, choices: Choices, now: datetime, rest: Mapping[int, datetime] | None = None) -> int:
    """Puts alerts into the waiting mails of their recipients, who are locked, or into new ones.

    Returns the number of new mails. An urgent alert makes its mail due at once, with everything in it; but nothing is
    due to users before the end of their `rest`.
    """
    rest = rest or {}
    waiting = _waiting(news)
    new: list[Email] = []
    rows: list[EmailAlert] = []
    hurried: list[Email] = []
    for user, alerts in news.items():
        grouped: dict[tuple[How, bool], list[Alert]] = defaultdict(list)
        for alert in alerts:
            how = How.AT_ONCE if is_urgent(alert) else choices.how(user, alert.watchlist_id)
            grouped[how, is_urgent(alert)].append(alert)
        for (how, is_hurried), group in grouped.items():
            kind = Email.Kind.ALERTS if how is How.AT_ONCE else Email.Kind.DIGEST
            key = (user.pk, kind.value, PERIODS.get(how, ""))
            if key not in waiting:
                waiting[key] = new_email(user, how, now)
                waiting[key].next_attempt_at = max(waiting[key].next_attempt_at, rest.get(user.pk, now))
                new.append(waiting[key])
            email = waiting[key]
            if is_hurried and email.next_attempt_at > now and user.pk not in rest:
                email.next_attempt_at = now
                hurried.append(email)
            rows += [EmailAlert(email=email, alert=alert, recipient=user, count=alert.count) for alert in group]
    Email.objects.bulk_create(new)
    Email.objects.filter(pk__in=[email.pk for email in hurried]).update(next_attempt_at=now)
    _take_from_old_mails(rows)
    EmailAlert.objects.bulk_create(rows, batch_size=_ROWS_A_STATEMENT)
    return len(new)


def _take_from_old_mails(new_rows: Iterable[EmailAlert]) -> None:
    """Moves alerts that were mailed before, and have gathered more since, to their new mail."""
    gathered = {(row.alert_id, row.recipient_id) for row in new_rows if row.count > 1}
    if not gathered:
        return
    alerts, recipients = map(set, zip(*gathered, strict=True))
    rows = EmailAlert.objects.filter(alert__in=alerts, recipient__in=recipients)
    old = [row.pk for row in rows if (row.alert_id, row.recipient_id) in gathered]
    EmailAlert.objects.filter(pk__in=old).delete()


def _waiting(users: Iterable[User]) -> dict[tuple[int, str, str], Email]:
    """Returns the mail that more alerts can join, by user, kind and period. Skips mails that a sender is taking."""
    waiting: dict[tuple[int, str, str], Email] = {}
    rows = Email.objects.waiting().filter(recipient__in=users).only("recipient_id", "kind", "period", "next_attempt_at")
    for email in rows.select_for_update(skip_locked=True, no_key=True, of=("self",)):
        assert email.recipient_id is not None
        waiting.setdefault((email.recipient_id, email.kind, email.period), email)
    return waiting
