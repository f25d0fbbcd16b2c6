"""One user's own settings: saved views of the products table, muted products, and how alerts of a list are mailed."""

from datetime import datetime
from typing import Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from monitor.models.catalog import Product
from monitor.models.users import HOW_CHOICES, User
from monitor.models.watchlists import Watchlist


class SavedView(models.Model):
    """A named state of the products table, as its query string."""

    user = models.ForeignKey(User, models.CASCADE, related_name="saved_views", verbose_name=_("user"))
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(_("query"), max_length=1000, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
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
    """Until `until`, a product's alerts are recorded, but neither mailed to the user nor marked as unread."""

    user = models.ForeignKey(User, models.CASCADE, related_name="mutes", verbose_name=_("user"))
    product = models.ForeignKey(Product, models.CASCADE, related_name="mutes", verbose_name=_("product"))
    until = models.DateTimeField(_("until"))

    objects = MuteQuerySet.as_manager()

    class Meta:
        verbose_name = _("mute")
        verbose_name_plural = _("mutes")
        constraints = [models.UniqueConstraint(fields=["user", "product"], name="mute_unique")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.product_id} {timezone.localtime(self.until):%Y-%m-%d %H:%M}"


class MailChoice(models.Model):
    """How the alerts of one watchlist are mailed to a user, if not as those of other lists."""

    #: The choice of a form that sets `is_off`.
    OFF = "off"

    user = models.ForeignKey(User, models.CASCADE, related_name="mail_choices", verbose_name=_("user"))
    watchlist = models.ForeignKey(Watchlist, models.CASCADE, related_name="mail_choices", verbose_name=_("watchlist"))
    #: Empty: as those of other lists.
    how = models.CharField(_("alert mails"), max_length=10, choices=HOW_CHOICES, blank=True)
    #: No mails, but the alerts still come to the inbox. `how` is kept for later.
    is_off = models.BooleanField(_("no mails"), default=False)

    class Meta:
        verbose_name = _("mail setting")
        verbose_name_plural = _("mail settings")
        constraints = [models.UniqueConstraint(fields=["user", "watchlist"], name="mail_choice_unique")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.watchlist_id} {self.OFF if self.is_off else self.how}"
