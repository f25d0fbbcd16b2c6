"""Sessions of users, and throttles of what they may not do too often."""

from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from monitor.models.users import User

LONGEST_USER_AGENT = 300


class Session(AbstractBaseSession):
    """A browser's session. Deleting the row ends it."""

    user = models.ForeignKey(
        User, models.CASCADE, null=True, related_name="sessions", verbose_name=_("user")
    )
    user_agent = models.CharField(_("browser"), max_length=LONGEST_USER_AGENT, blank=True)
    address = models.GenericIPAddressField(_("address"), null=True)
    seen_at = models.DateTimeField(_("last seen"), default=timezone.now)

    class Meta(AbstractBaseSession.Meta):
        abstract = False

    @classmethod
    def get_session_store_class(cls) -> Any:
        return import_module(settings.SESSION_ENGINE).SessionStore


class Throttle(models.Model):
    """A leaky bucket: each action fills it a little, and it is empty again at `empty_at`. Then the
    row can go.

    The key is a keyed hash of the action and the user, so the table reveals neither.
    """

    key = models.CharField(max_length=64, primary_key=True)
    #: Microseconds since 1970: databases differ in arithmetic on times, not on integers.
    empty_at = models.BigIntegerField(db_index=True)
