"""What is asked of the provider again and again: the columns of its schedule, its claim and its
last call."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from monitor.models.choices import OUTCOME_CHOICES, failure_in_words
from monitor.models.clock import future_from

#: How long a claim lasts unless it is renewed.
CLAIM_LASTS = timedelta(minutes=1)


class PolledQuerySet[Row: "Polled"](models.QuerySet[Row]):
    def due(self, now: datetime) -> Self:
        """Return rows whose next check is due, the most overdue first."""
        return self.filter(next_check_at__lte=now).order_by("next_check_at", "pk")

    def asked(self, now: datetime) -> Self:
        """Return due rows that users asked for. A request of the future is due: the clock was set
        back."""
        is_due = Q(next_check_at__lte=now) | Q(asked_at__gt=future_from(now))
        return self.filter(is_due, asked_at__isnull=False).order_by("next_check_at", "pk")

    def free(self, now: datetime) -> Self:
        """Return rows that no claim holds at `now`. A claim that ends later than any can was
        made before the clock was set back: it counts as over."""
        is_over = Q(claimed_until__lte=now) | Q(claimed_until__gt=future_from(now) + CLAIM_LASTS)
        return self.filter(is_over | Q(claimed_until__isnull=True))

    def claimed(self, now: datetime) -> Self:
        """Return rows that a claim holds at `now`: a worker checks them."""
        return self.filter(claimed_until__gt=now, claimed_until__lte=future_from(now) + CLAIM_LASTS)


class Polled(models.Model):
    #: When a user requested a check that has not been made yet.
    asked_at = models.DateTimeField(null=True, editable=False)
    #: That user, or the one on whose allowance its first check waits or, if it found nothing, is
    #: repeated; NULL for an operator. No constraint: a user may be deleted while the check is made.
    asked_by = models.ForeignKey(
        "monitor.User",
        models.SET_NULL,
        null=True,
        editable=False,
        db_index=False,
        db_constraint=False,
        related_name="+",
    )
    # The last check. These columns alone describe an outage that has not ended.
    checked_at = models.DateTimeField(_("last checked"), null=True, editable=False)
    answered_at = models.DateTimeField(_("last answered"), null=True, editable=False)
    last_outcome = models.CharField(
        _("last outcome"), max_length=20, choices=OUTCOME_CHOICES, blank=True, editable=False
    )
    last_code = models.CharField(_("last code"), max_length=32, blank=True, editable=False)
    failing_since = models.DateTimeField(_("failing since"), null=True, editable=False)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0, editable=False)

    # The schedule: the combined wishes of all watchers. NULL means that no user watches it.
    #: The longest interval.
    interval = models.DurationField(_("interval"), null=True, editable=False)
    #: The worth of finding a change early.
    weight = models.FloatField(default=1.0, db_default=1.0, editable=False)
    next_check_at = models.DateTimeField(_("next check"), null=True, editable=False)
    #: The claim that holds it, shared by all rows claimed together, and when the claim expires.
    claim = models.UUIDField(null=True, editable=False)
    claimed_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True

    @property
    def failure(self) -> str:
        """Why the last check failed, in words; only for what fails."""
        return failure_in_words(self.last_outcome, self.last_code)
