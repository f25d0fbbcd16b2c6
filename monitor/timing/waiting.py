"""What waits for somebody waits for other times once he has chosen otherwise."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import transaction

from monitor.mail_times import How
from monitor.models import Alert, Email, EmailAlert, User
from monitor.timing.plans import PERIODS, Choices, is_urgent, lock_people, new_email


def follow_plan(user: User, now: datetime) -> None:
    """After a change of what `user` has chosen, of his time zone or his address: write what waits for him anew.

    A mail that is due, or that a sender has taken, stays as it is.
    """
    with transaction.atomic():
        for changed in lock_people([user.pk]):
            choices = Choices.of([changed])
            changed.next_digest_at = user.next_digest_at = choices.next_digest(changed, now)
            changed.save(update_fields=["next_digest_at"])
            waiting = Email.objects.waiting().filter(recipient=changed, next_attempt_at__gt=now)
            # A digest whose hour is over waits for the mail server alone.
            movable = waiting.exclude(until__lte=now).select_for_update(skip_locked=True, of=("self",))
            emails = [email.pk for email in movable.only("pk")]
            alerts = list(Alert.objects.filter(emails__in=emails).order_by("pk"))
            Email.objects.filter(pk__in=emails).delete()
            place({changed: alerts}, choices, now)


_ROWS_A_STATEMENT = 1000


type News = Mapping[User, Sequence[Alert]]


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
