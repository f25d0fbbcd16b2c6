"""One user's own settings: saved views of the products table, and muted products."""

from datetime import datetime
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from monitor.models.catalog import Product
from monitor.models.users import User


class SavedView(models.Model):
    """A named state of the products table, as its query string."""

    user = models.ForeignKey(
        User, models.CASCADE, related_name="saved_views", verbose_name=_("user")
    )
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(_("query"), max_length=1000, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "name"],
                name="saved_view_name_unique",
                violation_error_message=_("You have a view of that name already."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class MuteQuerySet(models.QuerySet["Mute"]):
    def in_force(self, now: datetime) -> Self:
        return self.filter(until__gt=now)


class Mute(models.Model):
    """Until `until`, a product's alerts are recorded, but neither mailed to the user nor marked as
    unread."""

    user = models.ForeignKey(User, models.CASCADE, related_name="mutes", verbose_name=_("user"))
    product = models.ForeignKey(
        Product, models.CASCADE, related_name="mutes", verbose_name=_("product")
    )
    until = models.DateTimeField(_("until"))

    objects = MuteQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "product"], name="mute_unique")]
