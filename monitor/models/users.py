"""Users: they log in with their e-mail address; mails and pages use their language and time zone."""

import zoneinfo
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from monitor.mail_times import How
from monitor.models.names import refuse_web_addresses

#: The version of the privacy page: change it with each change of what is kept, why or how long.
PRIVACY_VERSION = "2026-11-29"
#: How long a deleted account can be restored.
ACCOUNT_KEPT = timedelta(days=30)
HOW_CHOICES = [
    (How.AT_ONCE.value, _("at once")),
    (How.HOURLY.value, _("hourly digest")),
    (How.DAILY.value, _("daily digest")),
    (How.WEEKLY.value, _("weekly digest")),
]
HOUR_CHOICES = [(hour, f"{hour:02}:00") for hour in range(24)]
WEEKDAY_CHOICES = list(WEEKDAYS.items())


def validate_time_zone(name: str) -> None:
    """Raise `ValidationError` unless `name` is in the time zone database."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(_("“%(name)s” is not a time zone, such as Asia/Shanghai."), params={"name": name})


def default_time_zone() -> str:
    return str(settings.DEFAULT_USER_TIME_ZONE)


class UserManager(BaseUserManager["User"]):
    def refusing_mail(self) -> "models.QuerySet[User]":
        """Users whose current address the mail server has refused, as `User.refuses_mail`."""
        return self.filter(refused_address=models.F("email")).exclude(refused_address="")

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a user; without a password they cannot log in until one is set."""
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, **{**fields, "is_staff": True, "is_superuser": True})

    def digest_due(self, now: datetime) -> models.QuerySet["User"]:
        """Users whose daily or weekly digest is due, oldest first. Served by the index `user_digest_due`."""
        return self.filter(next_digest_at__lte=now).order_by("next_digest_at", "pk")

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """The whole address in lower case: users do not expect two accounts that differ by a capital."""
        return (email or "").strip().lower()


class User(AbstractBaseUser, PermissionsMixin):
    email = models.EmailField(
        _("e-mail address"),
        unique=True,
        error_messages={"unique": _("This e-mail address already has an account.")},
    )
    name = models.CharField(_("name"), max_length=150, blank=True, validators=[refuse_web_addresses])
    language = models.CharField(
        _("language"), max_length=10, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    time_zone = models.CharField(
        _("time zone"), max_length=64, default=default_time_zone, validators=[validate_time_zone]
    )
    receives_mail = models.BooleanField(
        _("receives mail"), default=True, help_text=_("Alerts of this user's watchlists are mailed.")
    )
    mail_how = models.CharField(
        _("alert mails"),
        max_length=10,
        choices=HOW_CHOICES,
        default=How.AT_ONCE.value,
        help_text=_("For watchlists without a setting of their own."),
    )
    digest_hour = models.PositiveSmallIntegerField(_("digest time"), choices=HOUR_CHOICES, default=9)
    digest_weekday = models.PositiveSmallIntegerField(_("weekly digest day"), choices=WEEKDAY_CHOICES, default=0)
    quiet_from = models.PositiveSmallIntegerField(_("quiet from"), choices=HOUR_CHOICES, null=True, blank=True)
    quiet_to = models.PositiveSmallIntegerField(_("quiet until"), choices=HOUR_CHOICES, null=True, blank=True)
    #: When the next daily or weekly digest is due; empty for users who get neither.
    next_digest_at = models.DateTimeField(_("next digest"), null=True, editable=False)
    is_staff = models.BooleanField(
        _("operator"), default=False, help_text=_("May use the admin; is mailed when checks stop.")
    )
    is_active = models.BooleanField(_("active"), default=True)
    #: The last request of the current visit, and of the visit before.
    seen_at = models.DateTimeField(_("last seen"), null=True, editable=False)
    last_visit_at = models.DateTimeField(_("previous visit"), null=True, editable=False)
    #: All older alerts count as read, so a search for unread ones looks at the latest only.
    alerts_read_before = models.DateTimeField(_("alerts read before"), null=True, editable=False)
    #: The address that the mail server refused for good, since when, and its last answer.
    refused_address = models.EmailField(_("refused address"), blank=True, editable=False)
    refused_at = models.DateTimeField(_("refused since"), null=True, editable=False)
    refusal = models.CharField(_("the server's answer"), max_length=500, blank=True, editable=False)
    #: The share of the scheduled checks their lists ask for that the person's allowance permits, as of the last fit.
    granted_share = models.FloatField(default=1.0, db_default=1.0, editable=False)
    #: When the user deleted the account. It is hidden, and can be restored until it is purged.
    deleted_at = models.DateTimeField(_("account deleted"), null=True, editable=False)
    #: The privacy page to which the user agreed, and when; empty for accounts that an operator has made.
    consent_version = models.CharField(_("privacy version agreed to"), max_length=10, blank=True, editable=False)
    consent_at = models.DateTimeField(_("agreed at"), null=True, editable=False)
    date_joined = models.DateTimeField(_("joined"), default=timezone.now)

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
        indexes = [
            models.Index(
                fields=["next_digest_at"], name="user_digest_due", condition=models.Q(next_digest_at__isnull=False)
            ),
        ]

    def clean(self) -> None:
        super().clean()
        self.email = UserManager.normalize_email(self.email)

    @property
    def purged_at(self) -> datetime | None:
        """When a deleted account is purged."""
        return self.deleted_at and self.deleted_at + ACCOUNT_KEPT

    @property
    def refuses_mail(self) -> bool:
        """Whether the current address is the refused one: a refusal ends when the user changes the address."""
        return bool(self.refused_address) and self.refused_address == self.email

    def get_short_name(self) -> str:
        return self.name or self.email.partition("@")[0]

    def get_full_name(self) -> str:
        return self.name or self.email
