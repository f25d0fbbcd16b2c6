"""The call ledger: calls are counted in the database before they are made, and settled
afterwards."""

from datetime import date, datetime, time, timedelta, timezone
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from monitor.judging.schedule.spending import Mark
from monitor.models.users import User
from monitor.provider.codes import Billing

#: The provider's days begin at midnight in China, which has no daylight saving time.
PROVIDER_ZONE = timezone(timedelta(hours=8), "UTC+8")

BILLING_CHOICES = [
    (Billing.BILLED.value, _("billed")),
    (Billing.NOT_BILLED.value, _("not billed")),
    (Billing.POSSIBLY.value, _("possibly billed")),
]


def provider_day(now: datetime) -> date:
    """Return the provider's day whose quota a call at `now` counts against."""
    return now.astimezone(PROVIDER_ZONE).date()


def quota_reset(now: datetime) -> datetime:
    """Return when the next day's quota begins."""
    return datetime.combine(provider_day(now) + timedelta(days=1), time.min, PROVIDER_ZONE)


class UsageDay(models.Model):
    """One day's budget. `reserved` counts calls before they are made.

    Calls in `reserved` but not in `Usage` have no known end (yet): they run, or their worker died.
    """

    day = models.DateField(_("day"), primary_key=True)
    reserved = models.PositiveIntegerField(_("calls"), default=0)
    #: How many of them confirmed a doubtful answer.
    confirmations = models.PositiveIntegerField(_("confirming calls"), default=0, db_default=0)
    #: How many of them checked products on a user's request, or just added ones.
    asked = models.PositiveIntegerField(_("manual calls"), default=0, db_default=0)
    #: When the rest of the day was last planned, and how many calls were to be spent by then.
    marked_at = models.DateTimeField(null=True, editable=False)
    marked_calls = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    #: How far the clock was set back on this day.
    set_back_by = models.DurationField(null=True, editable=False)

    class Meta:
        verbose_name = _("daily calls reserved")
        verbose_name_plural = _("daily calls reserved")
        ordering: ClassVar = ["-day"]

    def __str__(self) -> str:
        return self.day.isoformat()

    @property
    def mark(self) -> Mark | None:
        return None if self.marked_at is None else Mark(self.marked_at, self.marked_calls)


class Usage(models.Model):
    """Calls of one day, API and status code, with the provider's own count and cap as last
    reported."""

    day = models.DateField(_("day"))
    api = models.CharField(_("API"), max_length=40)
    code = models.CharField(_("code"), max_length=32)
    calls = models.PositiveIntegerField(_("calls"), default=0)
    #: How long they took together.
    seconds = models.FloatField(default=0, db_default=0, editable=False)
    billing = models.CharField(_("billing"), max_length=12, choices=BILLING_CHOICES)
    provider_used = models.PositiveBigIntegerField(_("the provider's count"), null=True)
    #: How far the provider's count was ahead of ours when it was reported: others may use the
    #: account too.
    provider_ahead = models.BigIntegerField(null=True, editable=False)
    provider_cap = models.PositiveBigIntegerField(_("the provider's cap"), null=True)

    class Meta:
        verbose_name = _("usage")
        verbose_name_plural = _("usage")
        ordering: ClassVar = ["-day", "api", "code"]
        constraints = [models.UniqueConstraint(fields=["day", "api", "code"], name="usage_unique")]

    def __str__(self) -> str:
        return f"{self.day} {self.api} {self.code}: {self.calls}"


#: Charges count thousandths of a call, because people share the calls of products that they all
#: watch.
PARTS = 1000


class Charge(models.Model):
    """Calls of one day that were made for one person, in `PARTS` of a call."""

    class Reason(models.TextChoices):
        SCHEDULE = "schedule", _("scheduled")
        FIRST = "first", _("first checks")
        ASKED = "asked", _("manual checks")
        CONFIRMING = "confirming", _("confirmations")
        READING = "reading", _("followed shops")

    day = models.DateField(_("day"))
    #: No constraint: a user may be deleted while calls are made for them.
    person = models.ForeignKey(
        User, models.CASCADE, db_constraint=False, related_name="charges", verbose_name=_("user")
    )
    reason = models.CharField(_("reason"), max_length=10, choices=Reason.choices)
    parts = models.PositiveBigIntegerField(_("calls"), default=0)

    class Meta:
        verbose_name = _("charge")
        verbose_name_plural = _("charges")
        ordering: ClassVar = ["-day", "-parts"]
        constraints = [
            models.UniqueConstraint(fields=["day", "person", "reason"], name="charge_unique")
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.person}: {self.calls:,g}"

    @property
    def calls(self) -> float:
        return self.parts / PARTS


class ProviderAccount(models.Model):
    """The account with the provider: one row.

    No calls are made while the circuit is open, polling is paused, or an operator has halted it.
    """

    SINGLETON = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=SINGLETON, editable=False)
    circuit_code = models.CharField(_("code that stopped checks"), max_length=32, blank=True)
    circuit_reason = models.CharField(_("provider's reason"), max_length=200, blank=True)
    circuit_opened_at = models.DateTimeField(_("checks stopped"), null=True, blank=True)
    next_probe_at = models.DateTimeField(_("next trial call"), null=True, blank=True)
    #: How many calls the next trial has. After a full disk it doubles until a whole batch has been
    #: recorded.
    trial_calls = models.PositiveSmallIntegerField(default=1, db_default=1, editable=False)
    paused_until = models.DateTimeField(_("paused until"), null=True, blank=True)
    pause_code = models.CharField(_("code that paused checks"), max_length=32, blank=True)
    halted_at = models.DateTimeField(_("stopped by an operator"), null=True, blank=True)
    halted_by = models.ForeignKey(
        User,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("operator who stopped it"),
    )

    class Meta:
        verbose_name = _("provider account")
        verbose_name_plural = _("provider account")
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="provider_account_is_one_row"),
        ]

    def __str__(self) -> str:
        return self.circuit_code or str(self._meta.verbose_name)

    def rests(self, now: datetime) -> bool:
        return self.paused_until is not None and self.paused_until > now

    @property
    def circuit_is_open(self) -> bool:
        return self.circuit_opened_at is not None

    @property
    def is_halted(self) -> bool:
        return self.halted_at is not None
