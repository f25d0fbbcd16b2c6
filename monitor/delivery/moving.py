"""What waits for somebody waits for other times once he has chosen otherwise."""

from datetime import datetime

from django.db import transaction

from monitor.delivery.compose import place
from monitor.delivery.plans import Choices, lock_people
from monitor.models import Alert, Email, User


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
