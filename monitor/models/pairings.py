"""Pairings: with which rivals' products a product of the user's own is compared."""

from typing import Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from monitor.models.catalog import Product
from monitor.models.users import User
from monitor.models.watchlists import Watch


class PairingQuerySet(models.QuerySet["Pairing"]):
    def seen_by(self, user: User) -> Self:
        """Return pairings with rivals that `user` watches: others are not shown to them."""
        return self.filter(
            Exists(Watch.objects.looked_up_for(user).filter(product=OuterRef("rival")))
        )


class Pairing(models.Model):
    """One rival's product beside a watched product of the user's own. It belongs to the watch's
    list, whose editors choose the rivals. Other lists have pairings of their own."""

    # Its index is the unique constraint.
    watch = models.ForeignKey(
        Watch,
        models.CASCADE,
        db_index=False,
        related_name="pairings",
        verbose_name=_("watched product"),
    )
    #: The watch's own product, for the constraint.
    product = models.ForeignKey(
        Product, models.CASCADE, related_name="+", verbose_name=_("product")
    )
    rival = models.ForeignKey(Product, models.CASCADE, related_name="+", verbose_name=_("rival"))

    objects = PairingQuerySet.as_manager()

    class Meta:
        verbose_name = _("pairing")
        verbose_name_plural = _("pairings")
        constraints = [
            models.UniqueConstraint(fields=["watch", "rival"], name="pairing_unique"),
            models.CheckConstraint(condition=~Q(product=F("rival")), name="pairing_with_another"),
        ]

    def __str__(self) -> str:
        return f"{self.watch} – {self.rival}"
