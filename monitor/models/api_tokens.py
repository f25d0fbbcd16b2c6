"""Tokens with which programs use the API."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from monitor.models.users import User
from monitor.models.watchlists import Watchlist

#: How long a token stays listed after it ended or expired.
ENDED_KEPT = timedelta(days=30)


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def valid(self, now: datetime) -> Self:
        """Return tokens that work at `now`."""
        return self.filter(
            ended_at__isnull=True,
            expires_at__gt=now,
            user__is_active=True,
            user__deleted_at__isnull=True,
        )

    def current(self, now: datetime) -> Self:
        """Return tokens that have neither ended nor expired, the newest first."""
        return self.filter(ended_at__isnull=True, expires_at__gt=now).order_by("-pk")

    def over(self, now: datetime) -> Self:
        """Return tokens that ended or expired so long ago that their rows can go."""
        before = now - ENDED_KEPT
        return self.filter(models.Q(ended_at__lt=before) | models.Q(expires_at__lt=before))


class ApiToken(models.Model):
    """Its secret is shown once and not stored. `hash` finds it: the secret is random, so a fast
    hash is safe."""

    class Scope(models.TextChoices):
        READ = "read", _("Read only")
        WRITE = "write", _("Read and change")

    user = models.ForeignKey(
        User, models.CASCADE, related_name="api_tokens", verbose_name=_("user")
    )
    name = models.CharField(_("name"), max_length=60)
    hash = models.CharField(max_length=64, unique=True, editable=False)
    last_four = models.CharField(_("last characters"), max_length=4)
    scope = models.CharField(_("rights"), max_length=5, choices=Scope.choices, default=Scope.READ)
    #: The only list that it sees; None for all lists of the user. It goes with its list: it must
    #: not see more then.
    watchlist = models.ForeignKey(
        Watchlist,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("watchlist"),
    )
    created_at = models.DateTimeField(_("created"))
    expires_at = models.DateTimeField(_("expires"))
    last_used_at = models.DateTimeField(_("last used"), null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self) -> str:
        return f"{self.name} …{self.last_four}"
