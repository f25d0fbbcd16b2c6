"""Sheets with new values of products: each is stored for its preview."""

from datetime import datetime, timedelta
from typing import ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from monitor.models.users import User

KEPT_FOR = timedelta(days=1)


class SheetUpdateQuerySet(models.QuerySet["SheetUpdate"]):
    def expired(self, now: datetime) -> Self:
        return self.filter(created_at__lt=now - KEPT_FOR)


class SheetUpdate(models.Model):
    """An uploaded sheet. Nothing from the browser must be trusted, and the preview survives a
    reload."""

    owner = models.ForeignKey(
        User, models.CASCADE, related_name="sheet_updates", verbose_name=_("owner")
    )
    created_at = models.DateTimeField(_("created"))
    #: The fields of each `SheetRow`, in their order; empty once it is applied.
    stored_rows = models.JSONField()
    #: What it takes of its owner's allowance of rows.
    size = models.PositiveIntegerField(default=0, db_default=0)

    objects = SheetUpdateQuerySet.as_manager()

    class Meta:
        # SheetUpdateQuerySet.expired.
        indexes: ClassVar = [models.Index(fields=["created_at"], name="sheet_update_created")]
