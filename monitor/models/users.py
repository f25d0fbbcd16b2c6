"""Users: they log in with their e-mail address; mails and pages use their language and time
zone."""

from __future__ import annotations

import zoneinfo
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from monitor.judging.mail_times import How
from monitor.models.names import refuse_web_addresses

if TYPE_CHECKING:
    from monitor.models.channels import Channel

#: The version of the privacy page: change it with each change of what is kept, why or how long.
PRIVACY_VERSION = "2026-12-03"
#: How long the requests of an invited user count for the user who invited them.
SPONSORED = timedelta(days=7)
#: How long a deleted account can be restored.
ACCOUNT_KEPT = timedelta(days=30)
HOW_CHOICES = [
    (How.AT_ONCE.value, _("immediately")),
    (How.HOURLY.value, _("hourly digest")),
    (How.DAILY.value, _("daily digest")),
    (How.WEEKLY.value, _("weekly digest")),
]
HOUR_CHOICES = [(hour, f"{hour:02}:00") for hour in range(24)]
WEEKDAY_CHOICES = list(WEEKDAYS.items())


def validate_time_zone(name: str) -> None:
    """Raise `ValidationError` unless `name` is in the time zone database."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(
            _("“%(name)s” is not a time zone, such as Asia/Shanghai."), params={"name": name}
        )


def default_time_zone() -> str:
    return str(settings.DEFAULT_USER_TIME_ZONE)


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create a user; without a password they cannot log in until one is set."""
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(
            email, password, **{**fields, "is_staff": True, "is_superuser": True}
        )

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").strip().lower())

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """Return the whole address in lower case: users do not expect two accounts that differ by a
        capital."""
        return (email or "").strip().lower()


class User(AbstractBaseUser, PermissionsMixin):
    email = models.EmailField(
        _("e-mail address"),
        unique=True,
        error_messages={"unique": _("This e-mail address already has an account.")},
    )
    name = models.CharField(
        _("name"), max_length=150, blank=True, validators=[refuse_web_addresses]
    )
    language = models.CharField(
        _("language"), max_length=10, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    time_zone = models.CharField(
        _("time zone"), max_length=64, default=default_time_zone, validators=[validate_time_zone]
    )
    digest_hour = models.PositiveSmallIntegerField(
        _("digest time"), choices=HOUR_CHOICES, default=9
    )
    digest_weekday = models.PositiveSmallIntegerField(
        _("weekly digest day"), choices=WEEKDAY_CHOICES, default=0
    )
    quiet_from = models.PositiveSmallIntegerField(
        _("quiet from"), choices=HOUR_CHOICES, null=True, blank=True
    )
    quiet_to = models.PositiveSmallIntegerField(
        _("quiet until"), choices=HOUR_CHOICES, null=True, blank=True
    )
    is_staff = models.BooleanField(
        _("operator"), default=False, help_text=_("May use the admin; is mailed when checks stop.")
    )
    is_active = models.BooleanField(_("active"), default=True)
    #: The last request of the current visit, and of the visit before.
    seen_at = models.DateTimeField(_("last seen"), null=True, editable=False)
    last_visit_at = models.DateTimeField(_("previous visit"), null=True, editable=False)
    #: All older alerts count as read, so a search for unread ones looks at the latest only.
    alerts_read_before = models.DateTimeField(_("alerts read before"), null=True, editable=False)
    #: The share of the scheduled checks their lists ask for that the person's allowance permits, as
    #: of the last fit.
    granted_share = models.FloatField(default=1.0, db_default=1.0, editable=False)
    #: When the user deleted the account. It is hidden, and can be restored until it is purged.
    deleted_at = models.DateTimeField(_("account deleted"), null=True, editable=False)
    #: The privacy page to which the user agreed, and when; empty for accounts that an operator has
    #: made.
    consent_version = models.CharField(
        _("privacy version agreed to"), max_length=10, blank=True, editable=False
    )
    consent_at = models.DateTimeField(_("agreed at"), null=True, editable=False)
    date_joined = models.DateTimeField(_("joined"), default=timezone.now)
    #: For whom the user's requests count in the first week: the user who invited them, or that
    #: one's own sponsor.
    sponsor = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("invited by"),
        editable=False,
    )

    objects: ClassVar[UserManager] = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_unique_whatever_case",
                violation_error_message=_("This e-mail address already has an account."),
            ),
            models.CheckConstraint(
                condition=models.Q(quiet_from__isnull=True, quiet_to__isnull=True)
                | models.Q(quiet_from__isnull=False, quiet_to__isnull=False)
                & ~models.Q(quiet_from=models.F("quiet_to")),
                name="user_quiet_hours_begin_and_end",
                violation_error_message=_("Quiet hours begin at one hour and end at another."),
            ),
        ]

    def clean(self) -> None:
        super().clean()
        self.email = UserManager.normalize_email(self.email)

    @property
    def purged_at(self) -> datetime | None:
        """When a deleted account is purged."""
        return self.deleted_at and self.deleted_at + ACCOUNT_KEPT

    @transaction.atomic
    def save(self, **options: Any) -> None:
        """Save the account; a new one gets a mailbox for its alerts."""
        is_new = self._state.adding
        super().save(**options)
        if is_new:
            self.channels.model.mailbox(self).save()

    @property
    def mailbox(self) -> Channel:
        """The channel to the account's address. One query."""
        return self.channels.get(kind="mail")

    @property
    def sponsored_until(self) -> datetime | None:
        """When the requests of an invited user begin to count for themselves."""
        return self.date_joined + SPONSORED if self.sponsor_id else None

    @property
    def is_abroad(self) -> bool:
        """Whether pages show other times than Beijing's."""
        return self.time_zone != "Asia/Shanghai"

    def payer_id(self, now: datetime) -> int:
        """Return the key of the user for whom this user's requests count."""
        is_over = self.sponsored_until is None or self.sponsored_until <= now
        return self.pk if is_over or self.sponsor_id is None else self.sponsor_id

    def get_short_name(self) -> str:
        return self.name or self.email.partition("@")[0]

    def get_full_name(self) -> str:
        return self.name or self.email
